#pragma once

// What a pid file says. A pid alone may be somebody else's after a crash: with its start time (field 22 of
// /proc/PID/stat, clock ticks since boot) it names one process for as long as the machine runs.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray {

struct ProcessId {
  pid_t pid = 0;
  uint64_t start_time = 0;

  bool operator==(const ProcessId&) const = default;
};

/// The running process that has this pid now. NotFound when there is none, or only what is left of one that
/// ended.
absl::StatusOr<ProcessId> ProcessOf(pid_t pid);

/// "PID STARTTIME\n", and back; nullopt for anything else.
std::string FormatPidFile(const ProcessId& process);
std::optional<ProcessId> ParsePidFile(std::string_view text);

}  // namespace rexray
