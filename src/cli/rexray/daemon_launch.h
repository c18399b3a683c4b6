#pragma once

// Starting rexrayd: in the foreground by becoming it (the same pid: what service managers watch), or in the
// background by waiting until it says that its sockets answer.
//
// The daemon is told --ready-fd N and writes one line there: "READY", or why it cannot start.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::cli {

struct LaunchRequest {
  std::string program;             ///< an absolute path
  std::vector<std::string> words;  ///< behind the program's name
  std::string log_file;            ///< background: appended to; its directory is made
  std::chrono::milliseconds patience = std::chrono::seconds(60);
};

/// Beside this program, else in one of the places where packages put it. NotFound names where it was looked
/// for.
absl::StatusOr<std::string> FindDaemonProgram();

/// Only comes back with an error.
absl::Status BecomeDaemon(const LaunchRequest& request);

/// The pid of a daemon that is ready: in a session of its own, standard input empty, output in the log file.
/// An error is the daemon's own line where it wrote one.
absl::StatusOr<pid_t> LaunchInBackground(const LaunchRequest& request);

/// Runs argv (found in PATH) to its end, with our own input, output and environment; its exit code, 128 + the
/// signal.
absl::StatusOr<int> RunToTheEnd(const std::vector<std::string>& argv);

}  // namespace rexray::cli
