#pragma once

// A JSON file that a person wrote, changed at single places: everything else, order, spaces and all, stays as
// it is. The text is checked by the JSON library first (ParseJsonFile's errors, with line and column); this
// finds where its values stand.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::setup {

struct JsonMember;

/// Where a value stands in the text: [begin, end). Only valid for the text that it was found in.
struct JsonSpan {
  enum class Kind { kObject, kArray, kString, kOther };
  Kind kind = Kind::kOther;
  size_t begin = 0;
  size_t end = 0;
  std::string text;                 ///< a string's value
  std::vector<JsonMember> members;  ///< of an object
  std::vector<JsonSpan> elements;   ///< of an array

  /// The last member of that name (the one that counts); null without one or when this is no object.
  const JsonSpan* Member(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  JsonSpan value;
};

/// `name` is for messages.
absl::StatusOr<JsonSpan> LocateJson(std::string_view text, std::string_view name);

/// The text with `value` (any JSON, on one line or several) as a further element at the end of an array, laid
/// out like the elements before it.
std::string AppendElement(std::string_view text, const JsonSpan& array, std::string_view value);

/// The text with another string in a value's place.
std::string ReplaceString(std::string_view text, const JsonSpan& value, std::string_view string);

/// The text with a further member at an object's beginning.
std::string PrependMember(std::string_view text, const JsonSpan& object, std::string_view name,
                          std::string_view value);

/// "a\"b", quotes and all.
std::string JsonString(std::string_view string);

}  // namespace rexray::setup
