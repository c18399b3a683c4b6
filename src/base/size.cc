#include "base/size.h"

#include <algorithm>
#include <array>

#include "base/status.h"

namespace rexray {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr uint64_t kMostBytes = uint64_t{1} << 60;
constexpr uint64_t kPiB = uint64_t{1} << 50;
constexpr int kMostDecimals = 18;  // 10^18 * 2^60 still fits 128 bits

struct Unit {
  char letter;
  uint64_t bytes;
  std::string_view name;
};
constexpr std::array<Unit, 5> kUnits{
    {{'p', kPiB, "PiB"}, {'t', kTiB, "TiB"}, {'g', kGiB, "GiB"}, {'m', kMiB, "MiB"}, {'k', kKiB, "KiB"}}};

// Not <cctype>: those follow the locale.
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsSpace(char c) {
  return c == ' ' || c == '\t';
}
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view TakeDigits(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && IsDigit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

/// 0 when the text is not a unit.
uint64_t UnitOf(std::string_view text, uint64_t bare_unit) {
  if (text.empty()) return bare_unit;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  if (lower == "b") return 1;
  for (const Unit& unit : kUnits) {
    if (lower[0] != unit.letter) continue;
    const std::string_view rest = std::string_view(lower).substr(1);
    return rest.empty() || rest == "b" || rest == "i" || rest == "ib" ? unit.bytes : 0;
  }
  return 0;
}

absl::Status NotASize(std::string_view text, std::string_view why) {
  constexpr size_t kQuoted = 64;  // the text may be anything that a client sent
  return Error(absl::StatusCode::kInvalidArgument,
               "\"{}{}\" is not a size: {}; write for example 10 (GiB), 500MiB or 1.5TiB",
               text.substr(0, kQuoted), text.size() > kQuoted ? "…" : "", why);
}

}  // namespace

absl::StatusOr<uint64_t> ParseSize(std::string_view text, uint64_t bare_unit) {
  std::string_view rest = Trim(text);
  const std::string_view whole = TakeDigits(rest);
  if (whole.empty()) {
    return NotASize(text, rest.substr(0, 1) == "-" ? "it is negative" : "it does not begin with a digit");
  }
  std::string_view decimals;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    decimals = TakeDigits(rest);
    if (decimals.empty()) return NotASize(text, "no digit follows the point");
    if (decimals.size() > kMostDecimals) return NotASize(text, "it has more than 18 decimals");
  }
  const uint64_t unit = UnitOf(Trim(rest), bare_unit);
  if (unit == 0) return NotASize(text, "its unit is unknown");

  Wide number = 0;
  for (const char digit : whole) {
    number = number * 10 + static_cast<unsigned>(digit - '0');
    if (number > kMostBytes) return NotASize(text, "it is more than 1024 PiB");
  }
  Wide numerator = 0;
  Wide denominator = 1;
  for (const char digit : decimals) {
    numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
    denominator *= 10;
  }
  const Wide bytes = number * unit + numerator * unit / denominator;
  if (bytes > kMostBytes) return NotASize(text, "it is more than 1024 PiB");
  if (bytes == 0) return NotASize(text, "it is zero");
  return static_cast<uint64_t>(bytes);
}

std::string FormatSize(uint64_t bytes) {
  constexpr uint64_t kReadable = 10'000;  // "1234567KiB" tells a person less than "1.18GiB"
  if (bytes < kKiB) return fmt::format("{}B", bytes);
  for (const Unit& unit : kUnits) {
    const uint64_t count = bytes / unit.bytes;
    if (bytes % unit.bytes == 0 && (count < kReadable || unit.bytes == kPiB)) {
      return fmt::format("{}{}", count, unit.name);
    }
  }
  for (const Unit& unit : kUnits) {
    const uint64_t whole = bytes / unit.bytes;
    const uint64_t hundredths =
        whole * 100 + ((bytes % unit.bytes) * 100 + unit.bytes / 2) / unit.bytes;  // rounded
    if (hundredths >= 100) {
      return fmt::format("{}.{:02}{}", hundredths / 100, hundredths % 100, unit.name);
    }
  }
  return fmt::format("{}B", bytes);
}

}  // namespace rexray
