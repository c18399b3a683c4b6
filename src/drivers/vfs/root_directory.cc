#include "drivers/vfs/root_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/status.h"

namespace rexray::drivers::vfs {
namespace {

constexpr char kRemedy[] = "run rexray as the user that it belongs to, or set vfs.root to another directory";

absl::Status Explain(int error, const std::string& what) {
  if (error == EROFS) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "{}: it is on a read-only file system; mount that read-write or set vfs.root to another directory",
        what);
  }
  if (error == EACCES || error == EPERM) {
    return Error(absl::StatusCode::kPermissionDenied, "{}: no permission for user {}; {}", what, geteuid(),
                 kRemedy);
  }
  return ErrnoError(error, what);
}

/// "the process 1234 (rexrayd)", from what the holder wrote into the lock file.
std::string HolderIn(int fd) {
  char text[32] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  const long pid = size > 0 ? std::strtol(text, nullptr, 10) : 0;
  if (pid <= 0) return "another process";
  if (pid == getpid()) return "another service of this process";
  std::string command;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), command);
  return command.empty() ? fmt::format("the process {}", pid)
                         : fmt::format("the process {} ({})", pid, command);
}

}  // namespace

absl::Status MakeRoot(const std::string& directory) {
  if (directory.empty() || directory[0] != '/') {
    return Error(absl::StatusCode::kInvalidArgument, "the vfs root must be an absolute path, not \"{}\"",
                 directory);
  }
  for (size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
    const std::string part = directory.substr(0, slash);
    // Our own directory is private; what leads to it is as usual.
    const mode_t mode = slash == std::string::npos ? 0700 : 0755;
    if (mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat info {};
      if (stat(part.c_str(), &info) != 0) return Explain(error, "cannot make the vfs root " + directory);
    }
    if (slash == std::string::npos) return absl::OkStatus();
  }
}

absl::StatusOr<UniqueFd> LockRoot(const std::string& directory) {
  const std::string path = directory + "/lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return Explain(errno, "cannot open the vfs root's lock " + path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Explain(errno, "cannot lock " + path);
    return Error(absl::StatusCode::kFailedPrecondition,
                 "the vfs root {} is in use by {}; stop that one, or set vfs.root to another directory",
                 directory, HolderIn(fd.get()));
  }
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(fd.get(), 0) != 0 || pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return Explain(errno, "cannot write " + path);
  }
  return fd;
}

}  // namespace rexray::drivers::vfs
