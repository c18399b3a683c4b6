#include "ec2sim/simulator_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/deadline.h"
#include "base/http/parser.h"
#include "base/http/socket.h"
#include "base/http/wire.h"
#include "base/status.h"
#include "base/thread.h"

namespace rexray::ec2sim {
namespace {

constexpr size_t kMaxBody = size_t{1} << 20;

std::string Head(const Reply& reply, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nServer: AmazonEC2\r\nContent-Type: {}\r\n", reply.status,
                                http::ReasonOf(reply.status), reply.content_type);
  for (const auto& [name, value] : reply.headers) out += fmt::format("{}: {}\r\n", name, value);
  out += fmt::format("Content-Length: {}\r\nConnection: {}\r\n\r\n", reply.body.size(),
                     keep_alive ? "keep-alive" : "close");
  return out;
}

// The next close(2) sends a reset.
void ResetOnClose(int socket) {
  const linger now{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool Send(int socket, std::string_view bytes) {
  SystemClock& clock = SystemClock::Get();
  return http::SendAll(socket, bytes, clock, Deadline::After(clock, std::chrono::seconds(30))) == 0;
}

// Blocks until the peer has gone (or the server ends: it shuts the socket down).
void AwaitGone(int socket) {
  std::array<char, 4096> ignored;
  SystemClock& clock = SystemClock::Get();
  while (true) {
    const auto got = http::ReceiveSome(socket, ignored.data(), ignored.size(), clock, Deadline::Never());
    if (got.error != 0 || got.size == 0) return;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SimulatorServer>> SimulatorServer::Start(Simulator& simulator, Clock& clock,
                                                                        uint16_t port) {
  std::unique_ptr<SimulatorServer> server(new SimulatorServer(simulator, clock));
  http::ListenOptions options;
  options.address.kind = http::Address::Kind::kTcp;
  options.address.host = "127.0.0.1";
  options.address.port = port;
  ASSIGN_OR_RETURN(server->listener_, http::Listener::Open(options));
  server->port_ = server->listener_->address().port;
  server->wake_.Reset(eventfd(0, EFD_CLOEXEC));
  if (!server->wake_.valid()) return ErrnoError(errno, "eventfd");
  server->accepting_ = StartThread("ec2sim-accept", [s = server.get()] { s->Accept(); });
  server->timers_ = StartThread("ec2sim-timers", [&simulator] { simulator.RunTimers(); });
  return server;
}

SimulatorServer::~SimulatorServer() {
  const uint64_t one = 1;
  if (wake_.valid() && write(wake_.get(), &one, sizeof one) < 0) {
    // An eventfd takes a first write always.
  }
  if (accepting_.joinable()) accepting_.join();
  simulator_.EndTimers();
  if (timers_.joinable()) timers_.join();
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyAll();
    for (const Connection& connection : connections_) shutdown(connection.socket.get(), SHUT_RDWR);
  }
  // Nobody adds any more; the threads still mark themselves done, so the list must stay where it is.
  while (true) {
    std::thread thread;
    {
      MutexLock lock(mutex_);
      for (Connection& connection : connections_) {
        if (!connection.thread.joinable()) continue;
        thread = std::move(connection.thread);
        break;
      }
    }
    if (!thread.joinable()) return;
    thread.join();
  }
}

std::string SimulatorServer::endpoint() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

std::string SimulatorServer::metadata_endpoint(const std::string& instance) const {
  return endpoint() + "/_imds/" + instance;
}

void SimulatorServer::Reap() {
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    if (!connection->done) {
      ++connection;
      continue;
    }
    connection->thread.join();  // it has nothing left to do but return
    connection = connections_.erase(connection);
  }
}

void SimulatorServer::Accept() {
  while (true) {
    std::array<pollfd, 2> wait = {{{listener_->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    if (poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[1].revents != 0) return;
    UniqueFd socket(accept4(listener_->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) continue;
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    MutexLock lock(mutex_);
    Reap();
    Connection& connection = connections_.emplace_back();
    connection.socket = std::move(socket);
    connection.thread = StartThread("ec2sim-conn", [this, &connection] { Serve(connection); });
  }
}

void SimulatorServer::Serve(Connection& connection) {
  const int socket = connection.socket.get();
  SystemClock& clock = SystemClock::Get();
  http::RequestParser parser(kMaxBody);
  std::string unparsed;
  std::array<char, 16384> buffer;
  bool open = true;
  while (open) {
    unparsed.erase(0, parser.Feed(unparsed));
    if (parser.failure()) break;
    if (parser.done()) {
      open = Answer(socket, parser.request(), parser.keep_alive());
      parser.Reset();
      continue;
    }
    const auto got = http::ReceiveSome(socket, buffer.data(), buffer.size(), clock, Deadline::Never());
    if (got.error != 0 || got.size == 0) break;
    unparsed.append(buffer.data(), got.size);
  }
  MutexLock lock(mutex_);
  // The reset that a fault asked for comes with the close.
  connection.socket.Reset();
  connection.done = true;
}

bool SimulatorServer::Delay(Duration wait) {
  const TimePoint end = clock_.Now() + wait;
  MutexLock lock(mutex_);
  while (!ending_ && clock_.Now() < end) clock_.WaitUntil(changed_, mutex_, end);
  return !ending_;
}

bool SimulatorServer::Answer(int socket, const http::Request& request, bool keep_alive) {
  const Reply reply = simulator_.Handle(request);
  if (reply.delay > Duration{} && !Delay(reply.delay)) return false;
  switch (reply.ending) {
    case Reply::Ending::kRefuse:
      ResetOnClose(socket);
      return false;
    case Reply::Ending::kHang:
      AwaitGone(socket);
      return false;
    case Reply::Ending::kCutShort:
      Send(socket, Head(reply, keep_alive) + reply.body.substr(0, reply.body.size() / 2));
      return false;
    case Reply::Ending::kWhole:
      break;
  }
  return Send(socket, Head(reply, keep_alive) + reply.body) && keep_alive;
}

}  // namespace rexray::ec2sim
