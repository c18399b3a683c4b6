#pragma once

// From a driver's name to a plugin's socket, in Docker's order (moby pkg/plugins/discovery.go): NAME.sock and
// NAME/NAME.sock; NAME.spec, NAME/NAME.spec, NAME.json, NAME/NAME.json; then, which Docker keeps to itself,
// managed plugins by their name.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/http/client.h"
#include "dvdi/managed_plugins.h"
#include "dvdi/places.h"
#include "dvdi/plugin.h"

namespace rexray::dvdi {

/// Not thread-safe. Looks at the disk anew at each call; caches nothing.
class Discovery {
 public:
  /// `engine` talks to Docker's own API, when that is needed.
  Discovery(PluginPlaces places, http::Transport& engine, Clock& clock);

  /// One look. NotFound: "plugin not found (looked …)"; InvalidArgument: a name that is refused, a spec file
  /// that says nothing usable, or a socket path that is too long; FailedPrecondition: several managed plugins
  /// fit; PermissionDenied: the file is there and we may not read it.
  absl::StatusOr<Plugin> Find(std::string_view name, Deadline deadline);

  /// The names of all plugins, each once, in order; managed plugins by their full names. They need not be
  /// volume plugins, nor alive.
  std::vector<std::string> AllNames(Deadline deadline);

 private:
  absl::StatusOr<Plugin> FindManaged(std::string_view name, Deadline deadline);
  std::vector<ManagedEntry> Managed(const std::string& root, Deadline deadline);
  absl::StatusOr<Plugin> FromEntry(std::string_view name, const ManagedEntry& entry) const;
  absl::Status NotFound(std::string_view why) const;

  const PluginPlaces places_;
  http::Transport& engine_;
  Clock& clock_;
};

}  // namespace rexray::dvdi
