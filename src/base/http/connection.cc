#include "base/http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fmt/core.h"
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "base/logging.h"

namespace rexray::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kFirstBuffer = 4 * 1024;
// How far a connection is read ahead while its handler works. Behind more than this a hang-up is noticed only
// when the answer is given.
constexpr size_t kMaxReadAhead = 64 * 1024;
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

TimePoint In(Duration wait) {
  return std::chrono::steady_clock::now() + wait;
}

// True when the peer has closed at least its sending side. Half-closing counts as gone: no client of these
// protocols does it on purpose.
bool PeerHungUp(int fd) {
  pollfd entry{fd, POLLRDHUP, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, std::shared_ptr<ServerState> state,
                       std::shared_ptr<const Handler> handler, Accepted accepted)
    : loop_(std::move(loop)),
      state_(std::move(state)),
      handler_(std::move(handler)),
      pid_(accepted.pid),
      uid_(accepted.uid),
      is_unix_(accepted.family == AF_UNIX),
      fd_(accepted.fd.get()),
      socket_(loop_->context, asio::generic::stream_protocol(accepted.family, 0), accepted.fd.get()),
      timer_(loop_->context),
      parser_(state_->options.max_body),
      input_(kFirstBuffer) {
  accepted.fd.Release();
}

void Connection::Start() {
  loop_->connections.insert(shared_from_this());
  if (state_->stopping) return Close();
  SetDeadline(In(state_->options.header_timeout));
  StartRead();
}

void Connection::CloseIfIdle() {
  close_after_ = true;
  if (phase_ == Phase::kReading || phase_ == Phase::kDraining) Close();
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();
  phase_ = Phase::kClosed;
  timer_.cancel();
  std::function<void()> on_gone;
  {
    MutexLock lock(mutex_);
    open_ = false;
    if (awaiting_) {
      gone_ = true;
      on_gone.swap(on_gone_);
    }
    error_code ignored;
    socket_.close(ignored);
  }
  if (on_gone) on_gone();
  loop_->connections.erase(self);
  --loop_->load;
  state_->gate.Leave();
}

void Connection::StartRead() {
  if (reading_ || eof_ || phase_ == Phase::kClosed || !MakeRoom()) return;
  reading_ = true;
  socket_.async_read_some(
      asio::buffer(input_.data() + end_, input_.size() - end_),
      [self = shared_from_this()](const error_code& error, size_t size) { self->OnRead(error, size); });
}

// Only while no read is under way: the buffer may move.
bool Connection::MakeRoom() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < input_.size()) return true;
  if (begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  const size_t limit = phase_ == Phase::kWorking ? kMaxReadAhead : 2 * kMaxUnparsed;
  if (input_.size() >= limit) return false;
  input_.resize(2 * input_.size());
  return true;
}

void Connection::OnRead(const error_code& error, size_t size) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  end_ += size;
  if (error) eof_ = true;  // closed, or broken: either way nothing more comes
  switch (phase_) {
    case Phase::kReading:
      return Process();
    case Phase::kWorking:
      if (eof_) return MarkGone();
      return StartRead();
    case Phase::kDraining:
      begin_ = end_;
      return eof_ ? Close() : StartRead();
    case Phase::kWriting:  // read on when the answer is out
    case Phase::kClosed:
      return;
  }
}

// Answers every complete request that has been read, up to the first that is not answered at once.
void Connection::Process() {
  while (phase_ == Phase::kReading && begin_ < end_) {
    begin_ += parser_.Feed(Unread());
    if (parser_.failure()) {
      Refuse(*parser_.failure());
    } else if (parser_.done()) {
      Dispatch();
    } else {
      if (parser_.header_done() && !continued_ && !SendContinue()) return Close();
      break;
    }
  }
  if (phase_ == Phase::kReading) {
    if (eof_) return Close();
    SetReadDeadline();
  } else if (phase_ == Phase::kWorking && eof_) {
    MarkGone();
  }
  StartRead();
}

// A request that arrives in one piece, as nearly all do, never touches the timer: the deadline of the idle
// connection is only moved, and the timer finds that out when it fires.
void Connection::SetReadDeadline() {
  const ServerOptions& options = state_->options;
  if (parser_.header_done()) {
    SetDeadline(In(options.header_timeout));  // for each piece of the body
  } else if (parser_.started()) {
    if (!request_deadline_ && !first_request_) SetDeadline(In(options.header_timeout));
    request_deadline_ = true;
  } else if (!first_request_) {
    SetDeadline(In(options.idle_timeout));
  }
}

void Connection::Dispatch() {
  phase_ = Phase::kWorking;
  deadline_ = TimePoint::max();
  if (!parser_.keep_alive() || state_->stopping) close_after_ = true;
  framing_ = {.keep_alive = !close_after_, .http_1_0 = parser_.http_1_0()};
  head_request_ = parser_.request().method == "HEAD";
  uint64_t id = 0;
  {
    MutexLock lock(mutex_);
    id = ++current_;
    awaiting_ = true;
  }
  dispatching_ = true;
  answered_inline_ = false;
  try {
    (*handler_)(MakeExchange(shared_from_this(), id, std::move(parser_.request())));
  } catch (const std::exception& e) {
    LogError("an HTTP handler threw", {{"what", e.what()}});  // the exchange has answered 500 as it went
  }
  dispatching_ = false;
  if (answered_inline_) AfterAnswer();
}

