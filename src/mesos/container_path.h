#pragma once

// Where on the host a volume has to be bound so that the container finds it at its container path:
//
//   path            container without an image        container with an image (rootfs)
//   relative        made in the sandbox               made in the sandbox; bound at
//   ROOTFS/SANDBOX_IN_CONTAINER/path absolute        must exist, or lie under /tmp     made in the image;
//   links are the image's own in the sandbox  as relative                       as relative
//
// An absolute path on the host would be bound in the task's own mount namespace alone, and still is a way to
// become root: with another /etc a setuid program of the host believes another passwd(5). So system
// directories are refused, and so is every path whose parts somebody else than root could replace before the
// bind is made (/home/alice/data), unless the operator allows them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "mesos/path_walk.h"

namespace rexray::mesos {

struct ContainerPlace {
  std::string sandbox;  ///< on the host; normal form
  std::string rootfs;   ///< on the host; empty: the container has no image
  std::string sandbox_in_container = "/mnt/mesos/sandbox";  ///< the agent's --sandbox_directory
  std::optional<Owner> user = {};  ///< whom directories made in the sandbox belong to
};

struct PathPolicy {
  std::vector<std::string> allowed_host_paths;  ///< with everything inside; normal form
  std::string host_root = "/";                  ///< of absolute paths; other values are for tests
  uid_t trusted_user = 0;
};

/// `path` in normal form (NormalContainerPath). The directory exists afterwards (or will, once Mesos has
/// mounted the sandbox into the image). Errors begin with "prepare() failed, containerpath".
absl::StatusOr<std::string> ResolveContainerPath(const std::string& path, const ContainerPlace& place,
                                                 const PathPolicy& policy);

/// In, or above, a directory whose content the host's own programs trust. Normal form.
bool IsSystemPath(std::string_view path);

}  // namespace rexray::mesos
