#include "cli/daemon/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/pid_file.h"
#include "base/status.h"

namespace rexray::daemon {
namespace {

std::string ReadAll(int fd) {
  char buffer[64];
  const ssize_t got = pread(fd, buffer, sizeof buffer, 0);
  return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
}

absl::Status HeldBy(const std::string& path, int fd) {
  const std::optional<ProcessId> holder = ParsePidFile(ReadAll(fd));
  return Error(absl::StatusCode::kFailedPrecondition,
               "a daemon is already running with PID {} (it holds {}); \"rexray stop\" ends it",
               holder ? std::to_string(holder->pid) : "unknown", path);
}

/// The lock is worth something only while the locked file is the one that the path leads to: a daemon that
/// ends removes it.
bool IsStillAt(const std::string& path, int fd) {
  struct stat ours {};
  struct stat there {};
  return fstat(fd, &ours) == 0 && stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PidFile>> PidFile::Open(const std::string& path) {
  while (true) {
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.valid()) return ErrnoError(errno, "open " + path);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return HeldBy(path, fd.get());
      return ErrnoError(errno, "flock " + path);
    }
    if (!IsStillAt(path, fd.get())) continue;
    ASSIGN_OR_RETURN(const ProcessId self, ProcessOf(getpid()));
    const std::string text = FormatPidFile(self);
    if (ftruncate(fd.get(), 0) != 0 ||
        pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      return ErrnoError(errno, "write " + path);
    }
    return std::unique_ptr<PidFile>(new PidFile(path, std::move(fd)));
  }
}

PidFile::~PidFile() {
  if (IsStillAt(path_, fd_.get())) unlink(path_.c_str());
}

}  // namespace rexray::daemon
