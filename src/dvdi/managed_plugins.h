#pragma once

// Managed plugins ("docker plugin install rexray/ebs"): their socket lies in a directory that is called after
// the plugin's id, so a name has to be turned into an id first. Sources: moby plugin/store.go (how names are
// matched), plugin/v2/plugin.go (config.json), the engine's API (GET /plugins).

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/http/client.h"
#include "dvdi/places.h"

namespace rexray::dvdi {

struct ManagedEntry {
  std::string id;         ///< 64 hex digits
  std::string name;       ///< "rexray/ebs:latest"; what "docker plugin ls" shows
  std::string reference;  ///< "docker.io/rexray/ebs:latest"; differs from the name for an alias
  std::string socket;     ///< "rexray.sock"
  std::string rootfs;
  std::string propagated_mount;
  bool enabled = false;
  bool volume_driver = false;
};

/// Where Docker keeps its data, as `places` says.
std::string DockerRoot(const PluginPlaces& places);

/// The plugins in ROOT/plugins/*/config.json. What cannot be read is left out: without root's rights, that is
/// all of them.
std::vector<ManagedEntry> ReadManagedPlugins(const std::string& docker_root);

/// The same from the engine's API, for a Docker whose root cannot be known or read.
absl::StatusOr<std::vector<ManagedEntry>> AskForManagedPlugins(http::Transport& transport,
                                                               const std::string& docker_socket,
                                                               Deadline deadline);

/// The volume plugin that `name` means: an id, or a name with or without its tag ("latest" goes first), or
/// the reference it was installed from, or the beginning of an id (4 digits at least). NotFound when there is
/// none or it is disabled; FailedPrecondition, with the ids, when there are several.
absl::StatusOr<ManagedEntry> ChooseManagedPlugin(const std::vector<ManagedEntry>& entries,
                                                 std::string_view name);

bool IsPluginId(std::string_view text);

}  // namespace rexray::dvdi
