#include "setup/json_text.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/status.h"

namespace rexray::setup {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// Over text that the JSON library has accepted: whatever it meets is well-formed, and at most 32 deep.
class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  JsonSpan Value() {
    SkipBlank();
    JsonSpan span;
    span.begin = at_;
    switch (text_[at_]) {
      case '{':
        Object(&span);
        break;
      case '[':
        Array(&span);
        break;
      case '"':
        span.kind = JsonSpan::Kind::kString;
        span.text = String();
        break;
      default:
        at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    span.end = at_;
    return span;
  }

 private:
  void SkipBlank() { at_ = std::min(text_.find_first_not_of(kBlank, at_), text_.size()); }

  std::string String() {
    const size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    const absl::StatusOr<nlohmann::json> value =
        ParseJson("[" + std::string(text_.substr(begin, at_ - begin)) + "]");
    return value.ok() ? value->at(0).get<std::string>() : "";
  }

  /// Behind the opening bracket; whether another value follows. Steps over the comma or the closing bracket.
  bool Next(char closing) {
    SkipBlank();
    if (text_[at_] == ',') ++at_;
    SkipBlank();
    if (text_[at_] != closing) return true;
    ++at_;
    return false;
  }

  void Object(JsonSpan* span) {
    span->kind = JsonSpan::Kind::kObject;
    ++at_;
    while (Next('}')) {
      std::string name = String();
      at_ = text_.find(':', at_) + 1;
      span->members.push_back({std::move(name), Value()});
    }
  }

  void Array(JsonSpan* span) {
    span->kind = JsonSpan::Kind::kArray;
    ++at_;
    while (Next(']')) span->elements.push_back(Value());
  }

  std::string_view text_;
  size_t at_ = 0;
};

size_t LineStart(std::string_view text, size_t at) {
  const size_t newline = text.substr(0, at).rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

/// The blanks at the beginning of the line that `at` is in.
std::string Indentation(std::string_view text, size_t at) {
  const size_t start = LineStart(text, at);
  const size_t end = std::min(text.find_first_not_of(" \t", start), at);
  return std::string(text.substr(start, end - start));
}

bool FirstInItsLine(std::string_view text, size_t at) {
  return text.substr(LineStart(text, at), at - LineStart(text, at)).find_first_not_of(" \t") ==
         std::string_view::npos;
}

/// Every line but the first moved to the right.
std::string Indent(std::string_view value, const std::string& by) {
  std::string out;
  for (const char c : value) {
    out += c;
    if (c == '\n') out += by;
  }
  return out;
}

std::string Splice(std::string_view text, size_t begin, size_t end, const std::string& insert) {
  return std::string(text.substr(0, begin)) + insert + std::string(text.substr(end));
}

}  // namespace

const JsonSpan* JsonSpan::Member(std::string_view name) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->name == name) return &member->value;
  }
  return nullptr;
}

absl::StatusOr<JsonSpan> LocateJson(std::string_view text, std::string_view name) {
  RETURN_IF_ERROR(ParseJsonFile(text, name).status());
  return Locator(text).Value();
}

std::string AppendElement(std::string_view text, const JsonSpan& array, std::string_view value) {
  if (array.elements.empty()) {
    const std::string outer = Indentation(text, array.begin);
    const bool one_line = text.find('\n') >= text.find_last_not_of(kBlank);
    if (one_line) return Splice(text, array.begin, array.end, "[" + std::string(value) + "]");
    const std::string inner = outer + "  ";
    return Splice(text, array.begin, array.end, "[\n" + inner + Indent(value, inner) + "\n" + outer + "]");
  }
  const JsonSpan& last = array.elements.back();
  if (!FirstInItsLine(text, last.begin)) {
    return Splice(text, last.end, last.end, ", " + Indent(value, Indentation(text, last.begin)));
  }
  const std::string indentation = Indentation(text, last.begin);
  return Splice(text, last.end, last.end, ",\n" + indentation + Indent(value, indentation));
}

std::string ReplaceString(std::string_view text, const JsonSpan& value, std::string_view string) {
  return Splice(text, value.begin, value.end, JsonString(string));
}

std::string PrependMember(std::string_view text, const JsonSpan& object, std::string_view name,
                          std::string_view value) {
  const std::string member = JsonString(name) + ": " + std::string(value);
  const size_t inside = object.begin + 1;
  if (object.members.empty()) return Splice(text, inside, object.end - 1, member);
  // In front of the first name, on a line of its own where that one is.
  const size_t first = text.find('"', inside);
  const std::string separator =
      FirstInItsLine(text, first) ? ",\n" + Indentation(text, first) : std::string(", ");
  return Splice(text, first, first, Indent(member, Indentation(text, first)) + separator);
}

std::string JsonString(std::string_view string) {
  return DumpJson(nlohmann::json(std::string(string)));
}

}  // namespace rexray::setup
