#pragma once

// HTTP/1.1 messages from bytes: a thin cover over Boost.Beast's parser, so that one .cc file alone pays for
// compiling it. Strict (bare line feeds, two lengths, unknown transfer codings are errors) but for what
// Docker's clients need: an empty or missing Host. For this room and for transports (dvdi/tls).

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http/message.h"

namespace rexray::http {

/// Headers larger than this are refused (431).
inline constexpr size_t kMaxRequestHeader = 8 * 1024;
/// A caller's buffer must be able to grow to this: the parser wants a whole header, or a whole chunk line
/// with its extensions, in one piece. More bytes than this that the parser does not take are an error.
inline constexpr size_t kMaxUnparsed = 16 * 1024;

struct ParseFailure {
  enum class Kind { kMalformed, kTooLarge, kCutShort };
  Kind kind = Kind::kMalformed;
  int status = 400;  ///< for a request: what to answer
  std::string text;
};

/// One request after another. Not thread-safe.
class RequestParser {
 public:
  explicit RequestParser(size_t max_body);
  ~RequestParser();

  /// Takes what it can from the front of `bytes` and returns how many; the rest must be offered again, with
  /// more behind it. Takes nothing after done() or failure().
  size_t Feed(std::string_view bytes);

  bool started() const;      ///< some of a request has been taken or seen
  bool header_done() const;  ///< `request()` is complete but for its body
  bool done() const;
  const std::optional<ParseFailure>& failure() const;

  Request& request();
  bool keep_alive() const;
  bool http_1_0() const;

  /// Ready for the next request of the connection.
  void Reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ParsedResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// One response. Not thread-safe.
class ResponseParser {
 public:
  /// `no_body`: the answer to a HEAD.
  ResponseParser(size_t max_body, bool no_body);
  ~ResponseParser();

  size_t Feed(std::string_view bytes);
  /// The connection has ended; completes a response whose body goes up to there.
  void FeedEnd();
  /// The connection broke: whatever is not complete by now is cut short.
  void FeedBreak();

  bool done() const;
  const std::optional<ParseFailure>& failure() const;
  ParsedResponse& response();
  bool keep_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rexray::http
