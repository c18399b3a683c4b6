#pragma once

// RUN/rexray.pid, written by the daemon (base/pid_file.h): the same pid with another start time is another
// process, and nothing is ever sent to it.

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/unique_fd.h"

namespace rexray::cli {

struct RunningDaemon {
  pid_t pid = 0;
  UniqueFd pidfd;  ///< signals go here, so that they cannot reach a later process of the same pid
};

/// The process that the file names, if that very process still runs; nullopt when there is no file, or a
/// stale one. Errors: a file that cannot be read or makes no sense.
absl::StatusOr<std::optional<RunningDaemon>> FindDaemon(const std::string& pid_file);

/// SIGTERM, then waits for the end. DeadlineExceeded after `patience`.
absl::Status StopDaemon(const RunningDaemon& daemon, std::chrono::milliseconds patience);

}  // namespace rexray::cli
