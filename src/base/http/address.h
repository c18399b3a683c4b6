#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray::http {

/// Where an HTTP server listens: "unix:///run/x.sock", a bare absolute path, "tcp://127.0.0.1:7979",
/// "tcp://[::1]:80", "tcp://:7979" (all interfaces). Hosts are IP addresses or names in /etc/hosts: no
/// resolver is ever called (getaddrinfo would dlopen NSS modules, which a static program must not).
struct Address {
  enum class Kind { kUnix, kTcp };
  Kind kind = Kind::kUnix;
  std::string path;  ///< kUnix
  std::string host;  ///< kTcp: an IP address in text; "" = any
  uint16_t port = 0;

  std::string ToString() const;  ///< as a URL that ParseAddress takes
  /// Only this machine's own processes can reach it: a unix socket, 127.0.0.0/8, ::1.
  bool IsLocal() const;
  bool operator==(const Address&) const = default;
};

/// A unix path longer than 107 bytes (sun_path, unix(7)), another scheme, or a bad port: InvalidArgument. A
/// host that is neither an IP address nor in /etc/hosts: NotFound ("localhost" is known without the file).
absl::StatusOr<Address> ParseAddress(std::string_view text);

}  // namespace rexray::http
