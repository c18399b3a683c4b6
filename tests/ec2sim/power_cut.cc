#include "ec2sim/power_cut.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::ec2sim {
namespace {

// linux/fs.h has these from 6.10 on; the numbers are older (fs/ext4/ext4.h, fs/xfs/libxfs/xfs_fs.h).
constexpr unsigned long kShutdown = _IOR('X', 125, uint32_t);
constexpr uint32_t kNoLogFlush = 2;
constexpr uint64_t kSectorSize = 512;

std::vector<std::string> NumbersIn(const std::string& directory) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
  if (dir == nullptr) return out;
  while (const dirent* entry = readdir(dir.get())) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') out.emplace_back(entry->d_name);
  }
  return out;
}

// \040 and the like in mountinfo.
std::string Unescaped(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<UniqueFd> OpenOn(const std::string& path, dev_t file_system) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0 || about.st_dev != file_system) return std::nullopt;
  if (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) return std::nullopt;
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return std::nullopt;
  return fd;
}

std::optional<UniqueFd> OpenMount(const std::string& process, dev_t file_system) {
  const std::string wanted = fmt::format("{}:{}", major(file_system), minor(file_system));
  std::ifstream table(process + "/mountinfo");
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string id, parent, number, root, target;
    words >> id >> parent >> number >> root >> target;
    if (number != wanted) continue;
    if (auto fd = OpenOn(process + "/root" + Unescaped(target), file_system)) return fd;
  }
  return std::nullopt;
}

std::optional<UniqueFd> OpenFileOf(const std::string& process, dev_t file_system) {
  for (const char* name : {"/cwd", "/root"}) {
    if (auto fd = OpenOn(process + name, file_system)) return fd;
  }
  for (const std::string& number : NumbersIn(process + "/fd")) {
    if (auto fd = OpenOn(fmt::format("{}/fd/{}", process, number), file_system)) return fd;
  }
  return std::nullopt;
}

// A descriptor on the file system that is mounted from the block device, in whatever mount namespace.
std::optional<UniqueFd> OpenFileSystem(dev_t block_device) {
  std::set<std::string> namespaces;
  const std::vector<std::string> processes = NumbersIn("/proc");
  for (const std::string& pid : processes) {
    const std::string process = "/proc/" + pid;
    char name[64];
    const ssize_t length = readlink((process + "/ns/mnt").c_str(), name, sizeof name);
    if (length <= 0) continue;
    // Each chroot sees its own part of a namespace's table.
    char root[512];
    const ssize_t root_length = readlink((process + "/root").c_str(), root, sizeof root);
    std::string key(name, static_cast<size_t>(length));
    key.append(root, static_cast<size_t>(std::max<ssize_t>(root_length, 0)));
    if (!namespaces.insert(key).second) continue;
    if (auto fd = OpenMount(process, block_device)) return fd;
  }
  for (const std::string& pid : processes) {
    if (auto fd = OpenFileOf("/proc/" + pid, block_device)) return fd;
  }
  return std::nullopt;
}

int SetStatus(int device, std::optional<uint64_t> size_limit) {
  loop_info64 info{};
  if (ioctl(device, LOOP_GET_STATUS64, &info) != 0) return errno;
  if (size_limit) info.lo_sizelimit = *size_limit;
  return ioctl(device, LOOP_SET_STATUS64, &info) == 0 ? 0 : errno;
}

// The device shrinks to one sector: whatever is asked of it from then on fails with EIO. EAGAIN from kernels
// that refuse to change the size of a loop device with pages in memory, as those before 6.2 do.
int Shrink(int device) {
  return SetStatus(device, kSectorSize);
}

// What was asked before the cut may still be on its way, and a copy must not miss what is told durable a
// moment later. Setting what is set already freezes the queue, which waits for every request;
// /sys/block/loop3/inflight does not count the write that waits for the flush before it, as a journal's
// commit does.
int Drain(int device) {
  return SetStatus(device, std::nullopt);
}

absl::Status StopFileSystem(dev_t device, const std::string& name) {
  auto mounted = OpenFileSystem(device);
  if (!mounted) return absl::OkStatus();
  uint32_t how = kNoLogFlush;
  if (ioctl(mounted->get(), kShutdown, &how) == 0) return absl::OkStatus();
  return ErrnoError(errno, "cannot cut the file system on " + name + " (ext4 and xfs can be)");
}

}  // namespace

absl::Status CutPower(const std::string& device) {
  const UniqueFd fd(open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, device);
  struct stat about {};
  if (fstat(fd.get(), &about) != 0) return ErrnoError(errno, device);
  int error = Shrink(fd.get());
  if (error == EAGAIN) {
    RETURN_IF_ERROR(StopFileSystem(about.st_rdev, device));
    error = 0;
  }
  if (error == 0) error = Drain(fd.get());
  return error == 0 ? absl::OkStatus() : ErrnoError(error, "cannot cut " + device + " off");
}

Standstill::Standstill(const std::string& device) {
  struct stat about {};
  if (stat(device.c_str(), &about) != 0) return;
  auto mounted = OpenFileSystem(about.st_rdev);
  if (!mounted || ioctl(mounted->get(), FIFREEZE, 0) != 0) return;
  frozen_ = mounted->Release();
}

Standstill::~Standstill() {
  if (frozen_ < 0) return;
  ioctl(frozen_, FITHAW, 0);
  close(frozen_);
}

}  // namespace rexray::ec2sim
