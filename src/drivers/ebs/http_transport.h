#pragma once

// One HTTP exchange with a cloud's endpoint. The seam between the driver and the network: the real one is
// curl_transport.h, tests script answers (testing/scripted_transport.h) or call a simulator.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/secret.h"

namespace rexray::drivers::ebs {

/// What the transport signs a request with (AWS Signature Version 4, service "ec2").
struct AwsSignature {
  std::string region;
  std::string access_key;
  Secret secret_key;
  Secret session_token;  ///< of temporary credentials; empty for an IAM user's
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::optional<AwsSignature> signature{};
  Deadline deadline = Deadline::Never();
  Duration timeout = std::chrono::seconds(20);  ///< of this exchange, whatever the deadline
  Duration connect_timeout = std::chrono::seconds(5);
  bool proxy = true;  ///< http_proxy, https_proxy, no_proxy count; false for link-local addresses
};

struct HttpReply {
  int status = 0;
  std::string body;
  std::optional<WallTime> date;  ///< the server's clock, where it said so
};

/// Thread-safe: any number of exchanges at once.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Any HTTP status is an answer. Unavailable: refused, closed in the middle, no such host, a certificate
  /// that does not fit, or no answer within `timeout`. DeadlineExceeded: the deadline passed. Messages name
  /// the host and never hold a body or a secret.
  virtual absl::StatusOr<HttpReply> Send(const HttpRequest& request) = 0;
};

}  // namespace rexray::drivers::ebs
