#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace rexray::daemon {

/// "PID START\n" in the run directory, START being the process's start time in clock ticks after boot (field
/// 22 of /proc/PID/stat): a pid alone may be somebody else's after a crash. The file is flock(2)ed while the
/// daemon lives, which is what keeps a second one out; what it says is for people and for `rexray stop`.
/// Removed by the destructor.
class PidFile {
 public:
  /// FailedPrecondition, naming the pid, when another daemon holds it.
  static absl::StatusOr<std::unique_ptr<PidFile>> Open(const std::string& path);
  ~PidFile();

 private:
  PidFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  const std::string path_;
  const UniqueFd fd_;
};

/// Field 22 of /proc/PID/stat.
absl::StatusOr<uint64_t> StartTimeOf(pid_t pid);

}  // namespace rexray::daemon
