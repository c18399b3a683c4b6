#pragma once

// What discovery finds: a Docker volume plugin and how to reach it. Values; no I/O.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/http/address.h"

namespace rexray::dvdi {

/// "TLSConfig" of a .json spec file (moby pkg/plugins/discovery.go). Without a CA file nothing is verified,
/// whatever the file says, as in Docker.
struct TlsConfig {
  bool insecure_skip_verify = false;
  std::string ca_file;    ///< PEM; the only roots that are trusted
  std::string cert_file;  ///< PEM; ours, for servers that ask
  std::string key_file;

  bool operator==(const TlsConfig&) const = default;
};

struct Endpoint {
  http::Address address;
  std::optional<TlsConfig> tls;  ///< set for https:// alone
  std::string host;              ///< as written in the URL, for the certificate; empty for a unix socket

  bool operator==(const Endpoint&) const = default;
};

/// "/run/docker/plugins/x.sock" or "127.0.0.1:7979": how the original names a plugin in its messages.
std::string ShortName(const Endpoint& endpoint);

/// A plugin that Docker runs in a container of its own ("docker plugin install"). It answers with paths of
/// that container.
struct ManagedPlugin {
  std::string id;                ///< 64 hex digits
  std::string rootfs;            ///< where the container's root lies on the host
  std::string propagated_mount;  ///< of config.json; "" when it has none
};

struct Plugin {
  std::string name;  ///< as the user wrote it
  Endpoint endpoint;
  std::string found_at;  ///< the file that led to it
  std::optional<ManagedPlugin> managed;
};

/// Refuses what would leave the plugin directories: an empty name, a leading "/", an empty, "." or ".." part
/// and control characters (a driver name comes from strangers: mesos.md 2.10 S7). "rexray/ebs" and
/// "rexray/ebs:1.0" are fine.
absl::Status CheckPluginName(std::string_view name);

/// What a plugin answered to Mount: an absolute, normalised path that is not "/", without control
/// characters; trailing slashes are taken away, anything else is InvalidArgument. Somebody bind-mounts it.
absl::StatusOr<std::string> CheckMountpoint(std::string_view path);

/// `path`, which the plugin answered, as this host sees it (moby plugin/v2: below the propagated mount, or
/// below the root of the plugin's container). Other plugins' paths and empty ones come back as they are.
std::string OnThisHost(const Plugin& plugin, const std::string& path);

}  // namespace rexray::dvdi
