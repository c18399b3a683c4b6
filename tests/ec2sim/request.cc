#include "ec2sim/request.h"

#include <charconv>
#include <set>

#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> ParseForm(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    auto name = Decode(part.substr(0, equals));
    auto value = Decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

absl::StatusOr<ApiRequest> ParseApiRequest(std::string_view form) {
  auto pairs = ParseForm(form);
  if (!pairs) return Ec2Error("MalformedQueryString", "The query string contains a syntax error.");
  std::map<std::string, std::string> parameters;
  for (auto& [name, value] : *pairs) parameters[name] = std::move(value);
  const std::string action = parameters["Action"];
  const std::string version = parameters["Version"];
  if (action.empty()) return Ec2Error("MissingAction", "The request is missing an action.");
  if (version != "2016-11-15") {
    return Ec2Error("InvalidAction", "The action {} is not valid for this web service.", action);
  }
  parameters.erase("Action");
  parameters.erase("Version");
  return ApiRequest(action, std::move(parameters));
}

ApiRequest::ApiRequest(std::string action, std::map<std::string, std::string> parameters)
    : action_(std::move(action)), parameters_(std::move(parameters)) {}

bool ApiRequest::dry_run() const {
  return Get("DryRun") == "true";
}

std::string ApiRequest::Get(const std::string& name) const {
  const auto found = parameters_.find(name);
  return found == parameters_.end() ? "" : found->second;
}

absl::StatusOr<std::string> ApiRequest::Need(const std::string& name) const {
  std::string value = Get(name);
  if (value.empty()) {
    return Ec2Error("MissingParameter", "The request must contain the parameter {}", name);
  }
  return value;
}

absl::StatusOr<std::optional<int64_t>> ApiRequest::Number(const std::string& name) const {
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) return std::optional<int64_t>();
  const std::string& text = found->second;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Ec2Error("InvalidParameterValue", "Invalid value '{}' for {}. It must be a number.", text, name);
  }
  return std::optional<int64_t>(value);
}

absl::StatusOr<bool> ApiRequest::Flag(const std::string& name) const {
  const std::string value = Get(name);
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return Ec2Error("InvalidParameterValue", "Invalid boolean value '{}' for {}.", value, name);
}

std::vector<std::string> ApiRequest::List(const std::string& name) const {
  std::vector<std::string> out;
  for (int i = 1;; ++i) {
    const auto found = parameters_.find(name + "." + std::to_string(i));
    if (found == parameters_.end()) return out;
    out.push_back(found->second);
  }
}

std::vector<Filter> ApiRequest::Filters() const {
  std::vector<Filter> out;
  for (int i = 1;; ++i) {
    const std::string prefix = "Filter." + std::to_string(i);
    if (!Has(prefix + ".Name")) return out;
    out.push_back({Get(prefix + ".Name"), List(prefix + ".Value")});
  }
}

Tags ApiRequest::TagList(const std::string& prefix) const {
  Tags out;
  for (int i = 1;; ++i) {
    const std::string tag = prefix + "." + std::to_string(i);
    if (!Has(tag + ".Key")) return out;
    out[Get(tag + ".Key")] = Get(tag + ".Value");
  }
}

absl::StatusOr<Tags> ApiRequest::TagsFor(std::string_view resource_type) const {
  Tags out;
  for (int i = 1;; ++i) {
    const std::string prefix = "TagSpecification." + std::to_string(i);
    const std::string type = Get(prefix + ".ResourceType");
    if (type.empty()) return out;
    if (type != resource_type) {
      return Ec2Error("InvalidParameterValue",
                      "'{}' is not a valid taggable resource type for this operation.", type);
    }
    Tags tags = TagList(prefix + ".Tag");
    out.insert(tags.begin(), tags.end());
  }
}

}  // namespace rexray::ec2sim
