#include "drivers/vfs/tree_removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::drivers::vfs {
namespace {

/// So many directories are open at once. Deeper ones are moved up to the top first.
constexpr int kMaxDepth = 64;

int OpenWithin(int parent, const std::string& name, uint64_t flags) {
  struct open_how how {};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  // Older kernels, and containers whose seccomp filter does not know openat2: see at least another file
  // system.
  struct stat above {};
  struct stat here {};
  const int opened = openat(parent, name.c_str(), static_cast<int>(how.flags));
  if (opened < 0) return -1;
  if (fstat(parent, &above) == 0 && fstat(opened, &here) == 0 && above.st_dev == here.st_dev) return opened;
  close(opened);
  errno = EXDEV;
  return -1;
}

/// The directory `name`; opened also when its owner has taken his own permissions away.
absl::StatusOr<UniqueFd> OpenDirectory(int parent, const std::string& name) {
  const auto fail = [&](int error) -> absl::Status {
    if (error == EXDEV) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "something is mounted at {}; unmount it, then restart rexray", name);
    }
    return ErrnoError(error, "cannot open " + name);
  };
  UniqueFd fd(OpenWithin(parent, name, O_RDONLY | O_DIRECTORY));
  if (!fd.valid() && errno != EACCES) return fail(errno);
  struct stat info {};
  if (fd.valid() && fstat(fd.get(), &info) == 0 && (info.st_mode & S_IRWXU) == S_IRWXU) return fd;
  UniqueFd place(OpenWithin(parent, name, O_PATH | O_DIRECTORY));
  if (!place.valid()) return fail(errno);
  // Through /proc it is certainly the same directory, which no link can replace in between.
  (void)chmod(fmt::format("/proc/self/fd/{}", place.get()).c_str(), 0700);
  fd.Reset(OpenWithin(parent, name, O_RDONLY | O_DIRECTORY));
  if (!fd.valid()) return fail(errno);
  return fd;
}

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

Stream ReadEntries(int directory) {
  UniqueFd copy(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Stream stream(copy.valid() ? fdopendir(copy.get()) : nullptr, &closedir);
  if (stream != nullptr) (void)copy.Release();
  return stream;
}

class Removal {
 public:
  Removal(int top, const std::function<bool()>& stop) : top_(top), stop_(stop) {}

  /// What can be deleted in `directory` is. True when it is empty then.
  bool Empty(int directory, int depth) {
    const Stream stream = ReadEntries(directory);
    if (stream == nullptr) {
      Note(ErrnoError(errno, "cannot read a directory"));
      return false;
    }
    // Once more after each round that deleted something: what is read while it changes may be passed over,
    // and what was moved up may be new here.
    for (;; rewinddir(stream.get())) {
      bool any = false;
      bool progress = false;
      while (const dirent* entry = readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        any = true;
        if (stop_()) {
          Note(absl::CancelledError("stopped before all was deleted"));
          return false;
        }
        const uint64_t moved = moved_;
        progress |= Delete(directory, name, depth) || moved_ != moved;
      }
      if (!any) return true;
      if (!progress) return false;
    }
  }

  const absl::Status& first_error() const { return first_error_; }

 private:
  void Note(absl::Status status) {
    if (first_error_.ok()) first_error_ = std::move(status);
  }

  bool Delete(int directory, const std::string& name, int depth) {
    if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return true;
    const int error = errno;
    struct stat info {};
    if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode)) {
      Note(ErrnoError(error, "cannot delete " + name));
      return false;
    }
    if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return true;
    absl::StatusOr<UniqueFd> inner = OpenDirectory(directory, name);
    if (!inner.ok()) {
      Note(inner.status());
      return false;
    }
    if (depth >= kMaxDepth) return MoveUp(directory, name);
    if (!Empty(inner->get(), depth + 1)) return false;
    if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return true;
    Note(ErrnoError(errno, "cannot delete the directory " + name));
    return false;
  }

  bool MoveUp(int directory, const std::string& name) {
    for (;;) {
      const std::string place = fmt::format("{}.moved-up", moved_++);
      if (renameat2(directory, name.c_str(), top_, place.c_str(), RENAME_NOREPLACE) == 0) return true;
      if (errno == EEXIST) continue;
      Note(ErrnoError(errno, "cannot move up the directory " + name));
      return false;
    }
  }

  const int top_;
  const std::function<bool()>& stop_;
  uint64_t moved_ = 0;
  absl::Status first_error_;
};

}  // namespace

absl::Status RemoveTree(int parent, const std::string& name, const std::function<bool()>& stop) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return absl::OkStatus();
  ASSIGN_OR_RETURN(const UniqueFd top, OpenDirectory(parent, name));
  Removal removal(top.get(), stop);
  if (!removal.Empty(top.get(), 0)) return removal.first_error();
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoError(errno, "cannot delete the directory " + name);
}

}  // namespace rexray::drivers::vfs
