#include "setup/tree_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/status.h"

namespace rexray::setup {

namespace {

/// From /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 08:01:2 0 EOF". Not found on file systems whose stat(2)
/// shows another device than the kernel locks (btrfs), and for processes of another PID namespace.
std::string HolderOf(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return "another process";
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(info.st_dev), minor(info.st_dev), info.st_ino);
  std::ifstream locks("/proc/locks");
  std::string number, kind, mode, access, pid, file, rest;
  while (locks >> number >> kind >> mode >> access >> pid >> file && std::getline(locks, rest)) {
    if (kind != "FLOCK" || file != wanted) continue;
    std::string command;
    std::getline(std::ifstream("/proc/" + pid + "/comm"), command);
    return fmt::format("process {} ({})", pid, command.empty() ? "?" : command);
  }
  return "another process";
}

}  // namespace

absl::StatusOr<UniqueFd> LockTree(const Tree& tree) {
  const std::string root = tree.IsHost() ? "/" : tree.prefix();
  UniqueFd fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, root);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return ErrnoError(errno, "cannot lock " + root);
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "another setup works on {} at this moment: {}; nothing was changed. Wait for its end, then run "
      "this again",
      root, HolderOf(fd.get()));
}

}  // namespace rexray::setup
