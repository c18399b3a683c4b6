#include "base/json.h"

#include <vector>

#include "base/status.h"

namespace rexray {
namespace {

using nlohmann::json;

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
    status_ = Error(absl::StatusCode::kInvalidArgument, "not valid JSON at byte {}: {}", position, why);
    return false;
  }

  absl::Status status_;
  json root_;

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
      status_ = Error(absl::StatusCode::kInvalidArgument, "JSON is nested deeper than {} levels", max_depth_);
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

}  // namespace

absl::StatusOr<json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error(absl::StatusCode::kInvalidArgument, "JSON of {} bytes is larger than the limit of {} bytes",
                 text.size(), limits.max_bytes);
  }
  // The library takes a NUL byte for the end of the input, and would not see what follows it.
  if (const size_t at = text.find('\0'); at != std::string_view::npos) {
    return Error(absl::StatusCode::kInvalidArgument, "not valid JSON at byte {}: a NUL byte", at + 1);
  }
  try {
    Builder builder(limits.max_depth);
    const bool complete = json::sax_parse(text.begin(), text.end(), &builder);
    if (!builder.status_.ok()) return builder.status_;
    if (!complete) return Error(absl::StatusCode::kInternal, "the JSON parser stopped without a reason");
    return std::move(builder.root_);
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kInternal, "JSON could not be parsed: {}", error.what());
  }
}

std::string DumpJson(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rexray
