#pragma once

// The daemon's log: one line an entry on standard error (journald reads it there), RFC 3339 UTC time, level,
// text, then key=value fields. Secrets cannot be logged: base/secret.h has no formatter.
//
//   LogInfo("mounted", {{"volume", name}, {"device", device}});
//
// Thread-safe. Below the level nothing is formatted by the sink, but arguments are evaluated: keep them
// cheap.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace rexray {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// "debug", "info", "warn"/"warning", "error" (REX-Ray's logrus names; "panic" and "fatal" mean error,
/// "trace" debug).
absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text);

/// Starts at kWarn, REX-Ray's default. May be called at any time (SIGHUP).
void SetLogLevel(LogLevel level);
LogLevel GetLogLevel();

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;
void LogDebug(std::string_view text, LogFields fields = {});
void LogInfo(std::string_view text, LogFields fields = {});
void LogWarn(std::string_view text, LogFields fields = {});
void LogError(std::string_view text, LogFields fields = {});

}  // namespace rexray
