#include "cli/daemon/services.h"

#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "drivers/registry.h"

namespace rexray::daemon {
namespace {

/// Docker mounts, unmounts and mounts again when it creates a container (the copy-up): a device that comes
/// over a network stays that long.
constexpr Duration kNetworkLinger = std::chrono::seconds(3);

engine::Service ServiceOf(const config::ServiceSettings& settings, std::unique_ptr<StorageDriver> driver) {
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

OpenedServices OpenServices(const config::Settings& settings, const host::Host& host) {
  OpenedServices opened;
  for (const config::ServiceSettings& service : settings.services) {
    const drivers::DriverRequest request{.service = service.name,
                                         .driver_name = service.driver,
                                         .setting = service.lookup,
                                         .lib_directory = settings.paths.lib};
    absl::StatusOr<std::unique_ptr<StorageDriver>> driver = drivers::MakeDriver(request, host);
    if (driver.ok()) {
      opened.up.push_back(ServiceOf(service, *std::move(driver)));
      continue;
    }
    LogError("a service is down", {{"service", service.name},
                                   {"driver", service.driver},
                                   {"reason", std::string(MessageOf(driver.status()))}});
    opened.down.push_back({service.name, driver.status()});
  }
  return opened;
}

}  // namespace rexray::daemon
