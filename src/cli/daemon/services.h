#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "engine/volume_engine.h"
#include "host/linux_host.h"
#include "volume/late_driver.h"

namespace rexray::daemon {

/// Drivers on their way: by service.
using Drivers = std::vector<std::pair<std::string, std::shared_ptr<LateDriver>>>;

/// What of a service's settings may change while it runs.
engine::AdjustableSettings AdjustableOf(const config::ServiceSettings& settings);

/// Begins to open every configured service's driver, each on a thread of its own, and waits a moment: a
/// daemon that says that it is ready has those open that are quick. One that fails takes nothing else with
/// it. `settings` and what `host` points to outlive the drivers.
Drivers OpenDrivers(const config::Settings& settings, const host::Host& host);

/// What the engine is told of a service.
engine::Service ServiceOf(const config::ServiceSettings& settings, std::shared_ptr<StorageDriver> driver);

}  // namespace rexray::daemon
