#include "cli/daemon/services.h"

#include <utility>

#include "drivers/registry.h"

namespace rexray::daemon {
namespace {

/// Docker mounts, unmounts and mounts again when it creates a container (the copy-up): a device that comes
/// over a network stays that long.
constexpr Duration kNetworkLinger = std::chrono::seconds(3);

/// Longer than any driver takes that has its disk; a slower one is "starting" when we are ready.
constexpr Duration kMoment = std::chrono::seconds(1);

}  // namespace

engine::AdjustableSettings AdjustableOf(const config::ServiceSettings& settings) {
  engine::AdjustableSettings out;
  if (settings.default_size > 0) out.default_size = settings.default_size;
  if (!settings.default_fs_type.empty()) out.default_fs_type = settings.default_fs_type;
  out.default_type = settings.default_type;
  out.default_iops = settings.default_iops;
  out.default_zone = settings.default_zone;
  out.default_tags = settings.default_tags;
  out.preempt = ParsePreempt(settings.preempt).value_or(Preempt::kNever);
  return out;
}

engine::Service ServiceOf(const config::ServiceSettings& settings, std::shared_ptr<StorageDriver> driver) {
  engine::Service service;
  static_cast<engine::AdjustableSettings&>(service) = AdjustableOf(settings);
  service.name = settings.name;
  service.driver = std::move(driver);
  service.root_path = settings.root_path;
  service.file_mode = settings.file_mode;
  service.ignore_used_count = settings.ignore_used_count;
  service.mount_retries = settings.mount_retry_count;
  service.mount_retry_wait = settings.mount_retry_wait;
  service.create_disabled = settings.create_disabled;
  service.remove_disabled = settings.remove_disabled;
  service.implicit_create = settings.implicit_create;
  service.remove_foreign = settings.remove_foreign;
  const bool network = service.driver->Capabilities().network;
  service.stale_after = settings.stale_after;
  service.linger = settings.linger.value_or(network ? kNetworkLinger : Duration::zero());
  return service;
}

Drivers OpenDrivers(const config::Settings& settings, const host::Host& host) {
  Drivers drivers;
  for (const config::ServiceSettings& service : settings.services) {
    const drivers::DriverRequest request{.service = service.name,
                                         .driver_name = service.driver,
                                         .setting = service.lookup,
                                         .lib_directory = settings.paths.lib};
    LateDriver::Options options;
    options.service = service.name;
    options.driver = drivers::CanonicalDriverName(service.driver);
    options.expected = drivers::ExpectedCapabilities(service.driver);
    drivers.emplace_back(service.name, std::make_shared<LateDriver>(options, *host.clock, [request, host] {
                           return drivers::MakeDriver(request, host);
                         }));
  }
  for (const auto& [service, driver] : drivers) driver->Begin();
  const Deadline moment = Deadline::After(*host.clock, kMoment);
  for (const auto& [service, driver] : drivers) driver->AwaitFirstAttempt(moment);
  return drivers;
}

}  // namespace rexray::daemon
