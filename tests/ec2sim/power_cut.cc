#include "ec2sim/power_cut.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
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

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::ec2sim {
namespace {

// linux/fs.h has these from 6.10 on; the numbers are older (fs/ext4/ext4.h, fs/xfs/libxfs/xfs_fs.h).
constexpr unsigned long kShutdown = _IOR('X', 125, uint32_t);
constexpr uint32_t kNoLogFlush = 2;

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

void Pause(Duration wait) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  SystemClock& clock = SystemClock::Get();
  const TimePoint end = clock.Now() + wait;
  while (clock.Now() < end) clock.WaitUntil(never, mutex, end);
}

// The file system has stopped; what it had sent, and metadata that was committed already, may still be on its
// way. A copy must not see a later block without an earlier one.
absl::Status AwaitQuiet(int device, const std::string& name) {
  if (fsync(device) != 0) return ErrnoError(errno, "flushing " + name);
  const std::string inflight = "/sys/block/" + name.substr(name.rfind('/') + 1) + "/inflight";
  const SystemClock& clock = SystemClock::Get();
  const Deadline deadline = Deadline::After(clock, std::chrono::seconds(10));
  while (true) {
    std::ifstream file(inflight);
    long reads = 0;
    long writes = 0;
    if (!(file >> reads >> writes) || (reads == 0 && writes == 0)) return absl::OkStatus();
    if (deadline.Passed(clock)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "{} still has {} writes under way", name, writes);
    }
    Pause(std::chrono::milliseconds(1));
  }
}

}  // namespace

absl::Status CutPower(const std::string& device) {
  const UniqueFd fd(open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, device);
  struct stat about {};
  if (fstat(fd.get(), &about) != 0) return ErrnoError(errno, device);
  if (auto mounted = OpenFileSystem(about.st_rdev)) {
    uint32_t how = kNoLogFlush;
    if (ioctl(mounted->get(), kShutdown, &how) != 0) {
      return ErrnoError(errno, "cannot cut the file system on " + device + " (ext4 and xfs can be)");
    }
  }
  return AwaitQuiet(fd.get(), device);
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
