#pragma once

#include <functional>
#include <memory>

#include "base/http/client.h"
#include "dvdi/places.h"
#include "mesos/volume_mounter.h"

namespace rexray::mesos {

/// Speaks to the plugin's socket itself, as dvdcli would; no process for each mount. A plugin that is not
/// there yet is waited for, 15 s at most (Docker's schedule).
class PluginMounter final : public VolumeMounter {
 public:
  using MakeTransport = std::function<std::unique_ptr<http::Transport>()>;

  /// `make_transport` is called for each Mount and Unmount: a transport serves one thread.
  PluginMounter(dvdi::PluginPlaces places, Clock& clock, MakeTransport make_transport)
      : places_(std::move(places)), clock_(clock), make_transport_(std::move(make_transport)) {}

  /// A volume that the plugin does not know is created first, unless `explicit_create`. Only the plugin's own
  /// word counts for that, never a failure to reach it.
  absl::StatusOr<std::string> Mount(const VolumeKey& volume, const DriverOptions& options,
                                    bool explicit_create, Deadline deadline) override;

  /// A volume that the plugin no longer knows is not mounted: OK.
  absl::Status Unmount(const VolumeKey& volume, Deadline deadline) override;

 private:
  const dvdi::PluginPlaces places_;
  Clock& clock_;
  const MakeTransport make_transport_;
};

}  // namespace rexray::mesos
