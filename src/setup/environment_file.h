#pragma once

// Files of NAME=value lines: systemd's EnvironmentFile= (systemd.exec(5)) and what a start script sources
// (/etc/default/mesos-slave). One line is changed or added, everything else stays.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray::setup {

enum class EnvironmentDialect {
  kSystemd,  ///< a value is literal
  kShell,    ///< sourced: "$X" and `command` are replaced, and so cannot be merged with
};

/// The last assignment's value, without quotes; nullopt when there is none. FailedPrecondition, with the
/// line, for a value that only its reader knows: a shell's replacement, a line that goes on in the next.
absl::StatusOr<std::optional<std::string>> GetVariable(std::string_view text, EnvironmentDialect dialect,
                                                       std::string_view variable, std::string_view name);

/// The text with the last assignment changed, its quotes, spaces and "export" kept, or with one more line.
/// The value holds no quotes and no line end.
absl::StatusOr<std::string> SetVariable(std::string_view text, EnvironmentDialect dialect,
                                        std::string_view variable, std::string_view value,
                                        std::string_view name);

}  // namespace rexray::setup
