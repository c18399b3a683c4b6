#pragma once

// An HTTP/1.1 server on unix sockets and TCP, for Docker's volume plugin protocol and the admin API.
//
// I/O runs on a few threads ("http-io"); each connection belongs to one of them, which is its strand. The
// handler is called there and must not block: it answers at once from memory (no hop, one send), or hands the
// exchange to another thread, which answers when it can. One request at a time is under way on a connection
// (pipelined ones wait). Idle keep-alive connections cost no thread. No signal is touched, SIGPIPE is never
// raised.

// What real clients send and this server accepts: an empty `Host:` (dockerd 20.10 on unix sockets) or none, a
// missing Content-Type, a POST without a body, HTTP/1.0, chunked bodies, `Expect: 100-continue`. What it
// refuses by itself, with {"Err": "…"} as body, and then closes the connection: a body above `max_body`
// (413), headers above 8 KiB (431), a transfer coding other than chunked (501), any other malformed HTTP
// (400). A client that is too slow (see ServerOptions) is cut off without an answer.

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

  /// True once the client has closed the connection, or the server has (Stop). Looks at the socket itself. A
  /// client that shuts down only its sending half counts as gone, but is still sent its answer.
  virtual bool ClientGone() const = 0;

  /// `callback` runs when the client closes the connection before the answer was given: on an I/O thread, or,
  /// if it has happened already, at once on this one. At most one callback (a later one takes the place of an
  /// earlier); it must not block or throw, and must not own the exchange. It may still be running when
  /// Respond returns. Not called for a client that hangs up behind more than 64 KiB of pipelined requests;
  /// ClientGone and Respond see that too.
  virtual void OnClientGone(std::function<void()> callback) = 0;

  /// Exactly once, from any thread; never blocks. True when the answer was handed to the socket of a client
  /// that was still there. (It may still vanish before it reads it: nobody can know.) After Server::Stop it
  /// is false.
  virtual bool Respond(Response response) = 0;

  /// For unix sockets: who calls (SO_PEERCRED), else -1.
  virtual pid_t PeerPid() const = 0;
  virtual uid_t PeerUid() const = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

struct ServerOptions {
  int io_threads = 2;
  size_t max_body = 1024 * 1024;
  /// From accept(2) or the first byte of a later request to the end of its headers; then for each piece of
  /// the body.
  Duration header_timeout = std::chrono::seconds(10);
  /// Of a keep-alive connection between requests; and of a client that takes nothing of an answer.
  Duration idle_timeout = std::chrono::minutes(10);
  size_t max_connections = 4096;  ///< more wait in the listen queue
};

struct ListenOptions {
  Address address;
  // unix sockets only:
  mode_t mode = 0600;
  gid_t group = static_cast<gid_t>(-1);  ///< -1 = leave
  /// A request sent to a socket file found in our place; an answer, of any kind, within `probe_timeout` means
  /// that another server owns it (AlreadyExists, naming its pid). No answer, or no listener: it is stale and
  /// replaced.
  Request probe{.method = "POST", .target = "/Plugin.Activate", .headers = {}, .body = "{}"};
  Duration probe_timeout = std::chrono::seconds(1);
};

/// A bound, listening socket.
///
/// A unix socket is bound under a temporary name beside its own, given its group and mode, set to listen, and
/// then renamed into place, so that nobody ever sees it half-made. A missing directory is made (0755).
/// Unlinked by the destructor if it is still ours (same inode).
///
/// A file, directory or symbolic link in its place is never touched (FailedPrecondition). What is guaranteed
/// against a second daemon: looking, replacing and unlinking are done under an flock(2) on the directory, and
/// a daemon that answers is never replaced. One that has opened its Listener but does not answer within
/// `probe_timeout` looks like a dead one: whoever starts two at the same moment needs a pid lock beside this.
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

/// Thread-safe. Start: one call. Stop: stops accepting (and unlinks the sockets), closes connections that
/// wait for a request, lets exchanges under way finish until `grace` has passed, closes the rest; an exchange
/// that is left over may be answered or dropped at any time later, to no effect. Stop may be repeated; it
/// must not be called on an I/O thread (in a handler or an OnClientGone callback). A stopped server does not
/// start again.
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
