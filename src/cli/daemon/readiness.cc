#include "cli/daemon/readiness.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "cli/daemon/files.h"

#include "base/logging.h"

namespace rexray::daemon {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMostInherited = 64;

/// The number in an environment variable, or -1.
int64_t NumberIn(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return -1;
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
  return error == std::errc() && *end == '\0' ? number : -1;
}

/// "" when `fd` is no listening unix stream socket with a path.
std::string PathOfListener(int fd) {
  int listening = 0;
  int type = 0;
  socklen_t size = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) return "";
  size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return "";
  sockaddr_un address{};
  size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  if (address.sun_family != AF_UNIX || size <= offsetof(sockaddr_un, sun_path)) return "";
  return {address.sun_path, strnlen(address.sun_path, size - offsetof(sockaddr_un, sun_path))};
}

}  // namespace

ReadyPipe::ReadyPipe(int ready_fd) {
  // It must not be held open by a child: whoever waits for the end of it would wait for mkfs.
  if (ready_fd >= 0 && fcntl(ready_fd, F_SETFD, FD_CLOEXEC) == 0) fd_.Reset(ready_fd);
}

void ReadyPipe::Say(std::string line) {
  if (!fd_.valid()) return;
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (!WriteAll(fd_.get(), line + "\n")) LogDebug("nobody waits for the daemon to be ready any more");
  fd_.Reset();
}

void NotifyServiceManager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  const size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  if (!fd.valid() || sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                            reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    LogWarn("the service manager could not be told", {{"socket", path}, {"reason", strerrordesc_np(errno)}});
  }
}

std::vector<std::pair<std::string, UniqueFd>> InheritedSockets() {
  std::vector<std::pair<std::string, UniqueFd>> sockets;
  if (NumberIn("LISTEN_PID") != getpid()) return sockets;
  const int count = static_cast<int>(std::clamp<int64_t>(NumberIn("LISTEN_FDS"), 0, kMostInherited));
  for (int fd = kFirstInherited; fd < kFirstInherited + count; ++fd) {
    std::string path = PathOfListener(fd);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!path.empty()) sockets.emplace_back(std::move(path), UniqueFd(fd));
  }
  return sockets;
}

}  // namespace rexray::daemon
