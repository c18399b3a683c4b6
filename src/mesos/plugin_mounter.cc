#include "mesos/plugin_mounter.h"

#include "base/http/client.h"
#include "base/status.h"
#include "dvdi/discovery.h"
#include "dvdi/retry.h"
#include "dvdi/volume_plugin.h"

namespace rexray::mesos {
namespace {

/// Discovery with Docker's patience: an agent may well start before the plugin.
absl::StatusOr<dvdi::Plugin> Find(const dvdi::PluginPlaces& places, const std::string& driver, Clock& clock,
                                  Deadline deadline) {
  const auto engine = http::MakeClient(clock);
  dvdi::Discovery discovery(places, *engine, clock);
  const dvdi::Patience patience;
  dvdi::RetrySchedule schedule(clock, patience, deadline);
  while (true) {
    auto found = discovery.Find(driver, deadline);
    if (found.ok()) return found;
    if (!absl::IsNotFound(found.status()) || !schedule.WaitBeforeNext("Unable to locate plugin: " + driver)) {
      return Annotate(found.status(), fmt::format("looking up volume plugin {}", driver));
    }
  }
}

/// `body(plugin)` with the driver's plugin, after Activate.
template <typename Result, typename Body>
Result WithPlugin(const dvdi::PluginPlaces& places, const std::string& driver, dvdi::Transports& transports,
                  Clock& clock, Deadline deadline, Body body) {
  auto found = Find(places, driver, clock, deadline);
  if (!found.ok()) return found.status();
  auto transport = transports.For(found->endpoint);
  if (!transport.ok()) return transport.status();
  dvdi::VolumePlugin plugin(*std::move(found), **transport, clock, {});
  if (absl::Status active = plugin.Activate(deadline); !active.ok()) return active;
  return body(plugin);
}

}  // namespace

absl::StatusOr<std::string> PluginMounter::Mount(const VolumeKey& volume, const DriverOptions& options,
                                                 bool explicit_create, Deadline deadline) {
  using Result = absl::StatusOr<std::string>;
  const auto body = [&](dvdi::VolumePlugin& plugin) -> Result {
    const absl::Status known = plugin.Get(volume.name, deadline).status();
    if (!known.ok() && (explicit_create || !dvdi::PluginSaidNo(known))) return known;
    if (!known.ok()) RETURN_IF_ERROR(plugin.Create(volume.name, options, deadline));
    auto path = plugin.Mount(volume.name, dvdi::DvdcliConsumer(volume.name), deadline);
    if (!absl::IsNotFound(path.status())) return path;
    // The plugin was there a moment ago; it may have done what it was asked.
    return absl::UnavailableError(path.status().message());
  };
  return WithPlugin<Result>(places_, volume.driver, transports_, clock_, deadline, body);
}

absl::Status PluginMounter::Unmount(const VolumeKey& volume, Deadline deadline) {
  const auto body = [&](dvdi::VolumePlugin& plugin) -> absl::Status {
    absl::Status unmounted = plugin.Unmount(volume.name, dvdi::DvdcliConsumer(volume.name), deadline);
    if (unmounted.ok() || !dvdi::PluginSaidNo(unmounted)) return unmounted;
    // Some plugins call it an error to unmount what is gone; then Get fails as well.
    return dvdi::PluginSaidNo(plugin.Get(volume.name, deadline).status()) ? absl::OkStatus() : unmounted;
  };
  return WithPlugin<absl::Status>(places_, volume.driver, transports_, clock_, deadline, body);
}

}  // namespace rexray::mesos
