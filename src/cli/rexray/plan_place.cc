#include "cli/rexray/plan_place.h"

#include <utility>

namespace rexray::cli {

/// A plan without these is a plan all the same: a backend that does not answer will be named by the command
/// itself.
void PlanPlaces::Ask() {
  if (std::exchange(asked_, true)) return;
  if (absl::StatusOr<NodeList> nodes = client_.Nodes(); nodes.ok()) nodes_ = *std::move(nodes);
  if (absl::StatusOr<DaemonStatus> status = client_.Status(); status.ok()) status_ = *std::move(status);
}

PlanPlace PlanPlaces::Of(const std::string& service, const std::string& volume) {
  Ask();
  const std::string& meant = service.empty() ? status_.default_service : service;
  PlanPlace place{.node = "this node", .mount = "mount"};
  for (const NodeInfo& node : nodes_.nodes) {
    if (node.service == meant && !node.id.empty()) place.node = node.id;
  }
  if (status_.volumes_root.empty()) return place;
  place.mount += " at " + status_.volumes_root + "/";
  if (meant != status_.default_service) place.mount += ".services/" + meant + "/";
  place.mount += volume;
  return place;
}

}  // namespace rexray::cli
