#include "base/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/http/connection.h"
#include "base/logging.h"
#include "base/thread.h"

namespace rexray::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kAcceptsInARow = 16;  // then the loop's connections have their turn
constexpr Duration kPauseWithoutDescriptors = std::chrono::milliseconds(100);

using Loops = std::vector<std::shared_ptr<Loop>>;

// Accepts on the first loop and hands each connection to the least busy one.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(const Loops& loops, std::shared_ptr<ServerState> state, std::unique_ptr<Listener> listener,
           Handler handler)
      : loops_(loops),
        state_(std::move(state)),
        listener_(std::move(listener)),
        handler_(std::make_shared<const Handler>(std::move(handler))),
        descriptor_(home().context),
        pause_(home().context) {}

  // The listener owns the descriptor.
  ~Acceptor() { Release(); }

  // On the home loop.
  void Start() {
    if (!listener_ || state_->stopping) return;
    error_code error;
    descriptor_.assign(listener_->fd(), error);
    if (error) {
      LogError("cannot accept connections",
               {{"address", listener_->address().ToString()}, {"error", error.message()}});
      return;
    }
    Wait();
  }

  void Close() {
    pause_.cancel();
    Release();
    listener_.reset();
  }

 private:
  Loop& home() { return *loops_.front(); }

  void Release() {
    if (descriptor_.is_open()) descriptor_.release();
  }

  void Wait() {
    if (!listener_) return;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const error_code& error) {
                             if (!error) self->AcceptAll();
                           });
  }

  void AcceptAll() {
    for (int i = 0; i < kAcceptsInARow && listener_; ++i) {
      if (!state_->gate.TryEnter([self = shared_from_this()] { self->WhenRoom(); })) return;
      if (!AcceptOne()) {
        const int error = errno;
        state_->gate.Leave();
        return AfterFailure(error);
      }
    }
    Wait();
  }

  // The gate calls it on any loop.
  void WhenRoom() {
    asio::post(home().context, [self = shared_from_this()] { self->AcceptAll(); });
  }

  bool AcceptOne() {
    sockaddr_storage peer;
    socklen_t size = sizeof peer;
    UniqueFd fd(
        accept4(listener_->fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return false;
    Accepted accepted{.fd = std::move(fd), .family = peer.ss_family};
    if (listener_->address().kind == Address::Kind::kUnix) {
      accepted.family = AF_UNIX;
      ucred credentials{};
      socklen_t length = sizeof credentials;
      if (getsockopt(accepted.fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
        accepted.pid = credentials.pid;
        accepted.uid = credentials.uid;
      }
    } else {
      const int on = 1;
      setsockopt(accepted.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Place(std::move(accepted));
    return true;
  }

  void Place(Accepted accepted) {
    // Ties go to the loop that accepts: no hop.
    const auto loop = *std::min_element(loops_.begin(), loops_.end(),
                                        [](const auto& a, const auto& b) { return a->load < b->load; });
    std::shared_ptr<Connection> connection;
    try {
      connection = std::make_shared<Connection>(loop, state_, handler_, std::move(accepted));
    } catch (const std::exception& e) {  // epoll has no room (fs.epoll.max_user_watches), say
      LogError("cannot serve a connection", {{"error", e.what()}});
      return state_->gate.Leave();
    }
    ++loop->load;
    if (loop == loops_.front()) {
      connection->Start();
    } else {
      asio::post(loop->context, [connection] { connection->Start(); });
    }
  }

  void AfterFailure(int error) {
    switch (error) {
      case EAGAIN:
      case EINTR:
      case ECONNABORTED:
      case EPROTO:
        return Wait();
      default:
        break;
    }
    // Out of descriptors or memory, most likely. Waiting in the queue is better than spinning.
    LogWarn("cannot accept a connection",
            {{"address", listener_->address().ToString()}, {"error", std::strerror(error)}});
    pause_.expires_after(kPauseWithoutDescriptors);
    pause_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled) self->Wait();
    });
  }

  const Loops loops_;
  const std::shared_ptr<ServerState> state_;
  std::unique_ptr<Listener> listener_;
  const std::shared_ptr<const Handler> handler_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer pause_;
};

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(const ServerOptions& options) : state_(std::make_shared<ServerState>(options)) {
    for (int i = 0; i < std::max(1, options.io_threads); ++i) loops_.push_back(std::make_shared<Loop>());
  }
  ~ServerImpl() override { Stop(Duration::zero()); }

  void Serve(std::unique_ptr<Listener> listener, Handler handler) override {
    auto acceptor = std::make_shared<Acceptor>(loops_, state_, std::move(listener), std::move(handler));
    MutexLock lock(mutex_);
    if (stopped_) return;
    acceptors_.push_back(acceptor);
    asio::post(loops_.front()->context, [acceptor] { acceptor->Start(); });
  }

  void Start() override {
    MutexLock lock(mutex_);
    if (started_ || stopped_) return;
    started_ = true;
    for (const auto& loop : loops_) loop->thread = StartThread("http-io", [loop] { loop->context.run(); });
  }

  void Stop(Duration grace) override {
    MutexLock lock(mutex_);  // a second caller waits until the first is through
    if (stopped_) return;
    stopped_ = true;
    state_->stopping = true;
    for (const auto& acceptor : acceptors_) {
      asio::post(loops_.front()->context, [acceptor] { acceptor->Close(); });
    }
    acceptors_.clear();
    for (const auto& loop : loops_) ForEachConnection(loop, &Connection::CloseIfIdle);
    if (started_) state_->gate.WaitEmpty(grace);
    // A connection on its way to another loop is closed by its own Start.
    for (const auto& loop : loops_) {
      ForEachConnection(loop, &Connection::Close);
      asio::post(loop->context, [loop] { loop->work.reset(); });
    }
    for (const auto& loop : loops_) {
      if (loop->thread.joinable()) loop->thread.join();
    }
    RunWhatIsLeft();
  }

 private:
  // What was posted to a loop that had ended already (or, without Start, never ran) owns connections, and
  // these own the loop: left alone, all would leak.
  void RunWhatIsLeft() {
    for (size_t done = 1; done > 0;) {
      done = 0;
      for (const auto& loop : loops_) {
        loop->context.restart();
        done += loop->context.poll();
      }
    }
  }

  static void ForEachConnection(const std::shared_ptr<Loop>& loop, void (Connection::*action)()) {
    asio::post(loop->context, [loop, action] {
      const std::vector<std::shared_ptr<Connection>> all(loop->connections.begin(), loop->connections.end());
      for (const auto& connection : all) ((*connection).*action)();
    });
  }

  const std::shared_ptr<ServerState> state_;
  Loops loops_;
  Mutex mutex_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_ ABSL_GUARDED_BY(mutex_);
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<Server> Server::Create(const ServerOptions& options) {
  return std::make_unique<ServerImpl>(options);
}

}  // namespace rexray::http
