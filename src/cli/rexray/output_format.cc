#include "cli/rexray/output_format.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "cli/rexray/go_template.h"
#include "cli/rexray/terminal_text.h"
#include "cli/rexray/yaml.h"
#include "nlohmann/json.hpp"

#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Go's exported name of a field.
std::string GoName(const std::string& name) {
  for (const char* acronym : {"id", "iops"}) {
    if (name == acronym) return absl::AsciiStrToUpper(name);
  }
  if (name.size() > 2 && name.compare(0, 2, "fs") == 0 &&
      absl::ascii_isupper(static_cast<unsigned char>(name[2]))) {
    return "FS" + name.substr(2);
  }
  std::string out = name;
  if (!out.empty()) out[0] = absl::ascii_toupper(static_cast<unsigned char>(out[0]));
  return out;
}

Json WithGoNames(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(WithGoNames(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json map = Json::object();
  for (const auto& [key, item] : value.items()) {
    const bool free_keys = key == "fields" || key == "tags";  // people's own words
    map[GoName(key)] = free_keys ? item : WithGoNames(item);
  }
  return map;
}

}  // namespace

absl::StatusOr<OutputFormat> ChooseFormat(const Invocation& invocation, const std::string& rexray_format,
                                          bool terminal) {
  OutputFormat out;
  out.tabs = invocation.template_tabs;
  out.quiet = invocation.quiet;
  const std::string& word = invocation.format.empty() ? rexray_format : invocation.format;
  const std::string lower = absl::AsciiStrToLower(word);
  if (!invocation.output_template.empty()) {
    out.format = Format::kTemplate;
    out.text = invocation.output_template;
  } else if (lower.empty()) {
    const bool script = !terminal && (invocation.read_by_scripts || invocation.old_dialect);
    out.format = script ? Format::kYaml : Format::kTable;
  } else if (lower == "table") {
    out.format = Format::kTable;
  } else if (lower == "tmpl") {
    out.format = Format::kOldTable;
  } else if (lower == "json") {
    out.format = Format::kJson;
  } else if (lower == "jsonp") {
    out.format = Format::kPrettyJson;
  } else if (lower == "yml" || lower == "yaml") {
    out.format = Format::kYaml;
  } else if (word.find("{{") != std::string::npos) {
    out.format = Format::kTemplate;  // as with 0.11: -f '{{.ID}}'
    out.text = word;
  } else {
    return Error(absl::StatusCode::kInvalidArgument,
                 "{}: unknown format \"{}\"; there are table, json, jsonp, yml and tmpl (with --template)",
                 invocation.format.empty() ? "REXRAY_FORMAT" : "--format", TerminalSafe(word));
  }
  return out;
}

std::string Encode(const Json& value, Format format) {
  if (format == Format::kYaml) return ToYaml(value);
  const int indent = format == Format::kPrettyJson ? 2 : -1;
  return value.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<std::string> ApplyTemplate(const OutputFormat& output, const Json& list) {
  ASSIGN_OR_RETURN(const GoTemplate parsed, GoTemplate::Parse(output.text));
  const Json data = WithGoNames(list);
  std::string text;
  if (parsed.UsesWholeList()) {
    ASSIGN_OR_RETURN(text, parsed.Render(Json{{"D", data}}));
  } else {
    for (const Json& item : data) {
      ASSIGN_OR_RETURN(const std::string line, parsed.Render(item));
      text += line;
      if (!absl::EndsWith({line.data(), line.size()}, "\n")) text += '\n';
    }
  }
  return output.tabs ? AlignTabs(text) : text;
}

}  // namespace rexray::cli
