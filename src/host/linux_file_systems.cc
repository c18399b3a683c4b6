#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/logging.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "host/ext4_check.h"
#include "host/freeze.h"
#include "host/linux_host.h"
#include "host/new_uuid.h"
#include "volume/volume_name.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

// fs/ext4/ext4.h; what `resize2fs` does to a mounted file system. (linux/ext4.h has it since 5.19 only.)
constexpr unsigned long kExt4ResizeFs = _IOW('f', 16, uint64_t);

// -F, -f: the caller has decided; a file system that was half made before may stand there. No discard: the
// device is blank, and a discard of terabytes takes minutes on some backends. The inode tables and the
// journal are left to the kernel, which zeroes them at leisure (by punching holes where the device can): a 16
// GiB volume costs 5 MB, not 140 MB. No blocks are kept for root: these are volumes for data, and the whole
// size is the container's.
constexpr std::string_view kExt4Lazily = "nodiscard,lazy_itable_init=1,lazy_journal_init=1";

// mke2fs heeds only its last -E: the caller's words are joined to ours, after them, so that they win.
std::vector<std::string> MakeExt4(const std::vector<std::string>& extra) {
  std::string extended(kExt4Lazily);
  std::vector<std::string> words;
  for (size_t i = 0; i < extra.size(); ++i) {
    if (extra[i] == "-E" && i + 1 < extra.size()) {
      extended.append(",").append(extra[++i]);
    } else if (extra[i].starts_with("-E") && extra[i].size() > 2) {
      extended.append(",").append(extra[i], 2);
    } else {
      words.push_back(extra[i]);
    }
  }
  std::vector<std::string> argv{"mkfs.ext4", "-F", "-q", "-m", "0", "-E", extended};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

absl::StatusOr<std::vector<std::string>> MakeCommand(const std::string& device, const MakeOptions& options) {
  std::vector<std::string> argv;
  if (options.fs_type == "ext4") {
    argv = MakeExt4(options.extra);
  } else if (options.fs_type == "xfs") {
    argv = {"mkfs.xfs", "-f", "-q", "-K"};
    argv.insert(argv.end(), options.extra.begin(), options.extra.end());
  } else if (options.fs_type == "btrfs") {
    argv = {"mkfs.btrfs", "-f", "-q", "-K"};
    argv.insert(argv.end(), options.extra.begin(), options.extra.end());
  } else {
    return Error(StatusCode::kInvalidArgument, "cannot make a \"{}\" file system: use ext4, xfs or btrfs",
                 Printable(options.fs_type));
  }
  argv.push_back(device);
  return argv;
}

absl::Status Sync(const std::string& device) {
  const UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + device);
  if (::fsync(fd.get()) != 0) return ErrnoError(errno, "cannot write the new file system to " + device);
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> OpenMountPoint(const std::string& mount_point) {
  UniqueFd fd(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + mount_point);
  return fd;
}

absl::Status GrowError(int error, const std::string& device, std::string_view fs_type) {
  const std::string what = fmt::format("cannot grow the {} file system on {}", fs_type, device);
  if (error == EPERM) return Error(StatusCode::kPermissionDenied, "{}: growing needs root", what);
  if (error == EROFS) return Error(StatusCode::kFailedPrecondition, "{}: it is mounted read-only", what);
  if (error == EBUSY)
    return Error(StatusCode::kUnavailable, "{}: another resize is under way; repeat later", what);
  if (error == ENOTTY) {
    return Error(StatusCode::kFailedPrecondition, "{}: what is mounted there is not {}", what, fs_type);
  }
  return ErrnoError(error, what);
}

// ext4 asks for CAP_SYS_RESOURCE besides; some sandboxes leave root without it. capget(2).
bool MayResize() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return true;
  return (data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective & CAP_TO_MASK(CAP_SYS_RESOURCE)) != 0;
}

absl::Status GrowExt4(const std::string& device, uint64_t size, const std::string& mount_point) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenMountPoint(mount_point));
  struct statfs status {};
  if (::fstatfs(fd.get(), &status) != 0) return ErrnoError(errno, "cannot stat " + mount_point);
  uint64_t blocks = size / static_cast<uint64_t>(status.f_bsize);
  if (::ioctl(fd.get(), kExt4ResizeFs, &blocks) == 0) return absl::OkStatus();
  const int error = errno;
  const std::string what = fmt::format("cannot grow the ext4 file system on {} while it is mounted", device);
  if (error == EPERM && !MayResize()) {
    return Error(
        StatusCode::kPermissionDenied,
        "{}: the kernel wants CAP_SYS_RESOURCE, which this process does not have; give it to the daemon, or "
        "unmount the volume: its file system follows at the next mount",
        what);
  }
  if (error == EPERM || error == EINVAL) {
    return Error(StatusCode::kFailedPrecondition,
                 "{}: {}; the file system has errors (unmount it and mount it again to have it checked), or "
                 "the device "
                 "is smaller than it; details: dmesg | tail",
                 what, std::strerror(error));
  }
  return GrowError(error, device, "ext4");
}

