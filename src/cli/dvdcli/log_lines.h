#pragma once

// Lines in the shape that dvdcli has always written (logrus, not on a terminal):
//
//   time="2026-01-02T03:04:05Z" level=error msg="VolumeDriver.Mount: boom" volumeDriver=ebs volumeName=v
//
// with a space before the line's end. Mesos shows them to people as a task's failure message.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace rexray::dvdcli {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// logrus's names: debug, info, warn or warning, error; trace is debug, fatal and panic are error.
std::optional<LogLevel> LogLevelFromName(std::string_view name);

/// Go's %q, but for values of letters, digits, "-" and "." alone: always one line, whatever the bytes.
std::string QuotedValue(std::string_view value);

using LogFields = std::vector<std::pair<std::string, std::string>>;

/// With the final line break. `fields` come out in the order of their keys.
std::string FormatLogLine(WallTime at, LogLevel level, std::string_view text, LogFields fields);

}  // namespace rexray::dvdcli
