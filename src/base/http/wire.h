#pragma once

// Requests and responses as the bytes of HTTP/1.1. For this room and for transports (dvdi/tls).

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/http/message.h"

namespace rexray::http {

/// "OK", "Not Found", …; "Status" for a number without a name.
std::string_view ReasonOf(int status);

/// How the connection goes on after a response; decided when the request was read.
struct Framing {
  bool keep_alive = true;
  bool http_1_0 = false;  ///< keep-alive has to be said aloud
};

/// The status line and headers, with the empty line; the body follows as it is (none at all for 1xx, 204,
/// 304).
std::string ResponseHead(const Response& response, Framing framing);

/// False for the statuses that never have a body.
bool StatusHasBody(int status);

/// {"Err": "…"}, what Docker and our own command line look for in an error.
Response ErrorResponse(int status, std::string_view text);

/// A whole request. `host` is used unless the request names one. Content-Length and Connection are always
/// ours. InvalidArgument when a part would break out of its place (a space or control character in the
/// target, say).
absl::StatusOr<std::string> SerializeRequest(const Request& request, std::string_view host, bool keep_alive);

}  // namespace rexray::http
