#include "mesos/plugin_mounter.h"

#include "base/status.h"
#include "dvdi/discovery.h"
#include "dvdi/retry.h"
#include "dvdi/volume_plugin.h"

namespace rexray::mesos {
namespace {

/// Discovery with Docker's patience: an agent may well start before the plugin.
absl::StatusOr<dvdi::Plugin> Find(const dvdi::PluginPlaces& places, const std::string& driver,
                                  http::Transport& transport, Clock& clock, Deadline deadline) {
  dvdi::Discovery discovery(places, transport, clock);
  const dvdi::Patience patience;
  dvdi::RetrySchedule schedule(clock, patience, deadline);
  while (true) {
    auto found = discovery.Find(driver, deadline);
    if (found.ok() || !absl::IsNotFound(found.status()) ||
        !schedule.WaitBeforeNext("Unable to locate plugin: " + driver)) {
      if (!found.ok()) return Annotate(found.status(), fmt::format("looking up volume plugin {}", driver));
      return found;
    }
  }
}

/// With the discovered plugin in hand: `body(plugin)`, after Activate.
template <typename Body>
auto WithPlugin(const dvdi::PluginPlaces& places, const std::string& driver, http::Transport& transport,
                Clock& clock, Deadline deadline, Body body)
    -> decltype(body(std::declval<dvdi::VolumePlugin&>())) {
  auto found = Find(places, driver, transport, clock, deadline);
  if (!found.ok()) return found.status();
  dvdi::VolumePlugin plugin(*std::move(found), transport, clock, {});
  if (absl::Status active = plugin.Activate(deadline); !active.ok()) return active;
  return body(plugin);
}

}  // namespace

absl::StatusOr<std::string> PluginMounter::Mount(const VolumeKey& volume, const DriverOptions& options,
                                                 bool explicit_create, Deadline deadline) {
  const auto transport = make_transport_();
  return WithPlugin(places_, volume.driver, *transport, clock_, deadline,
                    [&](dvdi::VolumePlugin& plugin) -> absl::StatusOr<std::string> {
                      const absl::Status known = plugin.Get(volume.name, deadline).status();
                      if (!known.ok() && (explicit_create || !dvdi::PluginSaidNo(known))) return known;
                      if (!known.ok()) RETURN_IF_ERROR(plugin.Create(volume.name, options, deadline));
                      return plugin.Mount(volume.name, dvdi::DvdcliConsumer(volume.name), deadline);
                    });
}

absl::Status PluginMounter::Unmount(const VolumeKey& volume, Deadline deadline) {
  const auto transport = make_transport_();
  return WithPlugin(places_, volume.driver, *transport, clock_, deadline, [&](dvdi::VolumePlugin& plugin) {
    const absl::Status unmounted = plugin.Unmount(volume.name, dvdi::DvdcliConsumer(volume.name), deadline);
    if (unmounted.ok() || !dvdi::PluginSaidNo(unmounted)) return unmounted;
    // Some plugins call it an error to unmount what is gone; then Get fails as well.
    return dvdi::PluginSaidNo(plugin.Get(volume.name, deadline).status()) ? absl::OkStatus() : unmounted;
  });
}

}  // namespace rexray::mesos
