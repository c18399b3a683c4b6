// The listening half of server.h: making a socket file, and deciding whether the one in its place is alive.

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/http/server.h"
#include "base/http/socket.h"
#include "base/http/wire.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::http {
namespace {

constexpr int kBacklog = 1024;  // the kernel cuts it to net.core.somaxconn
constexpr size_t kMaxSunPath = sizeof(sockaddr_un{}.sun_path) - 1;

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Like mkdir -p with mode 0755, whatever the umask; directories that exist are left as they are.
absl::Status MakeDirectories(const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0755) == 0) {
      if (chmod(part.c_str(), 0755) != 0)
        return ErrnoError(errno, fmt::format("{}: cannot set the mode", part));
    } else if (errno != EEXIST) {
      return ErrnoError(errno, fmt::format("{}: cannot make the socket's directory", part));
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

void SleepMilliseconds(int milliseconds) {
  poll(nullptr, 0, milliseconds);
}

// An flock(2) on the directory of the socket: whoever looks at, replaces or removes a socket there does it
// alone. The lock is the directory's, so that no file is left beside the socket.
class DirectoryLock {
 public:
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory, Duration wait) {
    UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid())
      return ErrnoError(errno, fmt::format("{}: cannot open the socket's directory", directory));
    const Clock& clock = SystemClock::Get();
    const Deadline deadline = Deadline::After(clock, wait);
    while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        return ErrnoError(errno, fmt::format("{}: cannot lock the socket's directory", directory));
      }
      if (deadline.Passed(clock)) {
        return Error(absl::StatusCode::kUnavailable,
                     "{}: another process has held a lock on this directory for too long; see `lslocks`",
                     directory);
      }
      SleepMilliseconds(5);
    }
    return DirectoryLock(std::move(fd));
  }
  int fd() const { return fd_.get(); }

 private:
  explicit DirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

std::string DescribePeer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return "another process";
  std::string command;
  std::ifstream file(fmt::format("/proc/{}/comm", peer.pid));
  std::getline(file, command);
  return command.empty() ? fmt::format("pid {}", peer.pid) : fmt::format("pid {} ({})", peer.pid, command);
}

// Who answers at `address`, if anybody does. For a unix socket the kernel tells who called listen(2).
absl::StatusOr<std::optional<std::string>> FindOwner(const Address& address, const Request& probe,
                                                     Duration timeout) {
  const Clock& clock = SystemClock::Get();
  const Deadline deadline = Deadline::After(clock, timeout);
  absl::StatusOr<UniqueFd> fd = Connect(address, clock, deadline);
  if (!fd.ok()) {
    if (fd.status().code() == absl::StatusCode::kPermissionDenied) return fd.status();
    return std::optional<std::string>();
  }
  ASSIGN_OR_RETURN(const std::string bytes, SerializeRequest(probe, "localhost", false));
  if (SendAll(fd->get(), bytes, clock, deadline) != 0) return std::optional<std::string>();
  char byte;
  const Received got = ReceiveSome(fd->get(), &byte, 1, clock, deadline);
  if (got.error != 0 || got.size == 0) return std::optional<std::string>();
  return std::optional<std::string>(DescribePeer(fd->get()));
}

absl::Status CheckPlace(const ListenOptions& options) {
  const std::string& path = options.address.path;
  struct stat found;
  if (lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoError(errno, fmt::format("{}: cannot look", path));
  }
  if (!S_ISSOCK(found.st_mode)) {
    const char* kind = S_ISDIR(found.st_mode)   ? "a directory"
                       : S_ISLNK(found.st_mode) ? "a symbolic link"
                                                : "a file";
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "{}: {} is in the place of our socket and is left alone; move it away, or configure another socket",
        path, kind);
  }
  ASSIGN_OR_RETURN(const auto owner, FindOwner(options.address, options.probe, options.probe_timeout));
  if (!owner) return absl::OkStatus();
  return Error(absl::StatusCode::kAlreadyExists,
               "{}: {} serves this socket already; stop it, or configure another socket", path, *owner);
}

// A name beside the final one that fits into sun_path: the plain path, or one through the directory's
// descriptor.
std::string TemporaryPath(const std::string& path, int directory) {
  const std::string name = fmt::format(".{}.{}", NameOf(path), getpid());
  const std::string parent = ParentOf(path);
  std::string plain = parent == "/" ? "/" + name : parent + "/" + name;
  if (plain.size() <= kMaxSunPath) return plain;
  return fmt::format("/proc/self/fd/{}/.rexray.{}", directory, getpid());
}

absl::Status DressSocketFile(const std::string& path, const ListenOptions& options) {
  if (options.group != static_cast<gid_t>(-1) &&
      lchown(path.c_str(), static_cast<uid_t>(-1), options.group) != 0) {
    return ErrnoError(
        errno, fmt::format("{}: cannot give the socket to group {}", options.address.path, options.group));
  }
  if (chmod(path.c_str(), options.mode) != 0) {
    return ErrnoError(errno, fmt::format("{}: cannot set the socket's mode", options.address.path));
  }
  return absl::OkStatus();
}

