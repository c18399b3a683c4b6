#pragma once

// From the admin API's JSON to the structs of admin_types.h. A field that is absent, null or of another type
// keeps its default: an older or a newer daemon is no reason to fail.

#include "cli/rexray/admin_types.h"
#include "cli/rexray/invocation.h"
#include "nlohmann/json_fwd.hpp"

namespace rexray::cli {

VolumeInfo VolumeFromJson(const nlohmann::json& json);
VolumeList VolumeListFromJson(const nlohmann::json& json);
NodeList NodeListFromJson(const nlohmann::json& json);
DaemonStatus DaemonStatusFromJson(const nlohmann::json& json);
ConsumerList ConsumersFromJson(const nlohmann::json& json);
SnapshotInfo SnapshotFromJson(const nlohmann::json& json);
SnapshotListing SnapshotListingFromJson(const nlohmann::json& json);
UsageInfo UsageFromJson(const nlohmann::json& json);
std::vector<EventInfo> EventsFromJson(const nlohmann::json& json);

/// The body of a CREATE: only what was asked for.
nlohmann::json CreateToJson(const std::string& name, const CreateOptions& options);

}  // namespace rexray::cli
