#pragma once

// Where plugins may be found. A value, so that tests and other roots need nothing but another value.

#include <string>
#include <vector>

namespace rexray::dvdi {

struct PluginPlaces {
  std::vector<std::string> socket_dirs;  ///< NAME.sock, NAME/NAME.sock; <id>/<socket> of managed plugins
  std::vector<std::string> spec_dirs;    ///< NAME.spec, NAME/NAME.spec, NAME.json, NAME/NAME.json
  std::string docker_root;               ///< "" = "data-root" in daemon_json, else the default
  std::string default_docker_root = "/var/lib/docker";
  std::string daemon_json;    ///< "" = none
  std::string docker_socket;  ///< the engine's API, asked only when docker_root does not do; "" = none
};

/// Docker's own directories: /run/docker/plugins; /etc/docker/plugins and /usr/lib/docker/plugins.
PluginPlaces SystemPlaces();

/// What a user who is not root has in front of these for a rootless Docker: $XDG_RUNTIME_DIR/docker/plugins,
/// $XDG_CONFIG_HOME/docker/plugins (else $HOME/.config/…) and $HOME/.local/lib/docker/plugins (moby
/// pkg/plugins/discovery_unix.go, pkg/homedir), and that Docker's root and socket. Empty or relative values
/// count as unset (XDG base directory specification).
struct UserDirectories {
  std::string home;
  std::string runtime_dir;
  std::string config_home;
  std::string data_home;  ///< else $HOME/.local/share
};
PluginPlaces RootlessPlaces(const UserDirectories& user);

}  // namespace rexray::dvdi
