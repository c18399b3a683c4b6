#include "base/http/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/http/parser.h"
#include "base/http/socket.h"
#include "base/http/wire.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::http {
namespace {

std::string HostHeaderOf(const Address& address) {
  if (address.kind == Address::Kind::kUnix) return "localhost";
  return address.ToString().substr(std::string_view("tcp://").size());
}

bool PeerIsGone(int error) {
  return error == EPIPE || error == ECONNRESET;
}

// What one attempt came to.
struct Attempt {
  absl::StatusOr<ClientResponse> result;
  bool reusable = false;        ///< the connection can carry another request
  bool never_answered = false;  ///< it ended before the first byte of an answer
};

class Client final : public Transport {
 public:
  Client(Clock& clock, const ClientOptions& options) : clock_(clock), options_(options) {}

  absl::StatusOr<ClientResponse> Send(const Address& address, const Request& request,
                                      Deadline deadline) override {
    ASSIGN_OR_RETURN(const std::string bytes,
                     SerializeRequest(request, HostHeaderOf(address), options_.keep_alive));
    if (deadline.Passed(clock_)) return SocketError(ETIMEDOUT, address, "nothing was sent");
    const bool no_body = request.method == "HEAD";
    UniqueFd fd = TakeKept(address);
    if (fd.valid()) {
      Attempt attempt = Try(fd.get(), address, bytes, no_body, deadline);
      if (!attempt.never_answered) return Finish(std::move(attempt), std::move(fd), address);
      // The server closed the idle connection as we wrote.
    }
    ASSIGN_OR_RETURN(fd, Connect(address, clock_, deadline));
    Attempt attempt = Try(fd.get(), address, bytes, no_body, deadline);
    return Finish(std::move(attempt), std::move(fd), address);
  }

 private:
  // The kept connection to `address`, unless the server has closed it already (or sent what nobody asked
  // for).
  UniqueFd TakeKept(const Address& address) {
    UniqueFd fd = std::move(kept_);
    if (!fd.valid() || !(kept_address_ == address)) return UniqueFd();
    pollfd entry{fd.get(), POLLIN | POLLRDHUP, 0};
    if (poll(&entry, 1, 0) != 0) return UniqueFd();
    return fd;
  }

  absl::StatusOr<ClientResponse> Finish(Attempt attempt, UniqueFd fd, const Address& address) {
    if (options_.keep_alive && attempt.reusable) {
      kept_ = std::move(fd);
      kept_address_ = address;
    }
    return std::move(attempt.result);
  }

  Attempt Try(int fd, const Address& address, const std::string& bytes, bool no_body, Deadline deadline) {
    const int error = SendAll(fd, bytes, clock_, deadline);
    // A server may answer and close before it has read everything (413): the answer is what counts.
    if (error != 0 && !PeerIsGone(error))
      return {SocketError(error, address, "sending the request"), false, false};
    Attempt attempt = Receive(fd, address, no_body, deadline);
    if (error != 0) attempt.reusable = false;
    return attempt;
  }

  Attempt Receive(int fd, const Address& address, bool no_body, Deadline deadline) {
    std::optional<ResponseParser> parser(std::in_place, options_.max_response, no_body);
    std::string input;  // what the parser has not taken yet
    bool any = false;
    std::array<char, 16 * 1024> buffer;
    for (;;) {
      const Received got = ReceiveSome(fd, buffer.data(), buffer.size(), clock_, deadline);
      if (got.error != 0 && !PeerIsGone(got.error)) {
        return {SocketError(got.error, address, "waiting for the answer"), false, false};
      }
      if (got.size == 0 && !any) {
        return {Error(absl::StatusCode::kUnavailable, "{}: the connection was closed before an answer came",
                      address.ToString()),
                false, true};
      }
      any = true;
      input.append(buffer.data(), got.size);
      for (;;) {
        input.erase(0, parser->Feed(input));
        if (!parser->done() || parser->response().status / 100 != 1 || parser->response().status == 101)
          break;
        parser.emplace(options_.max_response,
                       no_body);  // 100 Continue and the like: the answer is yet to come
      }
      if (got.error != 0) parser->FeedBreak();
      if (got.size == 0) parser->FeedEnd();
      if (parser->failure()) return {ParseError(*parser->failure(), address), false, false};
      if (parser->done()) return Done(*parser, got.size > 0 && input.empty());
      if (deadline.Passed(clock_))
        return {SocketError(ETIMEDOUT, address, "reading the answer"), false, false};
    }
  }

  static Attempt Done(ResponseParser& parser, bool clean) {
    ParsedResponse& parsed = parser.response();
    ClientResponse response;
    response.status = parsed.status;
    response.headers = std::move(parsed.headers);
    response.body = std::move(parsed.body);
    return {std::move(response), clean && parser.keep_alive(), false};
  }

  absl::Status ParseError(const ParseFailure& failure, const Address& address) const {
    const std::string where = address.ToString();
    if (failure.kind == ParseFailure::Kind::kTooLarge) {
      return Error(absl::StatusCode::kOutOfRange, "{}: {}: more than {} bytes", where, failure.text,
                   options_.max_response);
    }
    const bool cut = failure.kind == ParseFailure::Kind::kCutShort;
    return Error(cut ? absl::StatusCode::kUnavailable : absl::StatusCode::kInternal, "{}: {}", where,
                 failure.text);
  }

  static absl::Status SocketError(int error, const Address& address, std::string_view doing) {
    const std::string where = address.ToString();
    if (error == ETIMEDOUT) {
      return Error(absl::StatusCode::kDeadlineExceeded, "{}: the deadline passed: {}", where, doing);
    }
    return ErrnoError(error, fmt::format("{}: {}", where, doing));
  }

  Clock& clock_;
  const ClientOptions options_;
  UniqueFd kept_;
  Address kept_address_;
};

}  // namespace

std::unique_ptr<Transport> MakeClient(Clock& clock, const ClientOptions& options) {
  return std::make_unique<Client>(clock, options);
}

}  // namespace rexray::http
