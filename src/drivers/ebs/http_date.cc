#include "drivers/ebs/http_date.h"

#include <ctime>
#include <string>

namespace rexray::drivers::ebs {
namespace {

/// strptime of the C locale's names: the program never calls setlocale.
std::optional<WallTime> Parse(std::string_view text, const char* format, std::string_view* rest) {
  const std::string copy(text);
  std::tm parts{};
  const char* end = strptime(copy.c_str(), format, &parts);
  if (end == nullptr) return std::nullopt;
  *rest = text.substr(static_cast<size_t>(end - copy.c_str()));
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  std::string_view rest;
  const std::optional<WallTime> time = Parse(Trimmed(text), "%a, %d %b %Y %H:%M:%S GMT", &rest);
  return time && rest.empty() ? time : std::nullopt;
}

std::optional<WallTime> ParseIso8601(std::string_view text) {
  std::string_view rest;
  std::optional<WallTime> time = Parse(Trimmed(text), "%Y-%m-%dT%H:%M:%S", &rest);
  if (!time) return std::nullopt;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    Duration unit = std::chrono::milliseconds(100);
    Duration fraction{0};
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      fraction += unit * (rest.front() - '0');
      unit /= 10;
      rest.remove_prefix(1);
    }
    *time += std::chrono::duration_cast<WallTime::duration>(fraction);
  }
  return rest == "Z" || rest == "+00:00" ? time : std::nullopt;
}

}  // namespace rexray::drivers::ebs
