#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "drivers/ebs/http_transport.h"

namespace rexray::drivers::ebs {

struct CurlOptions {
  std::string user_agent = "rexray";
  std::string ca_bundle{};  ///< a PEM file; empty: the system's
};

/// HTTP over libcurl: connections are kept and used again, proxies and their exceptions come from the
/// environment, TLS certificates are checked. Requests are signed by CURLOPT_AWS_SIGV4: only POST bodies,
/// never a query string. Calls block their thread. Unavailable when libcurl is not installed.
absl::StatusOr<std::unique_ptr<HttpTransport>> MakeCurlTransport(Clock& clock, const CurlOptions& options);

}  // namespace rexray::drivers::ebs
