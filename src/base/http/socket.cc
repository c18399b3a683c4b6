#include "base/http/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/status.h"

namespace rexray::http {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// Rounded up, so that a wait never ends just before its deadline and spins.
int PollMilliseconds(const Clock& clock, Deadline deadline) {
  if (deadline.IsNever()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline.Remaining(clock)).count();
  return static_cast<int>(std::min<int64_t>(left, INT_MAX));
}

// A unix connect waits only while the listener's queue is full, and that wait cannot be polled: SO_SNDTIMEO
// bounds it.
int ConnectUnix(int fd, const SocketAddress& to, const Clock& clock, Deadline deadline) {
  for (;;) {
    timeval wait{};
    if (!deadline.IsNever()) {
      const auto left = duration_cast<microseconds>(deadline.Remaining(clock)).count();
      if (left <= 0) return ETIMEDOUT;
      wait.tv_sec = static_cast<time_t>(left / 1'000'000);
      wait.tv_usec = static_cast<suseconds_t>(left % 1'000'000);
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0) return errno;
    if (connect(fd, to.get(), to.length) == 0) break;
    if (errno == EAGAIN) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return errno;
  return 0;
}

int ConnectTcp(int fd, const SocketAddress& to, const Clock& clock, Deadline deadline) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return errno;
  if (connect(fd, to.get(), to.length) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (const int error = WaitForSocket(fd, POLLOUT, clock, deadline); error != 0) return error;
  int result = 0;
  socklen_t size = sizeof result;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0) return errno;
  return result;
}

template <typename T>
SocketAddress Pack(const T& address, size_t size) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, size);
  result.length = static_cast<socklen_t>(size);
  return result;
}

absl::Status ConnectError(int error, const Address& address) {
  const std::string where = address.ToString();
  switch (error) {
    case ENOENT:
      return Error(absl::StatusCode::kNotFound, "{}: there is no such socket; is the daemon running?", where);
    case ECONNREFUSED:
      return Error(absl::StatusCode::kUnavailable,
                   "{}: connection refused: nothing listens there; is the daemon running?", where);
    case EACCES:
    case EPERM:
      return Error(absl::StatusCode::kPermissionDenied, "{}: permission denied; try as root", where);
    case ETIMEDOUT:
      return Error(absl::StatusCode::kDeadlineExceeded, "{}: no connection before the deadline", where);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNRESET:
    case ECONNABORTED:
      return Error(absl::StatusCode::kUnavailable, "{}: cannot connect: {}", where, std::strerror(error));
    case ENOTSOCK:
    case ENOTDIR:
      return Error(absl::StatusCode::kNotFound, "{}: this is not a socket", where);
    default:
      return ErrnoError(error, fmt::format("{}: cannot connect", where));
  }
}

}  // namespace

SocketAddress UnixSocketAddress(std::string_view path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const size_t size = std::min(path.size(), sizeof to.sun_path - 1);
  std::memcpy(to.sun_path, path.data(), size);
  return Pack(to, offsetof(sockaddr_un, sun_path) + size + 1);
}

absl::StatusOr<SocketAddress> SocketAddressOf(const Address& address, bool any_v6) {
  if (address.kind == Address::Kind::kUnix) return UnixSocketAddress(address.path);
  sockaddr_in v4{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1 || (address.host.empty() && !any_v6)) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    return Pack(v4, sizeof v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1 || address.host.empty()) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    return Pack(v6, sizeof v6);
  }
  return Error(absl::StatusCode::kInvalidArgument, "\"{}\" is not an IP address", address.host);
}

absl::StatusOr<UniqueFd> Connect(const Address& address, const Clock& clock, Deadline deadline) {
  // As with other programs, connecting to "any" means this machine.
  ASSIGN_OR_RETURN(const SocketAddress to, SocketAddressOf(address, false));
  UniqueFd fd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoError(errno, fmt::format("{}: cannot make a socket", address.ToString()));
  const bool is_unix = address.kind == Address::Kind::kUnix;
  const int error =
      is_unix ? ConnectUnix(fd.get(), to, clock, deadline) : ConnectTcp(fd.get(), to, clock, deadline);
  if (error != 0) return ConnectError(error, address);
  return fd;
}

int WaitForSocket(int fd, short events, const Clock& clock, Deadline deadline) {
  pollfd entry{fd, events, 0};
  for (;;) {
    const int ready = poll(&entry, 1, PollMilliseconds(clock, deadline));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
    if (ready == 0 && deadline.Passed(clock)) return ETIMEDOUT;
  }
}

int SendAll(int fd, std::string_view bytes, const Clock& clock, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (const int error = WaitForSocket(fd, POLLOUT, clock, deadline); error != 0) return error;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Received ReceiveSome(int fd, char* buffer, size_t size, const Clock& clock, Deadline deadline) {
  for (;;) {
    const ssize_t got = recv(fd, buffer, size, MSG_DONTWAIT);
    if (got >= 0) return {0, static_cast<size_t>(got)};
    if (errno == EAGAIN) {
      if (const int error = WaitForSocket(fd, POLLIN, clock, deadline); error != 0) return {error, 0};
    } else if (errno != EINTR) {
      return {errno, 0};
    }
  }
}

}  // namespace rexray::http
