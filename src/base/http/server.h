#pragma once

// An HTTP/1.1 server on unix sockets and TCP, for Docker's volume plugin protocol and the admin API.
//
// I/O runs on a few threads ("http-io"), each connection on its own strand. The handler is called there and must not
// block: it answers at once from memory, or hands the exchange to another thread, which answers when it can. One
// request at a time is under way on a connection (pipelined ones wait). Idle keep-alive connections cost no thread.
//
// What real clients send and this server accepts: an empty `Host:` (dockerd 20.10 on unix sockets), a missing
// Content-Type, a POST without a body. What it refuses by itself: a body above `max_body` (413), malformed HTTP (400),
// headers that do not arrive within `header_timeout` (the connection closes).

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http/address.h"
#include "base/http/message.h"

namespace rexray::http {

/// One request and its answer. Thread-safe. Destroyed without an answer, it answers 500.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;

  /// True once the client has closed the connection. The socket is watched while the answer is being worked on.
  virtual bool ClientGone() const = 0;

  /// `callback` runs (on an I/O thread, at once if it has happened already) when the client closes the connection
  /// before the answer was given. At most one callback; it must not block.
  virtual void OnClientGone(std::function<void()> callback) = 0;

  /// Exactly once, from any thread. True when the answer was handed to the socket of a client that was still there.
  /// (It may still vanish before it reads it: nobody can know.)
  virtual bool Respond(Response response) = 0;

  /// For unix sockets: who calls (SO_PEERCRED), else -1.
  virtual pid_t PeerPid() const = 0;
  virtual uid_t PeerUid() const = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

struct ServerOptions {
  int io_threads = 2;
  size_t max_body = 1024 * 1024;
  Duration header_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::minutes(10);  ///< of a keep-alive connection between requests
  size_t max_connections = 4096;                     ///< more wait in the listen queue
};

struct ListenOptions {
  Address address;
  // unix sockets only:
  mode_t mode = 0600;
  gid_t group = static_cast<gid_t>(-1);  ///< -1 = leave
  /// A request sent to a socket file found in our place; an answer, of any kind, within `probe_timeout` means that
  /// another server owns it (AlreadyExists, naming its pid). No answer, or no listener: it is stale and replaced.
  Request probe{.method = "POST", .target = "/Plugin.Activate", .headers = {}, .body = "{}"};
  Duration probe_timeout = std::chrono::seconds(1);
};

/// A bound, listening socket. A unix socket is bound under a temporary name, given its mode and group, set to listen,
/// and then renamed into place, so that nobody ever sees it half-made. Unlinked by the destructor if it is still ours
/// (same inode).
class Listener {
 public:
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const ListenOptions& options);
  /// A listening descriptor inherited from the service manager (sd_listen_fds(3)); never unlinked.
  static std::unique_ptr<Listener> Adopt(int fd, Address address);
  ~Listener();

  const Address& address() const { return address_; }  ///< with the real port where 0 was asked for
  int fd() const { return fd_; }

 private:
  Listener() = default;
  int fd_ = -1;
  Address address_;
  ino_t inode_ = 0;
  dev_t device_ = 0;
  bool unlink_ = false;
};

/// Start: one call. Stop: stops accepting, lets exchanges under way finish until `grace` has passed, closes the rest.
class Server {
 public:
  static std::unique_ptr<Server> Create(const ServerOptions& options);
  virtual ~Server() = default;  ///< Stop(0)

  /// Serves `listener` with `handler`; may be called for several listeners, before or after Start.
  virtual void Serve(std::unique_ptr<Listener> listener, Handler handler) = 0;
  virtual void Start() = 0;
  virtual void Stop(Duration grace) = 0;
};

}  // namespace rexray::http
