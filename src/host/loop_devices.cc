#include "host/loop_devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <random>

#include "base/backoff.h"
#include "base/logging.h"
#include "base/pause.h"
#include "base/status.h"
#include "host/device_users.h"
#include "host/kernel_file.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

std::optional<int> NumberIn(std::string_view name) {
  if (!name.starts_with("loop")) return std::nullopt;
  name.remove_prefix(4);
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

absl::StatusOr<int> NumberOfPath(const std::string& device) {
  const size_t slash = device.rfind('/');
  const auto number = NumberIn(slash == std::string::npos ? device : device.substr(slash + 1));
  if (!number) return Error(StatusCode::kInvalidArgument, "{} is not a loop device", device);
  return *number;
}

absl::Status NotPermitted(int error, std::string_view what) {
  return Error(StatusCode::kPermissionDenied, "{}: {}; loop devices need root (CAP_SYS_ADMIN)", what,
               std::strerror(error));
}

absl::Status ControlError(int error, const std::string& path) {
  if (error == EACCES || error == EPERM) return NotPermitted(error, "cannot open " + path);
  if (error != ENOENT && error != ENXIO && error != ENODEV) return ErrnoError(error, "cannot open " + path);
  return Error(
      StatusCode::kFailedPrecondition,
      "no loop devices here: cannot open {}: {}; load the kernel module (modprobe loop), or in a container "
      "pass the host's /dev (docker run --privileged -v /dev:/dev)",
      path, std::strerror(error));
}

// loop_info64 carries the kernel's "huge" dev_t, whose 32 bits lie as in the C library's.
LoopDevice FromInfo(std::string path, dev_t number, const loop_info64& info) {
  LoopDevice loop;
  loop.path = std::move(path);
  loop.number = number;
  loop.backing = {static_cast<dev_t>(info.lo_device), static_cast<ino_t>(info.lo_inode)};
  loop.autoclear = (info.lo_flags & LO_FLAGS_AUTOCLEAR) != 0;
  loop.direct_io = (info.lo_flags & LO_FLAGS_DIRECT_IO) != 0;
  loop.read_only = (info.lo_flags & LO_FLAGS_READ_ONLY) != 0;
  return loop;
}

// nullopt: open, but bound to nothing.
absl::StatusOr<std::optional<LoopDevice>> StatusOfOpen(int fd, const std::string& path) {
  loop_info64 info{};
  if (::ioctl(fd, LOOP_GET_STATUS64, &info) != 0) {
    if (errno == ENXIO) return std::nullopt;
    return ErrnoError(errno, "cannot read the state of " + path);
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) return ErrnoError(errno, "cannot stat " + path);
  return FromInfo(path, status.st_rdev, info);
}

absl::Status SetFlag(int fd, const std::string& path, uint32_t flag, bool on) {
  loop_info64 info{};
  if (::ioctl(fd, LOOP_GET_STATUS64, &info) != 0) {
    if (errno == ENXIO) return Error(StatusCode::kNotFound, "{} is not bound to a file any more", path);
    return ErrnoError(errno, "cannot read the state of " + path);
  }
  const uint32_t flags = on ? info.lo_flags | flag : info.lo_flags & ~flag;
  if (flags == info.lo_flags) return absl::OkStatus();
  info.lo_flags = flags;
  if (::ioctl(fd, LOOP_SET_STATUS64, &info) == 0) return absl::OkStatus();
  if (errno == EPERM || errno == EACCES) return NotPermitted(errno, "cannot change " + path);
  return ErrnoError(errno, "cannot change the flags of " + path);
}

// Binds `file` to the open device. Direct I/O keeps the data out of a second page cache; a backing file
// system that has none (tmpfs) says EINVAL or quietly does without. Sectors are always of 512 bytes: left to
// itself the kernel takes what direct I/O on this very file wants, which is 4096 once xfs shares blocks of it
// with a snapshot, and a file system that was made with smaller ones could not be mounted any more.
int Bind(int device, int file, const std::string& path, bool read_only) {
  loop_config config{};
  config.fd = static_cast<uint32_t>(file);
  config.block_size = 512;
  config.info.lo_flags = LO_FLAGS_DIRECT_IO | (read_only ? LO_FLAGS_READ_ONLY : 0);
  // For `losetup -l` only; identity is device and inode.
  path.copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
  if (::ioctl(device, LOOP_CONFIGURE, &config) == 0) return 0;
  if (errno != EINVAL) return errno;
  config.info.lo_flags &= ~static_cast<uint32_t>(LO_FLAGS_DIRECT_IO);
  return ::ioctl(device, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
}

absl::Status BindError(int error, const std::string& device, const std::string& path) {
  if (error == EPERM || error == EACCES) return NotPermitted(error, "cannot bind " + path + " to " + device);
  if (error == ENOTTY) {
    return Error(StatusCode::kUnimplemented,
                 "this kernel has no LOOP_CONFIGURE: loop devices need Linux 5.8 or newer");
  }
  return ErrnoError(error, "cannot bind " + path + " to " + device);
}

}  // namespace

std::string LoopDevices::SysPath(int number, std::string_view attribute) const {
  return sys_block_ + "/loop" + std::to_string(number) + "/" + std::string(attribute);
}

void LoopDevices::Pause(Duration wait, Deadline deadline) {
  PauseUntil(clock_, Deadline::After(clock_, wait).Earlier(deadline).at());
}

absl::StatusOr<LoopDevice> LoopDevices::Attach(const std::string& path, bool read_only, Deadline deadline) {
  const UniqueFd file(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return ErrnoError(errno, "cannot open " + path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return ErrnoError(errno, "cannot stat " + path);
  if (!S_ISREG(status.st_mode)) return Error(StatusCode::kInvalidArgument, "{} is not a regular file", path);
  const FileIdentity backing{status.st_dev, status.st_ino};
  const FileKey key{backing.device, backing.inode};
  {
    MutexLock lock(mutex_);
    while (attaching_.contains(key)) {
      if (deadline.Passed(clock_)) {
        return Error(StatusCode::kDeadlineExceeded, "waited for another attach of {} to end", path);
      }
      clock_.WaitUntil(changed_, mutex_, deadline.at());
    }
    attaching_.insert(key);
  }
  auto loop = AttachAlone(file.get(), path, backing, read_only, deadline);
  MutexLock lock(mutex_);
  attaching_.erase(key);
  changed_.NotifyAll();
  return loop;
}

absl::StatusOr<LoopDevice> LoopDevices::AttachAlone(int file, const std::string& path,
                                                    const FileIdentity& backing, bool read_only,
                                                    Deadline deadline) {
  while (!deadline.Passed(clock_)) {
    ASSIGN_OR_RETURN(auto existing, Find(backing));
    if (!existing) return Configure(file, path, read_only, deadline);
    const absl::Status kept = KeepReused(*existing);
    if (kept.ok()) return *std::move(existing);
    // It was on its way out (autoclear) when we found it.
    if (kept.code() != StatusCode::kNotFound) return kept;
  }
  return Error(StatusCode::kDeadlineExceeded, "waited for the loop device of {}", path);
}

// A device with autoclear that nobody has mounted goes with the last close, which may be ours: keep it.
absl::Status LoopDevices::KeepReused(LoopDevice& loop) {
  if (!loop.autoclear) return absl::OkStatus();
  const UniqueFd fd(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
  if (!fd.valid() && errno == EBUSY) return absl::OkStatus();  // mounted: as it is
  if (!fd.valid() && (errno == ENXIO || errno == ENOENT)) return absl::NotFoundError("gone");
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + loop.path);
  ASSIGN_OR_RETURN(auto now, StatusOfOpen(fd.get(), loop.path));
  if (!now || now->backing != loop.backing) return absl::NotFoundError("gone");
  RETURN_IF_ERROR(SetFlag(fd.get(), loop.path, LO_FLAGS_AUTOCLEAR, false));
  loop.autoclear = false;
  return absl::OkStatus();
}

// GET_FREE only names a number: whoever binds it first has it. EBUSY (bound meanwhile), ENXIO and ENODEV
// (removed meanwhile) mean: ask again.
absl::StatusOr<LoopDevice> LoopDevices::Configure(int file, const std::string& path, bool read_only,
                                                  Deadline deadline) {
  const std::string control_path = dev_ + "/loop-control";
  const UniqueFd control(::open(control_path.c_str(), O_RDWR | O_CLOEXEC));
  if (!control.valid()) return ControlError(errno, control_path);
  Backoff backoff({std::chrono::microseconds(200), std::chrono::milliseconds(20)},
                  std::mt19937_64(std::random_device{}()));
  while (!deadline.Passed(clock_)) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) {
      if (errno == EPERM || errno == EACCES) return NotPermitted(errno, "cannot get a loop device");
      return Error(
          StatusCode::kResourceExhausted,
          "no free loop device for {}: {}; free some (losetup -l shows them) or raise the kernel's max_loop",
          path, std::strerror(errno));
    }
    auto device = OpenNode(number, read_only ? O_RDONLY : O_RDWR);
    const bool vanished = device.status().code() == StatusCode::kNotFound;
    if (!device.ok() && !vanished) return device.status();
    const int error = vanished ? ENXIO : Bind(device->get(), file, path, read_only);
    if (error == 0) {
      ASSIGN_OR_RETURN(auto loop, StatusOfOpen(device->get(), NodePath(number)));
      if (!loop)
        return Error(StatusCode::kAborted, "{} was cleared by another program at once", NodePath(number));
      MutexLock lock(mutex_);
      hints_[{loop->backing.device, loop->backing.inode}] = number;
      return *std::move(loop);
    }
    if (error != EBUSY && error != ENXIO && error != ENODEV) return BindError(error, NodePath(number), path);
    device = UniqueFd();
    Pause(backoff.Next(), deadline);
  }
  return Error(StatusCode::kDeadlineExceeded,
               "waited for a free loop device for {}: others took each one first", path);
}

absl::StatusOr<std::optional<LoopDevice>> LoopDevices::Find(const FileIdentity& backing) {
  const FileKey key{backing.device, backing.inode};
  ASSIGN_OR_RETURN(auto hinted, FindByHint(key));
  if (hinted) return hinted;
  return FindByScan(key);
}

absl::StatusOr<std::optional<LoopDevice>> LoopDevices::FindByHint(FileKey key) {
  int number = -1;
  {
    MutexLock lock(mutex_);
    const auto hint = hints_.find(key);
    if (hint == hints_.end()) return std::nullopt;
    number = hint->second;
  }
  if (Bound(number)) {
    ASSIGN_OR_RETURN(auto loop, Inspect(number));
    if (loop && FileKey{loop->backing.device, loop->backing.inode} == key) return loop;
  }
  MutexLock lock(mutex_);
  const auto hint = hints_.find(key);
  if (hint != hints_.end() && hint->second == number) hints_.erase(hint);
  return std::nullopt;
}

absl::StatusOr<std::optional<LoopDevice>> LoopDevices::FindByScan(FileKey key) {
  ASSIGN_OR_RETURN(const std::vector<int> numbers, Numbers());
  for (const int number : numbers) {
    // Read before the device is asked: if it changes in between, the entry is out of date and never believed.
    const std::string diskseq = TryReadLine(SysPath(number, "diskseq")).value_or("");
    {
      MutexLock lock(mutex_);
      const auto seen = seen_.find(number);
      if (!diskseq.empty() && seen != seen_.end() && seen->second.diskseq == diskseq &&
          seen->second.backing != key) {
        continue;
      }
    }
    std::optional<LoopDevice> loop;
    if (Bound(number)) {
      ASSIGN_OR_RETURN(loop, Inspect(number));
    }
    MutexLock lock(mutex_);
    if (!loop) {
      seen_.erase(number);
      continue;
    }
    const FileKey backing{loop->backing.device, loop->backing.inode};
    seen_[number] = {diskseq, backing};
    if (backing == key) {
      hints_[key] = number;
      return loop;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<LoopDevice>> LoopDevices::List() {
  ASSIGN_OR_RETURN(const std::vector<int> numbers, Numbers());
  std::vector<LoopDevice> loops;
  for (const int number : numbers) {
    if (!Bound(number)) continue;
    ASSIGN_OR_RETURN(auto loop, Inspect(number));
    if (loop) loops.push_back(*std::move(loop));
  }
  return loops;
}

// nullopt: bound to nothing, or gone.
absl::StatusOr<std::optional<LoopDevice>> LoopDevices::Inspect(int number) {
  auto fd = OpenNode(number, O_RDONLY);
  if (fd.status().code() == StatusCode::kNotFound) return std::nullopt;
  if (!fd.ok()) return fd.status();
  return StatusOfOpen(fd->get(), NodePath(number));
}

absl::StatusOr<std::vector<int>> LoopDevices::Numbers() const {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(sys_block_.c_str()), ::closedir);
  if (dir == nullptr) return ErrnoError(errno, "cannot list block devices in " + sys_block_);
  std::vector<int> numbers;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (const auto number = NumberIn(entry->d_name)) numbers.push_back(*number);
  }
  return numbers;
}

// sysfs shows loop/backing_file while the device is bound; asking there, unlike open(2), keeps nothing alive.
bool LoopDevices::Bound(int number) const {
  return ::access(SysPath(number, "loop/backing_file").c_str(), F_OK) == 0;
}

// NotFound: there is no such device (any more). Makes the node where /dev is not the kernel's devtmpfs
// (containers).
absl::StatusOr<UniqueFd> LoopDevices::OpenNode(int number, int flags) const {
  const std::string path = NodePath(number);
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) {
    RETURN_IF_ERROR(MakeNode(number));
    fd.Reset(::open(path.c_str(), flags | O_CLOEXEC));
  }
  if (fd.valid()) return fd;
  if (errno == ENXIO || errno == ENODEV) return Error(StatusCode::kNotFound, "{} is gone", path);
  if (errno == EACCES || errno == EPERM) {
    return Error(
        StatusCode::kPermissionDenied,
        "cannot open {}: {}; loop devices need root, and in a container access to block devices (docker run "
        "--privileged)",
        path, std::strerror(errno));
  }
  return ErrnoError(errno, "cannot open " + path);
}

absl::Status LoopDevices::MakeNode(int number) const {
  const std::string path = NodePath(number);
  const auto text = TryReadLine(SysPath(number, "dev"));
  if (!text) return Error(StatusCode::kNotFound, "{} is gone", path);
  const size_t colon = text->find(':');
  unsigned major_number = 0;
  unsigned minor_number = 0;
  if (colon == std::string::npos ||
      std::from_chars(text->data(), text->data() + colon, major_number).ec != std::errc() ||
      std::from_chars(text->data() + colon + 1, text->data() + text->size(), minor_number).ec !=
          std::errc()) {
    return Error(StatusCode::kInternal, "{} says \"{}\", not MAJOR:MINOR", SysPath(number, "dev"), *text);
  }
  if (::mknod(path.c_str(), S_IFBLK | 0600, ::makedev(major_number, minor_number)) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return Error(StatusCode::kFailedPrecondition,
               "{} does not exist and cannot be made: {}; in a container pass the host's /dev (docker run "
               "--privileged "
               "-v /dev:/dev)",
               path, std::strerror(errno));
}

absl::Status LoopDevices::SetAutoclear(const std::string& device, bool autoclear) {
  ASSIGN_OR_RETURN(const int number, NumberOfPath(device));
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenNode(number, O_RDONLY));
  return SetFlag(fd.get(), device, LO_FLAGS_AUTOCLEAR, autoclear);
}

absl::Status LoopDevices::RefreshSize(const std::string& device) {
  ASSIGN_OR_RETURN(const int number, NumberOfPath(device));
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenNode(number, O_RDONLY));
  if (::ioctl(fd.get(), LOOP_SET_CAPACITY, 0) == 0) return absl::OkStatus();
  if (errno == ENXIO) return Error(StatusCode::kNotFound, "{} is not bound to a file any more", device);
  if (errno == EPERM || errno == EACCES) return NotPermitted(errno, "cannot resize " + device);
  return ErrnoError(errno, "cannot make " + device + " follow its file's size");
}

