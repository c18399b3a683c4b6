#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"
#include "base/unique_fd.h"
#include "host/device_users.h"
#include "host/kernel_file.h"
#include "host/linux_host.h"
#include "host/mount_words.h"
#include "volume/volume_name.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

constexpr size_t kMaxNamed = 10;
constexpr auto kMountInfo = "/proc/self/mountinfo";

bool IsReadOnlyDevice(const std::string& source) {
  struct stat status {};
  if (::stat(source.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return false;
  const auto ro =
      TryReadLine(fmt::format("/sys/dev/block/{}:{}/ro", ::major(status.st_rdev), ::minor(status.st_rdev)));
  return ro == "1";
}

absl::Status MountError(int error, const MountRequest& request, const MountWords& words) {
  const std::string what =
      fmt::format("cannot mount {} at {} as {}", request.source, request.target, request.fs_type);
  const auto because = [&](StatusCode code, std::string_view why) {
    return Error(code, "{}: {}", what, why);
  };
  switch (error) {
    case EINVAL: {
      const std::string refused = RefusedOption(request.fs_type, words);
      if (!refused.empty()) return because(StatusCode::kInvalidArgument, refused);
      return because(
          StatusCode::kFailedPrecondition,
          "the kernel does not take it (wrong or damaged file system, a feature or an option that this "
          "kernel does not know); its last words: dmesg | tail");
    }
    case EBUSY:
      return because(
          StatusCode::kFailedPrecondition,
          "the device is in use, or mounted already with other options (ro and rw do not go together)");
    case ENODEV:
      return because(StatusCode::kFailedPrecondition,
                     fmt::format("this kernel has no {}; try modprobe {}", request.fs_type, request.fs_type));
    case EPERM:
      return because(StatusCode::kPermissionDenied, "not permitted; mounting needs root (CAP_SYS_ADMIN)");
    case EACCES:
    case EROFS:
      if (IsReadOnlyDevice(request.source) && (words.flags & MS_RDONLY) == 0) {
        return because(StatusCode::kFailedPrecondition, "the device is read-only; mount it read-only (ro)");
      }
      return because(CodeOfErrno(error), std::strerror(error));
    case ENOENT:
      return because(StatusCode::kNotFound, ::access(request.target.c_str(), F_OK) != 0
                                                ? "there is no such mount point"
                                                : "there is no such device");
    case ENOTBLK:
      return because(StatusCode::kInvalidArgument, "the source is not a block device");
    case ENXIO:
      return because(StatusCode::kNotFound, "the device is gone");
    case EUCLEAN:
    case EBADMSG:
    case EIO:
      return because(
          StatusCode::kDataLoss,
          fmt::format("the file system is damaged, or the device fails ({}); details: dmesg | tail",
                      std::strerror(error)));
    case ENOSPC:
      return because(StatusCode::kResourceExhausted,
                     "too many mounts, or no space on the device (fs.mount-max)");
    default:
      return ErrnoError(error, what);
  }
}

/// Two calls where it shall be read-only: mount(2) ignores that flag in the first one.
absl::Status BindMount(const MountRequest& request) {
  const std::string what = fmt::format("cannot bind-mount {} at {}", request.source, request.target);
  if (::mount(request.source.c_str(), request.target.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return ErrnoError(errno, what);
  }
  if (!request.read_only) return absl::OkStatus();
  constexpr unsigned long kReadOnly = MS_REMOUNT | MS_BIND | MS_RDONLY;
  if (::mount(nullptr, request.target.c_str(), nullptr, kReadOnly, nullptr) == 0) return absl::OkStatus();
  const int error = errno;
  (void)::umount2(request.target.c_str(), UMOUNT_NOFOLLOW);
  return ErrnoError(error, what + " read-only");
}

class LinuxMounter final : public Mounter {
 public:
  absl::Status Mount(const MountRequest& request) override {
    // A volume's own options come with a file system, and may not hold that word.
    if (request.fs_type.empty() && request.options == std::vector<std::string>{"bind"}) {
      return BindMount(request);
    }
    ASSIGN_OR_RETURN(const MountWords words, ParseMountWords(request.options, request.read_only));
    const char* data = words.data.empty() ? nullptr : words.data.c_str();
    if (::mount(request.source.c_str(), request.target.c_str(), request.fs_type.c_str(), words.flags, data) ==
        0) {
      return absl::OkStatus();
    }
    return MountError(errno, request, words);
  }

  absl::Status Unmount(const std::string& target) override {
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0) return absl::OkStatus();
    const int error = errno;
    if (error == EBUSY) return Busy(target);
    return UnmountError(error, target);
  }

  absl::Status UnmountLazily(const std::string& target) override {
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return absl::OkStatus();
    return UnmountError(errno, target);
  }

  // The kernel hands mountinfo out a page at a time. poll(2) on it tells whether the table changed meanwhile:
  // then an entry may be missing or doubled, so read again.
  absl::StatusOr<std::vector<MountEntry>> List() override {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      const UniqueFd fd(::open(kMountInfo, O_RDONLY | O_CLOEXEC));
      if (!fd.valid()) return ErrnoError(errno, "cannot open /proc/self/mountinfo (is /proc mounted?)");
      ASSIGN_OR_RETURN(const std::string text, ReadKernelFile(fd.get(), kMountInfo));
      pollfd changed{fd.get(), POLLPRI, 0};
      const bool steady = ::poll(&changed, 1, 0) == 0;
      if (steady || attempt == kAttempts) return ParseMountInfo(text);
    }
  }

  // One statx(2) for what is asked before each answer from memory. It reads nothing from the disk.
  absl::StatusOr<bool> IsMountedAt(const std::string& target, dev_t device) override {
    struct statx status {};
    constexpr int kFlags = AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC;
    if (::statx(AT_FDCWD, target.c_str(), kFlags, STATX_TYPE, &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return false;
      return Mounter::IsMountedAt(target, device);
    }
    if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0)
      return Mounter::IsMountedAt(target, device);
    if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) return false;
    if (device == 0 || ::makedev(status.stx_dev_major, status.stx_dev_minor) == device) return true;
    if (status.stx_dev_major != 0) return false;
    // btrfs has a number of its own that is not its device's.
    ASSIGN_OR_RETURN(const auto mounts, List());
    const auto mount = FindMount(mounts, target);
    return mount && IsMountOf(*mount, device);
  }

  std::vector<MountHolder> HoldersOf(const std::string& target, size_t limit) override {
    const auto mounts = List();
    if (!mounts.ok()) return {};
    const auto mount = FindMount(*mounts, target);
    if (!mount) return {};
    std::vector<dev_t> devices{mount->device};
    struct statx status {};
    if (::statx(AT_FDCWD, target.c_str(), AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0) {
      // btrfs gives each subvolume a number of its own.
      const dev_t seen = ::makedev(status.stx_dev_major, status.stx_dev_minor);
      if (seen != mount->device) devices.push_back(seen);
    }
    std::vector<MountHolder> holders = MountsOn(*mounts, *mount);
    Append(holders, LoopsOver(target));
    Append(holders, SwapOn(devices));
    if (holders.size() < limit) Append(holders, ProcessesOn(devices, limit - holders.size()));
    if (holders.size() < limit) {
      const auto same = [&](const MountEntry& entry) { return entry.device == mount->device; };
      Append(holders, OtherNamespacesWith(same, limit - holders.size()));
    }
    if (holders.size() > limit) holders.resize(limit);
    return holders;
  }

 private:
  static void Append(std::vector<MountHolder>& holders, std::vector<MountHolder> more) {
    holders.insert(holders.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  static std::vector<MountHolder> MountsOn(const std::vector<MountEntry>& mounts, const MountEntry& mount) {
    std::vector<MountHolder> holders;
    for (const MountEntry& entry : mounts) {
      if (entry.parent == mount.id && entry.id != mount.id) {
        holders.push_back({0, "", fmt::format("another mount on it, at \"{}\"", Printable(entry.target))});
      }
    }
    return holders;
  }

  absl::Status Busy(const std::string& target) {
    const std::string holders = Describe(HoldersOf(target, kMaxNamed));
    return Error(StatusCode::kFailedPrecondition, "cannot unmount {}: it is in use by {}", target,
                 holders.empty()
                     ? "something that cannot be seen from here (lsof +f -- MOUNTPOINT as root may tell)"
                     : holders);
  }

  absl::Status UnmountError(int error, const std::string& target) {
    if (error == ENOENT) return absl::OkStatus();
    if (error == EPERM || error == EACCES) {
      return Error(StatusCode::kPermissionDenied,
                   "cannot unmount {}: {}; unmounting needs root (CAP_SYS_ADMIN)", target,
                   std::strerror(error));
    }
    if (error != EINVAL) return ErrnoError(error, "cannot unmount " + target);
    // Not a mount point, which is what was wanted; or one that this namespace may not take down (locked).
    ASSIGN_OR_RETURN(const auto mounts, List());
    if (!FindMount(mounts, target)) return absl::OkStatus();
    return Error(
        StatusCode::kFailedPrecondition,
        "cannot unmount {}: it was inherited from another mount namespace and can be unmounted there only",
        target);
  }
};

}  // namespace

std::unique_ptr<Mounter> MakeLinuxMounter() {
  return std::make_unique<LinuxMounter>();
}

}  // namespace rexray::host
