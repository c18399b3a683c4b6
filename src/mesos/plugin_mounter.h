#pragma once

#include "dvdi/places.h"
#include "dvdi/transports.h"
#include "mesos/volume_mounter.h"

namespace rexray::mesos {

/// Speaks to the plugin's socket itself, as dvdcli would; no process for each mount. A plugin that is not
/// there yet is waited for, 15 s at most (Docker's schedule).
class PluginMounter final : public VolumeMounter {
 public:
  /// `transports` lives longer and is thread-safe.
  PluginMounter(dvdi::PluginPlaces places, Clock& clock, dvdi::Transports& transports)
      : places_(std::move(places)), clock_(clock), transports_(transports) {}

  /// A volume that the plugin does not know is created first, unless `explicit_create`. Only the plugin's own
  /// word counts for that, never a failure to reach it.
  absl::StatusOr<std::string> Mount(const VolumeKey& volume, const DriverOptions& options,
                                    bool explicit_create, Deadline deadline) override;

  /// A volume that the plugin no longer knows is not mounted: OK.
  absl::Status Unmount(const VolumeKey& volume, Deadline deadline) override;

 private:
  const dvdi::PluginPlaces places_;
  Clock& clock_;
  dvdi::Transports& transports_;
};

}  // namespace rexray::mesos
