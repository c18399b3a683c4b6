#pragma once

// A small blocking HTTP/1.1 client for unix sockets and TCP: what the command line, dvdcli and the isolator
// use. No threads, no resolver, no global state; it links into a static program.

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/http/address.h"
#include "base/http/message.h"

namespace rexray::http {

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// The seam behind which tests put a scripted server.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sends one request on a connection of its own or a kept-alive one. Errors: NotFound (no such socket
  /// file), Unavailable (refused, reset, closed before or in the middle of an answer), DeadlineExceeded
  /// (which covers connecting, writing and reading together), PermissionDenied (EACCES), OutOfRange (an
  /// answer above the limit), Internal (not an HTTP answer), InvalidArgument (a method, target or header that
  /// HTTP cannot carry). An HTTP status of any kind is not an error.
  ///
  /// Host, Content-Length and Connection are filled in; `request.headers` may replace Host alone of these.
  virtual absl::StatusOr<ClientResponse> Send(const Address& address, const Request& request,
                                              Deadline deadline) = 0;
};

struct ClientOptions {
  size_t max_response = 64 * 1024 * 1024;  ///< of the body
  /// Keep one connection to the last address. When the server turns out to have closed it, before a byte of
  /// an answer came, the request is sent once more on a new connection: callers send only requests that may
  /// be repeated.
  bool keep_alive = false;
};

/// Not thread-safe: one for each thread.
std::unique_ptr<Transport> MakeClient(Clock& clock, const ClientOptions& options = {});

}  // namespace rexray::http
