#pragma once

// The seam between the isolator and whoever mounts: a plugin's socket (plugin_mounter.h) or a dvdcli that is
// executed (dvdcli_mounter.h).

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "mesos/volume_request.h"

namespace rexray::mesos {

/// Thread-safe; calls for different volumes run at the same time. The core never makes two calls for one
/// volume at once. Calls block, until `deadline` at the latest.
class VolumeMounter {
 public:
  virtual ~VolumeMounter() = default;

  /// The mount point as the plugin gave it, unchecked. Idempotent. NotFound: there is no such plugin (or no
  /// dvdcli), and nothing was done. Any other error can mean that it is mounted all the same: the caller
  /// unmounts.
  virtual absl::StatusOr<std::string> Mount(const VolumeKey& volume, const DriverOptions& options,
                                            bool explicit_create, Deadline deadline) = 0;

  /// Unknown and Internal: the plugin, or dvdcli, was asked and said no.
  virtual absl::Status Unmount(const VolumeKey& volume, Deadline deadline) = 0;
};

}  // namespace rexray::mesos
