// Apart from logging.cc, so that a program that only reads the configuration does not load spdlog.

#include <string>

#include "base/logging.h"
#include "base/status.h"

namespace rexray {

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "debug" || lower == "trace") return LogLevel::kDebug;
  if (lower == "info") return LogLevel::kInfo;
  if (lower == "warn" || lower == "warning") return LogLevel::kWarn;
  if (lower == "error" || lower == "fatal" || lower == "panic") return LogLevel::kError;
  return Error(absl::StatusCode::kInvalidArgument,
               "\"{}\" is not a log level: use debug, info, warn or error", text.substr(0, 64));
}

}  // namespace rexray
