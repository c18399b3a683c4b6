#include "base/rfc3339.h"

namespace rexray {
namespace {

// By hand, since it is in every answer to `docker volume inspect`: a format string costs ten times as much.
void Put(unsigned value, size_t width, char* at) {
  while (width > 0) {
    at[--width] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::string FormatRfc3339(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const auto of_day = static_cast<unsigned>((second - day).count());
  std::string text = "0000-00-00T00:00:00Z";
  Put(static_cast<unsigned>(static_cast<int>(date.year())), 4, text.data());
  Put(static_cast<unsigned>(date.month()), 2, text.data() + 5);
  Put(static_cast<unsigned>(date.day()), 2, text.data() + 8);
  Put(of_day / 3600, 2, text.data() + 11);
  Put(of_day / 60 % 60, 2, text.data() + 14);
  Put(of_day % 60, 2, text.data() + 17);
  return text;
}

}  // namespace rexray
