#include "engine/snapshot_lookup.h"

#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray::engine {

absl::StatusOr<std::vector<Snapshot>> AllSnapshots(const Core& core, ServiceState& service) {
  ASSIGN_OR_RETURN(std::vector<Snapshot> snapshots, service.driver().ListSnapshots(core.WorkContext()));
  for (Snapshot& snapshot : snapshots) snapshot.service = service.config.name;
  return snapshots;
}

/// An id counts before a name.
absl::StatusOr<Snapshot> FindSnapshot(const Core& core, ServiceState& service,
                                      const std::string& id_or_name) {
  ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots, AllSnapshots(core, service));
  std::vector<const Snapshot*> found;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.id == id_or_name) return snapshot;
    if (snapshot.name == id_or_name) found.push_back(&snapshot);
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    return Error(absl::StatusCode::kNotFound, "there is no snapshot \"{}\" on service \"{}\"",
                 Printable(id_or_name), service.config.name);
  }
  std::string ids;
  for (const Snapshot* snapshot : found) ids += (ids.empty() ? "" : ", ") + snapshot->id;
  return Error(absl::StatusCode::kFailedPrecondition,
               "the name \"{}\" is ambiguous on service \"{}\": snapshots {} have it; use an id",
               Printable(id_or_name), service.config.name, ids);
}

}  // namespace rexray::engine
