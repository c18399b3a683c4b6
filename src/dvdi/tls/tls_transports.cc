#include "dvdi/tls/tls_transports.h"

#include <array>
#include <optional>

#include "base/http/parser.h"
#include "base/http/socket.h"
#include "base/http/wire.h"
#include "base/status.h"
#include "dvdi/tls/tls_session.h"

namespace rexray::dvdi {
namespace {

constexpr size_t kMaxResponse = 64 * 1024 * 1024;

class TlsTransport final : public http::Transport {
 public:
  TlsTransport(Clock& clock, TlsConfig config, std::string host)
      : clock_(clock), config_(std::move(config)), host_(std::move(host)) {}

  absl::StatusOr<http::ClientResponse> Send(const http::Address& address, const http::Request& request,
                                            Deadline deadline) override {
    const std::string authority = address.ToString().substr(std::string_view("tcp://").size());
    const std::string where = "https://" + authority;
    ASSIGN_OR_RETURN(const std::string bytes, http::SerializeRequest(request, authority, false));
    if (context_ == nullptr) {
      ASSIGN_OR_RETURN(context_, MakeTlsContext(config_, where));
    }
    ASSIGN_OR_RETURN(UniqueFd fd, http::Connect(address, clock_, deadline));
    ASSIGN_OR_RETURN(const std::unique_ptr<TlsSession> session,
                     TlsSession::Connect(std::move(fd), context_.get(), host_, where, clock_, deadline));
    RETURN_IF_ERROR(session->Write(bytes));
    return Receive(*session, where, request.method == "HEAD");
  }

 private:
  absl::StatusOr<http::ClientResponse> Receive(TlsSession& session, const std::string& where, bool no_body) {
    std::optional<http::ResponseParser> parser(std::in_place, kMaxResponse, no_body);
    std::string input;  // what the parser has not taken yet
    std::array<char, 16 * 1024> buffer;
    for (bool any = false;; any = true) {
      ASSIGN_OR_RETURN(const TlsSession::Read got, session.ReadSome(buffer.data(), buffer.size()));
      if (got.size == 0 && !any) {
        return Error(absl::StatusCode::kUnavailable, "{}: the connection was closed before an answer came",
                     where);
      }
      input.append(buffer.data(), got.size);
      for (;;) {
        input.erase(0, parser->Feed(input));
        if (!parser->done() || parser->response().status / 100 != 1) break;
        parser.emplace(kMaxResponse, no_body);  // 100 Continue and the like: the answer is yet to come
      }
      // Without TLS's goodbye somebody may have cut the answer short: only its own length ends it then.
      if (got.size == 0) got.broken ? parser->FeedBreak() : parser->FeedEnd();
      if (parser->failure()) return Failure(*parser->failure(), where);
      if (parser->done()) {
        http::ParsedResponse& parsed = parser->response();
        return http::ClientResponse{parsed.status, std::move(parsed.headers), std::move(parsed.body)};
      }
      if (got.size == 0)
        return Failure({.kind = http::ParseFailure::Kind::kCutShort, .text = "cut short"}, where);
    }
  }

  static absl::Status Failure(const http::ParseFailure& failure, const std::string& where) {
    const auto code = failure.kind == http::ParseFailure::Kind::kTooLarge   ? absl::StatusCode::kOutOfRange
                      : failure.kind == http::ParseFailure::Kind::kCutShort ? absl::StatusCode::kUnavailable
                                                                            : absl::StatusCode::kInternal;
    return Error(code, "{}: {}", where, failure.text);
  }

  Clock& clock_;
  const TlsConfig config_;
  const std::string host_;
  TlsContext context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<http::Transport>> TlsTransports::For(const Endpoint& endpoint) {
  if (!endpoint.tls) return plain_.For(endpoint);
  return std::make_unique<TlsTransport>(clock_, *endpoint.tls, endpoint.host);
}

}  // namespace rexray::dvdi
