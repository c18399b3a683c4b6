#pragma once

// Plugins behind https:// (.json spec files), by OpenSSL over the sockets of base/http: OpenSSL itself opens
// none and resolves no names. Nothing of it is initialised before the first TLS connection. TLS 1.2 at least;
// no system-wide configuration is read.

#include "dvdi/transports.h"

namespace rexray::dvdi {

/// Unix sockets, TCP and TLS.
///
/// Errors of a TLS transport, besides http::Transport's: FailedPrecondition when the certificate files cannot
/// be used or the server's certificate is not accepted, with the reason; Unavailable when the handshake is
/// broken off.
class TlsTransports final : public Transports {
 public:
  explicit TlsTransports(Clock& clock) : clock_(clock), plain_(clock) {}
  absl::StatusOr<std::unique_ptr<http::Transport>> For(const Endpoint& endpoint) override;

 private:
  Clock& clock_;
  PlainTransports plain_;
};

}  // namespace rexray::dvdi