absl::Status BindAndListen(int fd, const std::string& temporary, const ListenOptions& options,
                           struct stat& made) {
  const std::string& path = options.address.path;
  const SocketAddress address = UnixSocketAddress(temporary);
  // The socket's own mode is the file's at bind(2) (minus the umask): the file is never wider than it will
  // be.
  if (fchmod(fd, options.mode & 0600) != 0) return ErrnoError(errno, fmt::format("{}: fchmod", path));
  if (bind(fd, address.get(), address.length) != 0)
    return ErrnoError(errno, fmt::format("{}: cannot bind", path));
  RETURN_IF_ERROR(DressSocketFile(temporary, options));
  if (listen(fd, kBacklog) != 0) return ErrnoError(errno, fmt::format("{}: cannot listen", path));
  if (lstat(temporary.c_str(), &made) != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    return ErrnoError(errno, fmt::format("{}: cannot put the socket in place", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> OpenUnix(const ListenOptions& options, struct stat& made) {
  const std::string& path = options.address.path;
  const std::string parent = ParentOf(path);
  RETURN_IF_ERROR(MakeDirectories(parent));
  ASSIGN_OR_RETURN(const DirectoryLock lock,
                   DirectoryLock::Take(parent, 2 * options.probe_timeout + std::chrono::seconds(1)));
  RETURN_IF_ERROR(CheckPlace(options));
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return ErrnoError(errno, fmt::format("{}: cannot make a socket", path));
  const std::string temporary = TemporaryPath(path, lock.fd());
  unlink(temporary.c_str());  // of a process that had our pid and died between bind and rename
  if (absl::Status status = BindAndListen(fd.get(), temporary, options, made); !status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return fd;
}

absl::StatusOr<UniqueFd> OpenTcpFamily(const Address& address, bool any_v6) {
  ASSIGN_OR_RETURN(const SocketAddress to, SocketAddressOf(address, any_v6));
  const std::string where = address.ToString();
  UniqueFd fd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return ErrnoError(errno, fmt::format("{}: cannot make a socket", where));
  const int on = 1;
  const int off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (to.family() == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? &off : &on, sizeof on);
  }
  if (bind(fd.get(), to.get(), to.length) != 0 || listen(fd.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return Error(absl::StatusCode::kAlreadyExists,
                   "{}: another program listens on this port (see `ss -ltnp`)", where);
    }
    return ErrnoError(errno, fmt::format("{}: cannot listen", where));
  }
  return fd;
}

absl::StatusOr<UniqueFd> OpenTcp(const Address& address) {
  absl::StatusOr<UniqueFd> fd = OpenTcpFamily(address, true);
  // "All interfaces" on a machine without IPv6.
  if (address.host.empty() && !fd.ok() && fd.status().code() != absl::StatusCode::kAlreadyExists) {
    fd = OpenTcpFamily(address, false);
  }
  return fd;
}

uint16_t PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  // The port is at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const ListenOptions& options) {
  std::unique_ptr<Listener> listener(new Listener);
  listener->address_ = options.address;
  if (options.address.kind == Address::Kind::kTcp) {
    ASSIGN_OR_RETURN(UniqueFd fd, OpenTcp(options.address));
    listener->address_.port = PortOf(fd.get());
    listener->fd_ = fd.Release();
    return listener;
  }
  ASSIGN_OR_RETURN(listener->address_, ParseAddress(options.address.path));  // checks the path
  struct stat made {};
  ASSIGN_OR_RETURN(UniqueFd fd, OpenUnix(options, made));
  listener->fd_ = fd.Release();
  listener->inode_ = made.st_ino;
  listener->device_ = made.st_dev;
  listener->unlink_ = true;
  return listener;
}

std::unique_ptr<Listener> Listener::Adopt(int fd, Address address) {
  std::unique_ptr<Listener> listener(new Listener);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  listener->fd_ = fd;
  if (address.kind == Address::Kind::kTcp && address.port == 0) address.port = PortOf(fd);
  listener->address_ = std::move(address);
  return listener;
}

Listener::~Listener() {
  UniqueFd fd(fd_);
  if (!unlink_) return;
  // While our socket is open its inode lives, and its number can belong to nobody else. The lock keeps a
  // daemon that starts at this moment from putting its socket there between our look and our unlink.
  const auto lock = DirectoryLock::Take(ParentOf(address_.path), std::chrono::seconds(1));
  struct stat found;
  if (lstat(address_.path.c_str(), &found) != 0) return;
  if (S_ISSOCK(found.st_mode) && found.st_ino == inode_ && found.st_dev == device_)
    unlink(address_.path.c_str());
}

}  // namespace rexray::http
