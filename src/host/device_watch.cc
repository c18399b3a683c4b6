#include "host/device_watch.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <thread>

#include "absl/strings/match.h"

#include "base/logging.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/thread.h"
#include "base/unique_fd.h"

namespace rexray::host {
namespace {

constexpr uint32_t kKernelGroup = 1;          // udevd's own messages are group 2
constexpr size_t kLargestPacket = 16 * 1024;  // UEVENT_BUFFER_SIZE is 2048
constexpr int kReceiveBuffer = 4 << 20;       // a node that loses a hundred devices at once

absl::StatusOr<UniqueFd> OpenSocket() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  if (!fd.valid()) return ErrnoError(errno, "no netlink socket for uevents");
  // Only root may have that much; what there is must do for others.
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ErrnoError(errno, "cannot listen for uevents");
  }
  return fd;
}

class LinuxDeviceWatch final : public DeviceWatch {
 public:
  explicit LinuxDeviceWatch(CommandRunner& runner) : runner_(runner) { Listen(); }
  ~LinuxDeviceWatch() override {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

  uint64_t Subscribe(Listener listener) override {
    MutexLock lock(mutex_);
    listeners_[next_] = std::move(listener);
    return next_++;
  }
  void Unsubscribe(uint64_t subscription) override {
    MutexLock lock(mutex_);  // held while listeners run
    listeners_.erase(subscription);
  }

  absl::Status CheckPresent(const std::string& path, dev_t number) override {
    if (::major(number) != 0) {
      const std::string node = fmt::format("/sys/dev/block/{}:{}", ::major(number), ::minor(number));
      if (::access(node.c_str(), F_OK) == 0) return absl::OkStatus();
      if (errno != ENOENT) return ErrnoError(errno, node);
      return Error(absl::StatusCode::kNotFound, "the device {} ({}:{}) was removed from this node", path,
                   ::major(number), ::minor(number));
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
      return S_ISBLK(status.st_mode) ? CheckPresent(path, status.st_rdev) : absl::OkStatus();
    }
    if (errno != ENOENT) return ErrnoError(errno, path);
    return Error(absl::StatusCode::kNotFound, "the device {} was removed from this node", path);
  }

  // In a process of its own: a read of a dying disk can hang in the kernel, where no signal reaches.
  absl::Status ReadBlock(const std::string& path, Deadline deadline) override {
    const auto read = runner_.Run(
        {.argv = {"dd", "if=" + path, "of=/dev/null", "bs=4096", "count=1", "iflag=direct", "status=none"},
         .accepted_exit_codes = {0, 1},
         .deadline = deadline});
    if (!read.ok()) return read.status();
    if (read->exit_code == 0) return absl::OkStatus();
    for (const int error : {EIO, ENXIO, ENODEV, ENOENT}) {
      if (!absl::StrContains(read->err, std::strerror(error))) continue;
      return Error(absl::StatusCode::kDataLoss, "the device {} cannot be read: {}", path,
                   std::strerror(error));
    }
    return Error(absl::StatusCode::kUnknown, "the device {} could not be read: {}", path, read->err);
  }

 private:
  void Listen() {
    absl::StatusOr<UniqueFd> socket = OpenSocket();
    stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
    if (!socket.ok() || !stop_.valid()) {
      LogWarn("removed devices are noticed late: the kernel's events cannot be heard",
              {{"reason", std::string(MessageOf(socket.status()))}});
      return;
    }
    socket_ = *std::move(socket);
    thread_ = StartThread("uevents", [this] { Run(); });
  }

  void Run() {
    std::array<char, kLargestPacket> buffer;
    std::array<pollfd, 2> ends{pollfd{socket_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    for (;;) {
      if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return;
      if (ends[1].revents != 0) return;
      sockaddr_nl from{};
      socklen_t length = sizeof from;
      const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC,
                                      reinterpret_cast<sockaddr*>(&from), &length);
      // Too many at once (ENOBUFS): what was missed is found by the polls. Not from the kernel: nobody's
      // word.
      if (size <= 0 || static_cast<size_t>(size) > buffer.size() || from.nl_pid != 0) continue;
      if (const auto removal = ParseUevent({buffer.data(), static_cast<size_t>(size)})) Tell(*removal);
    }
  }

  void Tell(const DeviceRemoval& removal) {
    MutexLock lock(mutex_);
    for (const auto& [subscription, listener] : listeners_) listener(removal);
  }

  CommandRunner& runner_;
  UniqueFd socket_;
  UniqueFd stop_;
  Mutex mutex_;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Listener> listeners_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::optional<DeviceRemoval> ParseUevent(std::string_view packet) {
  bool removed = false;
  bool block = false;
  unsigned major_number = 0;
  unsigned minor_number = 0;
  std::string name;
  while (!packet.empty()) {
    const std::string_view word = packet.substr(0, packet.find('\0'));
    packet.remove_prefix(std::min(word.size() + 1, packet.size()));
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;  // "remove@/devices/…"
    const std::string_view key = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    if (key == "ACTION") removed = value == "remove";
    if (key == "SUBSYSTEM") block = value == "block";
    if (key == "MAJOR") std::from_chars(value.data(), value.data() + value.size(), major_number);
    if (key == "MINOR") std::from_chars(value.data(), value.data() + value.size(), minor_number);
    if (key == "DEVNAME") name = value;
  }
  if (!removed || !block || name.empty()) return std::nullopt;
  return DeviceRemoval{::makedev(major_number, minor_number), name.starts_with('/') ? name : "/dev/" + name};
}

std::unique_ptr<DeviceWatch> MakeLinuxDeviceWatch(CommandRunner& runner) {
  return std::make_unique<LinuxDeviceWatch>(runner);
}

}  // namespace rexray::host
