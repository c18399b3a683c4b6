#include "cli/dvdcli/reporter.h"

namespace rexray::dvdcli {

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return line;
}

int Reporter::Failure(std::string_view text) {
  return FailureOf(arguments_.driver, text);
}

int Reporter::FailureOf(std::string_view driver, std::string_view text) {
  LogFields fields = {{"volumeDriver", std::string(driver)}};
  if (!arguments_.volume.empty()) fields.emplace_back("volumeName", arguments_.volume);
  Line(LogLevel::kError, text, std::move(fields));
  return 1;
}

void Reporter::Line(LogLevel level, std::string_view text, LogFields fields) {
  if (level < arguments_.log_level) return;
  console_.Err(FormatLogLine(clock_.WallNow(), level, text, std::move(fields)));
}

}  // namespace rexray::dvdcli
