#pragma once

// One connection of the server, and the thread it belongs to. Private to this room: it shows Boost.Asio, so
// only connection.cc, exchange.cc and server.cc include it.
//
// Each connection belongs to one io_context that one thread runs; that is its strand. What only that thread
// touches is marked "loop". Answers come from any thread: they are sent there and then by the thread that has
// them, under the connection's mutex (which also keeps the descriptor from being closed meanwhile), and the
// loop is told afterwards. An answer given inside the handler itself costs one sendmsg(2) and no hop.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/http/gate.h"
#include "base/http/parser.h"
#include "base/http/server.h"
#include "base/http/wire.h"
#include "base/mutex.h"
#include "base/unique_fd.h"

namespace rexray::http {

class Connection;

/// What all connections of a server share. Outlives it for as long as an exchange does.
struct ServerState {
  explicit ServerState(const ServerOptions& o) : options(o), gate(o.max_connections) {}
  const ServerOptions options;
  Gate gate;
  std::atomic<bool> stopping{false};
};

/// An I/O thread.
struct Loop {
  Loop() : context(1), work(context.get_executor()) {}

  boost::asio::io_context context;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  std::atomic<int> load{0};  ///< connections, for choosing the least busy loop
  std::unordered_set<std::shared_ptr<Connection>> connections;  // loop
  std::thread thread;
};

/// What accept(2) gave.
struct Accepted {
  UniqueFd fd;
  int family = 0;
  pid_t pid = -1;
  uid_t uid = static_cast<uid_t>(-1);
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Loop> loop, std::shared_ptr<ServerState> state,
             std::shared_ptr<const Handler> handler, Accepted accepted);

  // On the loop.
  void Start();
  void CloseIfIdle();  ///< the server is stopping: nothing new is read
  void Close();

  // On any thread. `id` tells one exchange of the connection from the next.
  bool Answer(uint64_t id, Response response);
  bool Gone() const;
  void OnGone(uint64_t id, std::function<void()> callback);
  pid_t pid() const { return pid_; }
  uid_t uid() const { return uid_; }

 private:
  enum class Phase {
    kReading,   // waiting for a request, or for the rest of one
    kWorking,   // a handler has the request; the socket is read ahead, which shows a hang-up
    kWriting,   // an answer did not fit into the socket's buffer
    kDraining,  // our side is shut; what the client still sends is thrown away, so that it gets to read our
                // answer
    kClosed,
  };

  void StartRead();
  bool MakeRoom();
  void OnRead(const boost::system::error_code& error, size_t size);
  void Process();
  void SetReadDeadline();
  void Dispatch();
  void Refuse(const ParseFailure& failure);
  bool SendContinue();
  void AfterAnswer();
  void WaitWritable();
  void OnAnswerSent();
  void MarkGone();

  void SetDeadline(TimePoint at);
  void ArmTimer(TimePoint at);
  void OnTimer();

  std::string_view Unread() const { return {input_.data() + begin_, end_ - begin_}; }
  bool SendSome() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<const Handler> handler_;
  const pid_t pid_;
  const uid_t uid_;
  const bool is_unix_;
  const int fd_;  // for raw calls; valid while open_

  // loop
  boost::asio::generic::stream_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  Phase phase_ = Phase::kReading;
  RequestParser parser_;
  std::vector<char> input_;  // [begin_, end_) has been read and not parsed; a read under way fills from end_
  size_t begin_ = 0;
  size_t end_ = 0;
  bool reading_ = false;
  bool eof_ = false;
  bool continued_ = false;         // 100 Continue was sent, or is not wanted
  bool request_deadline_ = false;  // the header's deadline is running
  bool first_request_ = true;
  bool dispatching_ = false;
  bool answered_inline_ = false;
  bool close_after_ = false;
  bool linger_ = false;
  TimePoint deadline_ = TimePoint::max();
  TimePoint armed_for_ = TimePoint::max();
  // Written by the loop before a handler is called, read by Answer.
  Framing framing_;
  bool head_request_ = false;

  mutable Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // a send failed
  uint64_t current_ ABSL_GUARDED_BY(mutex_) = 0;
  bool awaiting_ ABSL_GUARDED_BY(mutex_) = false;  // exchange current_ has no answer yet
  std::function<void()> on_gone_ ABSL_GUARDED_BY(mutex_);
  std::string head_ ABSL_GUARDED_BY(mutex_);
  std::string body_ ABSL_GUARDED_BY(mutex_);
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;  // of head_ and body_ together
};

/// The request `id` of `connection`, for a handler.
std::shared_ptr<Exchange> MakeExchange(std::shared_ptr<Connection> connection, uint64_t id, Request request);

}  // namespace rexray::http
