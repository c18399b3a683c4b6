#include "server/admin/call.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"

#include "base/json.h"
#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray::server::admin {
namespace {

using nlohmann::json;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

absl::StatusOr<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Error(kInvalid, "\"{}\" is not percent-encoded", Printable(text));
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+') {
      c = ' ';
    }
    if (c == '\0') return Error(kInvalid, "the query holds a NUL byte");
    out += c;
  }
  return out;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view target) {
  Target out;
  const size_t mark = target.find('?');
  out.path = std::string(target.substr(0, mark));
  std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    ASSIGN_OR_RETURN(std::string name, PercentDecode(pair.substr(0, equals)));
    ASSIGN_OR_RETURN(std::string value, PercentDecode(pair.substr(std::min(equals + 1, pair.size()))));
    if (name.empty()) return Error(kInvalid, "a query parameter has no name");
    const auto [at, fresh] = out.query.emplace(std::move(name), std::move(value));
    if (!fresh) return Error(kInvalid, "the query parameter \"{}\" is given twice", Printable(at->first));
  }
  return out;
}

Fields::Fields(json object, const char* what)
    : object_(std::make_unique<json>(std::move(object))), what_(what) {}
Fields::Fields(Fields&&) noexcept = default;
Fields& Fields::operator=(Fields&&) noexcept = default;
Fields::~Fields() = default;

absl::StatusOr<Fields> Fields::OfBody(std::string_view body) {
  if (body.empty()) return Fields(json::object(), "field");
  absl::StatusOr<json> object = ParseJson(body);
  if (!object.ok()) return Annotate(object.status(), "the request's body");
  if (!object->is_object()) {
    return Error(kInvalid, "the request's body is a JSON {}; it must be an object", object->type_name());
  }
  return Fields(*std::move(object), "field");
}

Fields Fields::OfQuery(const std::map<std::string, std::string>& query) {
  json object = json::object();
  for (const auto& [name, value] : query) {
    // The getters know types by JSON's; a query has texts alone.
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    const bool text = name == "service" || name == "name" || name == "id";
    if (!text && whole) {
      object[name] = number;
    } else if (!text && (value == "true" || value == "false")) {
      object[name] = value == "true";
    } else {
      object[name] = value;
    }
  }
  return Fields(std::move(object), "query parameter");
}

const json* Fields::Find(const char* name) {
  asked_.insert(name);
  const auto found = object_->find(name);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void Fields::Fail(const char* name, std::string_view wanted) {
  if (error_.ok()) error_ = Error(kInvalid, "the {} \"{}\" must be {}", what_, name, wanted);
}

std::optional<std::string> Fields::Text(const char* name) {
  const json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  Fail(name, "a string");
  return std::nullopt;
}

std::optional<std::string> Fields::Word(const char* name) {
  const json* value = Find(name);
  if (value != nullptr && value->is_boolean()) return value->get<bool>() ? "true" : "false";
  return Text(name);
}

std::optional<bool> Fields::Bool(const char* name) {
  const json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  Fail(name, "true or false");
  return std::nullopt;
}

std::optional<uint64_t> Fields::Whole(const char* name) {
  const json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) return value->get<uint64_t>();
  Fail(name, "a whole number");
  return std::nullopt;
}

std::vector<std::string> Fields::Texts(const char* name) {
  std::vector<std::string> out;
  const json* value = Find(name);
  if (value == nullptr) return out;
  bool good = value->is_array();
  for (auto item = value->begin(); good && item != value->end(); ++item) {
    good = item->is_string();
    if (good) out.push_back(item->get<std::string>());
  }
  if (!good) Fail(name, "an array of strings");
  return out;
}

std::map<std::string, std::string> Fields::TextMap(const char* name) {
  std::map<std::string, std::string> out;
  const json* value = Find(name);
  if (value == nullptr) return out;
  bool good = value->is_object();
  for (auto item = value->begin(); good && item != value->end(); ++item) {
    good = item->is_string();
    if (good) out[item.key()] = item->get<std::string>();
  }
  if (!good) Fail(name, "an object of strings");
  return out;
}

absl::Status Fields::Finish() const {
  RETURN_IF_ERROR(error_);
  for (const auto& [name, value] : object_->items()) {
    if (asked_.count(name) == 0) return Error(kInvalid, "unknown {} \"{}\"", what_, Printable(name));
  }
  return absl::OkStatus();
}

}  // namespace rexray::server::admin
