#pragma once

// Spec files: text that says where a plugin listens (docs.docker.com, "Plugin discovery"). No I/O.

#include <string_view>

#include "absl/status/statusor.h"

#include "dvdi/plugin.h"

namespace rexray::dvdi {

/// "unix:///run/x.sock", "tcp://host:port", "http://host[:port]", "https://host[:port]". `tls` counts for
/// https alone. Host names come from /etc/hosts (base/http/address.h).
absl::StatusOr<Endpoint> ParsePluginUrl(std::string_view url, const TlsConfig& tls);

/// The contents of NAME.spec: one URL, with white space around it.
absl::StatusOr<Endpoint> ParseSpecFile(std::string_view text);

/// The contents of NAME.json: {"Addr": URL, "TLSConfig": {…}}; its "Name" is not looked at: a plugin is
/// called what its file is called.
absl::StatusOr<Endpoint> ParseJsonFile(std::string_view text);

}  // namespace rexray::dvdi
