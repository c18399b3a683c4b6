#pragma once

// How to speak to an endpoint: the seam at which TLS, or a test's script, is put in.

#include <memory>

#include "absl/status/statusor.h"

#include "base/http/client.h"
#include "dvdi/plugin.h"

namespace rexray::dvdi {

class Transports {
 public:
  virtual ~Transports() = default;
  virtual absl::StatusOr<std::unique_ptr<http::Transport>> For(const Endpoint& endpoint) = 0;
};

/// Unix sockets and plain TCP; Unimplemented for https://. Who wants that as well takes dvdi/tls.
class PlainTransports final : public Transports {
 public:
  explicit PlainTransports(Clock& clock) : clock_(clock) {}
  absl::StatusOr<std::unique_ptr<http::Transport>> For(const Endpoint& endpoint) override;

 private:
  Clock& clock_;
};

}  // namespace rexray::dvdi
