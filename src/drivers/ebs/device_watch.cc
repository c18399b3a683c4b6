#include "drivers/ebs/device_watch.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/logging.h"
#include "base/thread.h"

namespace rexray::drivers::ebs {
namespace {

/// The kernel's own broadcast (group 1), before udev's rules have run.
UniqueFd KernelEvents() {
  UniqueFd socket_fd(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;
  if (!socket_fd.valid() ||
      bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return UniqueFd();
  }
  return socket_fd;
}

/// A directory that is missing has no events; one that is watched already stays so.
void WatchDirectories(int watch, const std::string& root) {
  constexpr uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_ATTRIB;
  for (const char* directory : {"/dev", "/dev/disk/by-id", "/sys/block"}) {
    (void)inotify_add_watch(watch, (root + directory).c_str(), kEvents);
  }
}

void Drain(int fd) {
  std::array<char, 16384> buffer{};
  while (read(fd, buffer.data(), buffer.size()) > 0) {
  }
}

}  // namespace

DeviceWatch::~DeviceWatch() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  (void)!write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void DeviceWatch::Start() {
  MutexLock lock(mutex_);
  if (started_) {
    WatchDirectories(directory_events_.get(), root_);
    return;
  }
  started_ = true;
  stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
  directory_events_ = UniqueFd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  WatchDirectories(directory_events_.get(), root_);
  kernel_events_ = KernelEvents();
  if (!stop_.valid() || (!directory_events_.valid() && !kernel_events_.valid())) {
    LogWarn("new devices are noticed late: neither inotify nor uevents can be had");
    return;
  }
  thread_ = StartThread("ebs-devices", [this] { Run(); });
}

void DeviceWatch::Run() {
  // poll(2) ignores an fd of -1.
  std::array<pollfd, 3> sources{
      {{stop_.get(), POLLIN, 0}, {directory_events_.get(), POLLIN, 0}, {kernel_events_.get(), POLLIN, 0}}};
  while (true) {
    if (poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) return;
    if (sources[0].revents != 0) return;
    for (size_t i = 1; i < sources.size(); ++i) {
      if (sources[i].revents != 0) Drain(sources[i].fd);
    }
    changed_();
  }
}

}  // namespace rexray::drivers::ebs
