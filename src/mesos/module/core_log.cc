// base/logging.h for the module: the rooms below the core log almost nothing (a thread that threw), and
// spdlog must not come into the agent for that. The agent's standard error is where its own log goes.

#include <cstdio>

#include "base/logging.h"

namespace rexray {
namespace {

void Write(std::string_view level, std::string_view text, LogFields fields) {
  std::string line = "rexray mesos isolator: ";
  line.append(level).append(": ").append(text);
  for (const auto& [key, value] : fields) line.append(" ").append(key).append("=").append(value);
  line += '\n';
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view) {
  return absl::UnimplementedError("the module logs through Mesos");
}
void SetLogLevel(LogLevel) {}
LogLevel GetLogLevel() {
  return LogLevel::kWarn;
}

void LogDebug(std::string_view, LogFields) {}
void LogInfo(std::string_view, LogFields) {}
void LogWarn(std::string_view text, LogFields fields) {
  Write("warning", text, fields);
}
void LogError(std::string_view text, LogFields fields) {
  Write("error", text, fields);
}

}  // namespace rexray