absl::Status LoopDevices::Detach(const std::string& device, const FileIdentity& backing, Deadline deadline) {
  ASSIGN_OR_RETURN(const int number, NumberOfPath(device));
  if (!Bound(number)) {
    if (::access(sys_block_.c_str(), F_OK) == 0) return absl::OkStatus();
    return ErrnoError(errno, "cannot see whether " + device + " is in use: " + sys_block_);
  }
  {
    auto plain = OpenNode(number, O_RDONLY);
    if (plain.status().code() == StatusCode::kNotFound) return absl::OkStatus();
    if (!plain.ok()) return plain.status();
    // While we hold it open the number cannot be bound anew: a clear by others waits for the last close.
    ASSIGN_OR_RETURN(const auto loop, StatusOfOpen(plain->get(), device));
    if (!loop || loop->backing != backing) return absl::OkStatus();
    const UniqueFd exclusive(::open(NodePath(number).c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
    if (!exclusive.valid() && errno == EBUSY) return BusyDevice(device, loop->number);
    if (!exclusive.valid() && errno != ENXIO) return ErrnoError(errno, "cannot open " + device);
    // Ours are two descriptors: the kernel lets the device go with the last of them, or with a straggler's.
    if (exclusive.valid() && ::ioctl(exclusive.get(), LOOP_CLR_FD, 0) != 0 && errno != ENXIO) {
      if (errno == EPERM || errno == EACCES) return NotPermitted(errno, "cannot clear " + device);
      return ErrnoError(errno, "cannot clear " + device);
    }
  }
  return AwaitGone(device, number, backing, deadline);
}

absl::Status LoopDevices::AwaitGone(const std::string& device, int number, const FileIdentity& backing,
                                    Deadline deadline) {
  Duration wait = std::chrono::microseconds(100);
  while (Bound(number)) {
    // Opening it now and then is harmless, and tells a number that is in use again from one that lingers.
    ASSIGN_OR_RETURN(const auto loop, Inspect(number));
    if (loop && loop->backing != backing) break;
    if (deadline.Passed(clock_)) {
      return Error(StatusCode::kDeadlineExceeded,
                   "{} was cleared and waits for its last user to close it: {}; it goes by itself then",
                   device, DescribeOpeners(NodePath(number)));
    }
    Pause(wait, deadline);
    wait = std::min<Duration>(2 * wait, std::chrono::milliseconds(20));
  }
  MutexLock lock(mutex_);
  hints_.erase({backing.device, backing.inode});
  return absl::OkStatus();
}

}  // namespace rexray::host
