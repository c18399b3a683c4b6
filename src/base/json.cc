#include "base/json.h"

#include <algorithm>
#include <vector>

#include "absl/functional/function_ref.h"

#include "base/status.h"

namespace rexray {
namespace {

using nlohmann::json;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

/// Builds the document from the parser's events, so that the depth is checked before anything is built, and a
/// parser error becomes a Status. Keeps a stack of its own: no recursion.
class Builder final : public json::json_sax_t {
 public:
  explicit Builder(int max_depth) : max_depth_(max_depth) {}

  bool null() override { return Add(json(nullptr)); }
  bool boolean(bool value) override { return Add(json(value)); }
  bool number_integer(number_integer_t value) override { return Add(json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Add(json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Add(json(value)); }
  bool string(string_t& value) override { return Add(json(std::move(value))); }
  bool binary(binary_t&) override { return false; }  // binary formats only

  bool start_object(std::size_t) override { return Open(json::object()); }
  bool start_array(std::size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …; last read:
    // '…'": the number, the place (we say it in bytes) and the input's own text (long, or a secret) are left
    // out.
    std::string_view why(error.what());
    if (const size_t at = why.find("syntax error"); at != std::string_view::npos) why.remove_prefix(at);
    if (const size_t at = why.find("; last read: '"); at != std::string_view::npos) why = why.substr(0, at);
    if (dynamic_cast<const json::out_of_range*>(&error) != nullptr) why = "a number is too large";
    position_ = position;
    why_ = why;
    return false;
  }

  json root_;
  size_t position_ = 0;  ///< of an error, from 1; 0 = none
  std::string why_;
  bool too_deep_ = false;

 private:
  json* Place(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    json& member = parent[key_];
    member = std::move(value);
    return &member;
  }
  bool Add(json&& value) {
    Place(std::move(value));
    return true;
  }
  bool Open(json&& container) {
    if (static_cast<int>(open_.size()) >= max_depth_) {
      too_deep_ = true;
      return false;
    }
    open_.push_back(Place(std::move(container)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  const int max_depth_;
  std::vector<json*> open_;
  std::string key_;
};

using ErrorAt = absl::FunctionRef<absl::Status(size_t byte, std::string_view why)>;

absl::StatusOr<json> Parse(std::string_view text, const JsonLimits& limits, ErrorAt error_at) {
  if (text.size() > limits.max_bytes) {
    return Error(kInvalid, "JSON of {} bytes is larger than the limit of {} bytes", text.size(),
                 limits.max_bytes);
  }
  // The library takes a NUL byte for the end of the input, and would not see what follows it.
  if (const size_t at = text.find('\0'); at != std::string_view::npos) return error_at(at + 1, "a NUL byte");
  try {
    Builder builder(limits.max_depth);
    const bool complete = json::sax_parse(text.begin(), text.end(), &builder);
    if (builder.too_deep_) return Error(kInvalid, "JSON is nested deeper than {} levels", limits.max_depth);
    if (!builder.why_.empty()) return error_at(builder.position_, builder.why_);
    if (!complete) return Error(absl::StatusCode::kInternal, "the JSON parser stopped without a reason");
    return std::move(builder.root_);
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kInternal, "JSON could not be parsed: {}", error.what());
  }
}

absl::Status AtPlace(std::string_view text, std::string_view name, size_t byte, std::string_view why) {
  const size_t at = std::min(byte > 0 ? byte - 1 : 0, text.size());
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0
  const std::string_view column = before.substr(line_start);
  // UTF-8: every byte but the continuations begins a character.
  const auto characters =
      std::count_if(column.begin(), column.end(), [](char c) { return (c & 0xc0) != 0x80; });
  const size_t last = before.find_last_not_of(" \t\r\n");
  const bool closes = at < text.size() && (text[at] == '}' || text[at] == ']');
  if (closes && last != std::string_view::npos && before[last] == ',')
    why = "a comma before a closing bracket";
  return Error(kInvalid, "{}:{}:{}: not valid JSON: {}", name, line, characters + 1, why);
}

}  // namespace

absl::StatusOr<json> ParseJson(std::string_view text, const JsonLimits& limits) {
  return Parse(text, limits, [](size_t byte, std::string_view why) {
    return Error(kInvalid, "not valid JSON at byte {}: {}", byte, why);
  });
}

absl::StatusOr<json> ParseJsonFile(std::string_view text, std::string_view name, const JsonLimits& limits) {
  return Parse(text, limits,
               [&](size_t byte, std::string_view why) { return AtPlace(text, name, byte, why); });
}

std::string DumpJson(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rexray
