#include "base/http/parser.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>

namespace rexray::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using BeastError = beast::http::error;

constexpr uint32_t kMaxResponseHeader = kMaxUnparsed;

void AddHeader(Headers& headers, beast::string_view name, beast::string_view value) {
  auto& [key, text] =
      headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

// Beast reads any transfer coding but "chunked" as "no body"; what follows would then be taken for the next
// message.
bool UnknownCoding(const Headers& headers) {
  const std::string* coding = FindHeader(headers, "transfer-encoding");
  return coding != nullptr && !beast::iequals(*coding, "chunked");
}

ParseFailure FailureOf(const error_code& error) {
  if (error == BeastError::body_limit) return {ParseFailure::Kind::kTooLarge, 413, "the body is too large"};
  if (error == BeastError::header_limit)
    return {ParseFailure::Kind::kTooLarge, 431, "the headers are too large"};
  return {ParseFailure::Kind::kMalformed, 400, "not HTTP/1.1: " + error.message()};
}

// What requests and responses have in common. `Message` has headers and body.
template <bool kIsRequest, typename Message>
class Parser final : public beast::http::basic_parser<kIsRequest> {
 public:
  Message message;
  std::optional<ParseFailure> failure;
  bool header_done = false;
  int version = 11;  ///< 10 for HTTP/1.0

  size_t Feed(std::string_view bytes) {
    if (failure || this->is_done() || bytes.empty()) return 0;
    error_code error;
    const size_t taken = this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error == BeastError::need_more) {
      error = {};
      if (bytes.size() - taken >= kMaxUnparsed) error = BeastError::header_limit;
    }
    if (error && !failure) failure = FailureOf(error);
    return taken;
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int http_version, error_code&) override {
    version = http_version;
    if constexpr (kIsRequest) {
      message.method.assign(method.data(), method.size());
      message.target.assign(target.data(), target.size());
    }
  }
  void on_response_impl(int status, beast::string_view, int, error_code&) override {
    if constexpr (!kIsRequest) message.status = status;
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (!header_done) AddHeader(message.headers, name, value);  // trailers are of no use to anybody here
  }
  void on_header_impl(error_code& error) override {
    header_done = true;
    if (UnknownCoding(message.headers)) {
      failure = ParseFailure{ParseFailure::Kind::kMalformed, 501, "this transfer coding is not supported"};
      error = BeastError::bad_transfer_encoding;
    }
  }
  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    if (length)
      message.body.reserve(std::min<uint64_t>(*length, 64 * 1024));  // the length is only a claim so far
  }
  size_t on_body_impl(beast::string_view body, error_code&) override {
    message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view body, error_code&) override {
    message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

struct RequestParser::Impl {
  explicit Impl(size_t limit) : max_body(limit) { Begin(); }
  void Begin() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(kMaxRequestHeader);
    parser->body_limit(max_body);
    started = false;
  }

  const size_t max_body;
  bool started = false;
  std::optional<Parser<true, Request>> parser;
};

RequestParser::RequestParser(size_t max_body) : impl_(std::make_unique<Impl>(max_body)) {}
RequestParser::~RequestParser() = default;

size_t RequestParser::Feed(std::string_view bytes) {
  size_t skipped = 0;
  if (!impl_->started) {
    // Empty lines before a request are to be ignored (RFC 9112 section 2.2); some clients end a body with
    // one.
    while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    bytes.remove_prefix(skipped);
    if (bytes == "\r") return skipped;
  }
  if (bytes.empty()) return skipped;
  impl_->started = true;
  return skipped + impl_->parser->Feed(bytes);
}

bool RequestParser::started() const {
  return impl_->started;
}
bool RequestParser::header_done() const {
  return impl_->parser->header_done;
}
bool RequestParser::done() const {
  return impl_->parser->is_done() && !impl_->parser->failure;
}
const std::optional<ParseFailure>& RequestParser::failure() const {
  return impl_->parser->failure;
}
Request& RequestParser::request() {
  return impl_->parser->message;
}
bool RequestParser::keep_alive() const {
  return impl_->parser->is_header_done() && impl_->parser->keep_alive();
}
bool RequestParser::http_1_0() const {
  return impl_->parser->version < 11;
}
void RequestParser::Reset() {
  impl_->Begin();
}

struct ResponseParser::Impl {
  Parser<false, ParsedResponse> parser;
};

ResponseParser::ResponseParser(size_t max_body, bool no_body) : impl_(std::make_unique<Impl>()) {
  impl_->parser.eager(true);
  impl_->parser.header_limit(kMaxResponseHeader);
  impl_->parser.body_limit(max_body);
  impl_->parser.skip(no_body);
}
ResponseParser::~ResponseParser() = default;

size_t ResponseParser::Feed(std::string_view bytes) {
  return impl_->parser.Feed(bytes);
}

void ResponseParser::FeedEnd() {
  auto& parser = impl_->parser;
  if (parser.failure || parser.is_done()) return;
  error_code error = BeastError::partial_message;
  if (parser.got_some()) parser.put_eof(error);
  if (error) FeedBreak();
}

void ResponseParser::FeedBreak() {
  if (impl_->parser.failure || impl_->parser.is_done()) return;
  impl_->parser.failure = ParseFailure{ParseFailure::Kind::kCutShort, 502,
                                       "the connection was closed in the middle of the answer"};
}

bool ResponseParser::done() const {
  return impl_->parser.is_done() && !impl_->parser.failure;
}
const std::optional<ParseFailure>& ResponseParser::failure() const {
  return impl_->parser.failure;
}
ParsedResponse& ResponseParser::response() {
  return impl_->parser.message;
}
bool ResponseParser::keep_alive() const {
  return impl_->parser.keep_alive();
}

}  // namespace rexray::http
