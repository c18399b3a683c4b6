#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace rexray::daemon {

/// Who we are (base/pid_file.h), in the run directory. The file is flock(2)ed while the daemon lives, which
/// is what keeps a second one out; what it says is for people and for `rexray stop`. Removed by the
/// destructor.
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

}  // namespace rexray::daemon