void Connection::Refuse(const ParseFailure& failure) {
  phase_ = Phase::kWorking;
  deadline_ = TimePoint::max();
  close_after_ = linger_ = true;
  framing_ = {.keep_alive = false, .http_1_0 = false};
  head_request_ = false;
  uint64_t id = 0;
  {
    MutexLock lock(mutex_);
    id = ++current_;
    awaiting_ = true;
  }
  std::string text = failure.text;
  if (failure.status == 413) text = fmt::format("{}: at most {} bytes", text, state_->options.max_body);
  dispatching_ = true;
  Answer(id, ErrorResponse(failure.status, text));
  dispatching_ = false;
  AfterAnswer();
}

// False when the connection is broken.
bool Connection::SendContinue() {
  continued_ = true;
  const std::string* expect = FindHeader(parser_.request().headers, "expect");
  if (expect == nullptr || parser_.http_1_0() || strcasecmp(expect->c_str(), "100-continue") != 0)
    return true;
  // A handful of bytes into a socket whose client waits for them: a full buffer means a client that does not
  // read.
  return send(fd_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(kContinue.size());
}

bool Connection::Answer(uint64_t id, Response response) {
  Framing framing = framing_;
  if (state_->stopping) framing.keep_alive = false;
  std::string head = ResponseHead(response, framing);
  if (head_request_ || !StatusHasBody(response.status)) response.body.clear();
  std::function<void()> dropped;  // destroyed outside the lock
  MutexLock lock(mutex_);
  if (!awaiting_ || id != current_) return false;
  awaiting_ = false;
  dropped.swap(on_gone_);
  if (!open_) return false;
  const bool in_handler = loop_->context.get_executor().running_in_this_thread() && dispatching_;
  // An answer given at once on a unix socket, as nearly all are, saves the poll: sendmsg itself fails when
  // the client has closed. (On TCP it does not: the reset comes later.)
  const bool gone = gone_ || (!(in_handler && is_unix_) && PeerHungUp(fd_));
  head_ = std::move(head);
  body_ = std::move(response.body);
  sent_ = 0;
  broken_ = !SendSome();
  if (in_handler) {
    answered_inline_ = true;
  } else {
    // Under the lock, so that the loop cannot have ended: it ends after this connection is closed.
    asio::post(loop_->context, [self = shared_from_this()] {
      self->AfterAnswer();
      self->Process();
    });
  }
  return !gone && !broken_;
}

// Sends what the socket takes now. False when the connection is broken.
bool Connection::SendSome() {
  while (sent_ < head_.size() + body_.size()) {
    iovec parts[2];
    size_t count = 0;
    if (sent_ < head_.size()) parts[count++] = {head_.data() + sent_, head_.size() - sent_};
    const size_t body_sent = sent_ < head_.size() ? 0 : sent_ - head_.size();
    if (body_sent < body_.size()) parts[count++] = {body_.data() + body_sent, body_.size() - body_sent};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      sent_ += static_cast<size_t>(sent);
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Connection::AfterAnswer() {
  if (phase_ != Phase::kWorking && phase_ != Phase::kWriting) return;
  bool broken = false;
  bool all = false;
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kWriting) broken_ = !SendSome();
    broken = broken_;
    all = sent_ == head_.size() + body_.size();
    if (all) body_ = std::string();  // an idle connection must not hold the last answer
  }
  if (broken) return Close();
  if (all) return OnAnswerSent();
  phase_ = Phase::kWriting;
  SetDeadline(In(state_->options.idle_timeout));  // for each piece that a slow client takes
  WaitWritable();
}

void Connection::WaitWritable() {
  socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](const error_code&) {
    if (self->phase_ != Phase::kWriting) return;
    self->AfterAnswer();
    self->Process();
  });
}

void Connection::OnAnswerSent() {
  first_request_ = false;
  request_deadline_ = false;
  continued_ = false;
  deadline_ = TimePoint::max();
  if (!close_after_ && !state_->stopping) {
    phase_ = Phase::kReading;
    parser_.Reset();
    return;
  }
  if (eof_ || (!linger_ && begin_ == end_)) return Close();
  // A socket that is closed with bytes unread resets the connection, and the answer may never be seen.
  shutdown(fd_, SHUT_WR);
  phase_ = Phase::kDraining;
  begin_ = end_;
  SetDeadline(In(kLinger));
  StartRead();
}

void Connection::MarkGone() {
  std::function<void()> on_gone;
  {
    MutexLock lock(mutex_);
    gone_ = true;
    if (awaiting_) on_gone.swap(on_gone_);
  }
  if (on_gone) on_gone();
}

bool Connection::Gone() const {
  MutexLock lock(mutex_);
  return gone_ || !open_ || PeerHungUp(fd_);
}

void Connection::OnGone(uint64_t id, std::function<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (!awaiting_ || id != current_) return;
    if (!gone_) {
      on_gone_ = std::move(callback);
      return;
    }
  }
  callback();
}

void Connection::SetDeadline(TimePoint at) {
  deadline_ = at;
  if (at < armed_for_) ArmTimer(at);
}

void Connection::ArmTimer(TimePoint at) {
  armed_for_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->OnTimer();
  });
}

void Connection::OnTimer() {
  armed_for_ = TimePoint::max();
  if (phase_ == Phase::kClosed || deadline_ == TimePoint::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) return ArmTimer(deadline_);
  Close();
}

}  // namespace rexray::http
