#pragma once

// What dvdcli says on standard error.

#include <string>
#include <string_view>

#include "cli/dvdcli/app.h"
#include "cli/dvdcli/arguments.h"
#include "cli/dvdcli/log_lines.h"

#include "base/clock.h"

namespace rexray::dvdcli {

/// Line breaks and other control characters become escapes.
std::string OneLine(std::string_view text);

class Reporter {
 public:
  Reporter(Console& console, Clock& clock, const Arguments& arguments)
      : console_(console), clock_(clock), arguments_(arguments) {}

  void Debug(std::string_view text) { Line(LogLevel::kDebug, text, {}); }
  /// Without fields, as the original writes paths and names.
  void Info(std::string_view text) { Line(LogLevel::kInfo, text, {}); }
  void Warning(std::string_view text) { Line(LogLevel::kWarning, text, {}); }
  /// With volumeDriver and volumeName; shown at any --log-level. Gives 1, the exit code.
  int Failure(std::string_view text);
  /// The same for a plugin other than the one in the arguments.
  int FailureOf(std::string_view driver, std::string_view text);

 private:
  void Line(LogLevel level, std::string_view text, LogFields fields);

  Console& console_;
  Clock& clock_;
  const Arguments& arguments_;
};

}  // namespace rexray::dvdcli
