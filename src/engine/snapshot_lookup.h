#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/engine_core.h"

namespace rexray::engine {

/// All of a service, fresh, with the service's name in them.
absl::StatusOr<std::vector<Snapshot>> AllSnapshots(const Core& core, ServiceState& service);

/// An id counts before a name. NotFound; FailedPrecondition for a name that is ambiguous.
absl::StatusOr<Snapshot> FindSnapshot(const Core& core, ServiceState& service, const std::string& id_or_name);

}  // namespace rexray::engine
