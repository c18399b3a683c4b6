// Durations as Go writes them, which is how REX-Ray's files do.

#include <array>

#include "base/status.h"
#include "config/text.h"
#include "config/value.h"

namespace rexray::config {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMost = uint64_t{10} * 365 * 24 * 3600 * kSecond;

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};
/// Longer names first where one begins another.
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"µs", 1'000},
                                      {"μs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3600 * kSecond}}};

absl::Status NotADuration(std::string_view text, std::string_view why) {
  return Error(kInvalid, "{} is not a duration: {}; write for example 5s, 1m30s or 100ms", Quoted(text), why);
}

/// Takes "12" or "1.5" off the front: whole part and the fraction in units of 1e-9.
bool TakeNumber(std::string_view& text, uint64_t& whole, uint64_t& billionths) {
  whole = billionths = 0;
  size_t n = 0;
  const auto is_digit = [&text](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  for (; is_digit(n); ++n) {
    whole = whole * 10 + static_cast<uint64_t>(text[n] - '0');
    if (whole > kMost) whole = kMost + 1;
  }
  bool any = n > 0;
  if (n < text.size() && text[n] == '.') {
    ++n;
    for (uint64_t weight = kSecond / 10; is_digit(n); ++n, weight /= 10) {
      billionths += weight * static_cast<uint64_t>(text[n] - '0');
      any = true;
    }
  }
  text.remove_prefix(n);
  return any;
}

uint64_t TakeUnit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return 0;
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  const std::string lower = Lower(Trim(text));
  std::string_view rest = lower;
  if (rest.empty()) return NotADuration(text, "it is empty");
  if (rest.front() == '-') return NotADuration(text, "it is negative");
  Wide total = 0;
  bool first = true;
  while (!rest.empty()) {
    uint64_t whole = 0;
    uint64_t billionths = 0;
    if (!TakeNumber(rest, whole, billionths)) return NotADuration(text, "a number is missing");
    uint64_t unit = kSecond;
    if (!rest.empty() || !first) unit = TakeUnit(rest);
    if (unit == 0) return NotADuration(text, "its unit is unknown");
    total += static_cast<Wide>(whole) * unit + static_cast<Wide>(billionths) * unit / kSecond;
    if (total > kMost) return NotADuration(text, "it is more than ten years");
    first = false;
  }
  return Duration(static_cast<int64_t>(total));
}

std::string FormatDuration(Duration duration) {
  auto left = static_cast<uint64_t>(duration.count());
  if (left == 0) return "0s";
  std::string out;
  for (const Unit& unit : {kUnits[7], kUnits[6], kUnits[5], kUnits[4], kUnits[1], kUnits[0]}) {
    if (left < unit.nanoseconds) continue;
    out += fmt::format("{}{}", left / unit.nanoseconds, unit.name);
    left %= unit.nanoseconds;
  }
  return out;
}

}  // namespace rexray::config
