#include "cli/rexray/yaml.h"

#include <cctype>
#include <string_view>

#include "cli/rexray/terminal_text.h"
#include "nlohmann/json.hpp"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

bool LooksNumeric(std::string_view text) {
  // Wide on purpose: 0x10, 1_000, 0o7, 12:30 (sexagesimal in YAML 1.1), 1e3, .5, +1, dates. A date or a
  // version that is quoted without need does no harm.
  if (text.empty()) return false;
  const unsigned char first = static_cast<unsigned char>(text[0]);
  return std::isdigit(first) || ((first == '+' || first == '-' || first == '.') && text.size() > 1);
}

bool IsWordOfYaml(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view word :
       {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "<<", "="}) {
    if (lower == word) return true;
  }
  return false;
}

bool IsPlain(std::string_view text) {
  if (text.empty() || LooksNumeric(text) || IsWordOfYaml(text)) return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@` .").find(text.front()) != std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c >= 0x7F) return false;  // quoted with escapes: no reader can differ
    if (c == ':' && text[i + 1] == ' ') return false;
    if (c == '#' && text[i - 1] == ' ') return false;
    if (std::string_view("[]{},\"").find(text[i]) != std::string_view::npos) return false;
  }
  return true;
}

std::string Scalar(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) return value.get<std::string>();
  // A JSON string is a YAML double-quoted scalar; what JSON leaves alone and a terminal or another reader
  // does not (DEL, C1, line separators, bidirectional marks) gets \x7f or \u2028, which YAML knows too.
  return TerminalSafe(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Write(const Json& value, int indent, std::string* out);

void WriteMap(const Json& map, int indent, std::string* out) {
  bool first = true;
  for (const auto& [key, value] : map.items()) {
    // The first key stands behind what is there already: the start of a line, or "- ".
    if (!first) out->append(static_cast<size_t>(indent), ' ');
    first = false;
    *out += Scalar(Json(key)) + ":";
    if (value.is_structured() && !value.empty()) {
      *out += '\n';
      const int inner = value.is_array() ? indent : indent + 2;
      out->append(static_cast<size_t>(inner), ' ');
      Write(value, inner, out);
    } else {
      *out += ' ';
      Write(value, indent, out);
    }
  }
}

void WriteList(const Json& list, int indent, std::string* out) {
  bool first = true;
  for (const Json& item : list) {
    if (!first) out->append(static_cast<size_t>(indent), ' ');
    first = false;
    *out += "- ";
    Write(item, indent + 2, out);
  }
}

void Write(const Json& value, int indent, std::string* out) {
  if (value.is_object() && !value.empty()) {
    WriteMap(value, indent, out);
  } else if (value.is_array() && !value.empty()) {
    WriteList(value, indent, out);
  } else if (value.is_structured()) {
    *out += value.is_array() ? "[]\n" : "{}\n";
  } else {
    *out += Scalar(value) + "\n";
  }
}

}  // namespace

std::string ToYaml(const Json& value) {
  std::string out;
  Write(value, 0, &out);
  return out;
}

}  // namespace rexray::cli
