#include "dvdi/transports.h"

#include "base/status.h"

namespace rexray::dvdi {

absl::StatusOr<std::unique_ptr<http::Transport>> PlainTransports::For(const Endpoint& endpoint) {
  if (endpoint.tls) {
    return Error(absl::StatusCode::kUnimplemented, "https://{}: this program speaks no TLS",
                 ShortName(endpoint));
  }
  return http::MakeClient(clock_);
}

}  // namespace rexray::dvdi
