#pragma once

// The daemon's services, for `service ls`, `adapter` and `status`.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/rexray/admin_types.h"
#include "cli/rexray/output_format.h"

namespace rexray::cli {

absl::StatusOr<std::string> RenderServices(const DaemonStatus& status, const OutputFormat& output);
/// `adapter types`: 0.11's table of names and drivers.
absl::StatusOr<std::string> RenderDrivers(const DaemonStatus& status, const OutputFormat& output);
/// `adapter instances`: this node, as each service's backend knows it.
absl::StatusOr<std::string> RenderNodes(const std::vector<NodeInfo>& nodes, const OutputFormat& output);
/// Version, uptime, configuration; then the services and what is wrong.
absl::StatusOr<std::string> RenderStatus(const DaemonStatus& status, const OutputFormat& output);

}  // namespace rexray::cli