absl::Status GrowBtrfs(const std::string& device, const std::string& mount_point) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenMountPoint(mount_point));
  btrfs_ioctl_vol_args args{};
  std::memcpy(args.name, "max", sizeof "max");
  if (::ioctl(fd.get(), BTRFS_IOC_RESIZE, &args) == 0) return absl::OkStatus();
  return GrowError(errno, device, "btrfs");
}

class LinuxFileSystems final : public FileSystems {
 public:
  LinuxFileSystems(CommandRunner& runner, BlockDevices& devices) : runner_(runner), devices_(devices) {}

  absl::Status Make(const std::string& device, const MakeOptions& options) override {
    ASSIGN_OR_RETURN(std::vector<std::string> argv, MakeCommand(device, options));
    Command command;
    command.argv = std::move(argv);
    command.deadline = options.deadline;
    const auto made = runner_.Run(command);
    if (!made.ok()) {
      return Annotate(made.status(),
                      fmt::format("cannot make the {} file system on {}", options.fs_type, device));
    }
    return Sync(device);
  }

  absl::Status Check(const std::string& device, const std::string& fs_type, Deadline deadline) override {
    if (fs_type == "ext4" || fs_type == "ext3" || fs_type == "ext2")
      return CheckExt4(runner_, device, deadline);
    return absl::OkStatus();
  }

  absl::Status Grow(const std::string& device, const std::string& fs_type, const std::string& mount_point,
                    Deadline deadline) override {
    if (mount_point.empty()) return GrowUnmounted(device, fs_type, deadline);
    if (fs_type == "ext4") {
      ASSIGN_OR_RETURN(const uint64_t size, devices_.SizeOf(device));
      return GrowExt4(device, size, mount_point);
    }
    if (fs_type == "btrfs") return GrowBtrfs(device, mount_point);
    if (fs_type != "xfs") {
      return Error(StatusCode::kUnimplemented,
                   "cannot grow a \"{}\" file system: ext4, xfs and btrfs can grow", Printable(fs_type));
    }
    Command command;
    command.argv = {"xfs_growfs", "-d", mount_point};
    command.deadline = deadline;
    const auto grown = runner_.Run(command);
    if (grown.ok()) return absl::OkStatus();
    return Annotate(grown.status(), fmt::format("cannot grow the xfs file system on {}", device));
  }

  absl::Status NewUuid(const std::string& device, const std::string& fs_type, Deadline deadline) override {
    return GiveNewUuid(runner_, devices_, SystemClock::Get(), device, fs_type, deadline);
  }

  absl::StatusOr<int64_t> Freeze(const std::string& mount_point, int64_t owner, Deadline thaw_at,
                                 Deadline deadline) override {
    return FreezeFileSystem(SystemClock::Get(), mount_point, owner, thaw_at, deadline);
  }
  absl::Status Thaw(const std::string& mount_point, int64_t guard) override {
    return ThawFileSystem(mount_point, guard);
  }

  absl::StatusOr<FileSystemUsage> UsageOf(const std::string& mount_point) override {
    struct statvfs status {};
    if (::statvfs(mount_point.c_str(), &status) != 0) {
      return ErrnoError(errno, "cannot ask how full " + mount_point + " is");
    }
    FileSystemUsage usage;
    usage.size = uint64_t{status.f_blocks} * status.f_frsize;
    usage.available = uint64_t{status.f_bavail} * status.f_frsize;
    usage.files = status.f_files;
    usage.files_available = status.f_favail;
    return usage;
  }

  bool GrowsMounted(const std::string& fs_type) const override { return fs_type != "ext4" || MayResize(); }

  // A clone carries its source's UUID, and xfs refuses to mount one UUID twice.
  std::vector<std::string> DefaultMountOptions(const std::string& fs_type) const override {
    if (fs_type == "xfs") return {"nouuid"};
    return {};
  }

 private:
  // resize2fs wants a full check right before.
  absl::Status GrowUnmounted(const std::string& device, const std::string& fs_type, Deadline deadline) {
    if (fs_type != "ext4") {
      return Error(StatusCode::kFailedPrecondition, "{} on {} grows while it is mounted only; mount it first",
                   Printable(fs_type), device);
    }
    RETURN_IF_ERROR(CheckExt4(runner_, device, deadline, Ext4Check::kFull));
    Command command;
    command.argv = {"resize2fs", device};
    command.deadline = deadline;
    const auto grown = runner_.Run(command);
    if (grown.ok()) return absl::OkStatus();
    return Annotate(grown.status(), fmt::format("cannot grow the ext4 file system on {}", device));
  }

  CommandRunner& runner_;
  BlockDevices& devices_;
};

}  // namespace

std::unique_ptr<FileSystems> MakeLinuxFileSystems(CommandRunner& runner, BlockDevices& devices) {
  return std::make_unique<LinuxFileSystems>(runner, devices);
}

}  // namespace rexray::host
