#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "config/settings.h"
#include "engine/volume_engine.h"
#include "host/linux_host.h"

namespace rexray::daemon {

/// A service whose driver could not be started: it alone is down, and says why.
struct DownService {
  std::string name;
  absl::Status why;
};

struct OpenedServices {
  std::vector<engine::Service> up;
  std::vector<DownService> down;
};

/// What of a service's settings may change while it runs.
engine::AdjustableSettings AdjustableOf(const config::ServiceSettings& settings);

/// Starts every configured driver. A driver that fails takes nothing else with it.
OpenedServices OpenServices(const config::Settings& settings, const host::Host& host);

}  // namespace rexray::daemon
