#include "volume/volume_name.h"

#include <cstdint>

#include "base/status.h"

namespace rexray {
namespace {

constexpr size_t kMaxVolumeName = 128;
constexpr size_t kMaxServiceName = 64;
constexpr size_t kMaxPrintable = 128;

// Not isalnum(): that asks the locale.
bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

absl::Status ValidateName(std::string_view what, std::string_view name, size_t limit) {
  constexpr auto kCode = absl::StatusCode::kInvalidArgument;
  if (name.empty()) return Error(kCode, "the {} name is empty", what);
  if (name.size() > limit) {
    return Error(kCode, "the {} name \"{}\" has {} bytes; at most {} are allowed", what, Printable(name),
                 name.size(), limit);
  }
  if (!IsAlphanumeric(name[0])) {
    return Error(kCode, "the {} name \"{}\" does not begin with a letter or a digit (a-z, A-Z, 0-9)", what,
                 Printable(name));
  }
  for (const char c : name) {
    if (IsAlphanumeric(c) || c == '_' || c == '.' || c == '-') continue;
    return Error(kCode,
                 "the {} name \"{}\" holds \"{}\"; only letters, digits, \"_\", \".\" and \"-\" are allowed "
                 "(a-z, A-Z, 0-9)",
                 what, Printable(name), Printable(std::string_view(&c, 1)));
  }
  return absl::OkStatus();
}

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;  // 0: not valid UTF-8
};

// RFC 3629: the shortest form only, no surrogates, nothing above U+10FFFF.
CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  uint32_t value = first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, bytes};
}

// Control characters, and those that turn the direction of what follows or break a line: with them a name
// could make a log line read as another one.
bool IsHarmless(uint32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return false;
  return c != 0x200e && c != 0x200f && c != 0x061c && c != 0xfeff && !(c >= 0x2028 && c <= 0x202e) &&
         !(c >= 0x2066 && c <= 0x2069);
}

std::string Escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
  return out;
}

}  // namespace

absl::Status ValidateVolumeName(std::string_view name) {
  return ValidateName("volume", name, kMaxVolumeName);
}

absl::Status ValidateServiceName(std::string_view name) {
  return ValidateName("service", name, kMaxServiceName);
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = Decode(text);
    const std::string_view bytes = text.substr(0, c.bytes == 0 ? 1 : c.bytes);
    const std::string piece = c.bytes != 0 && IsHarmless(c.value) ? std::string(bytes) : Escaped(bytes);
    if (out.size() + piece.size() > kMaxPrintable) return out + "…";
    out += piece;
    text.remove_prefix(bytes.size());
  }
  return out;
}

}  // namespace rexray
