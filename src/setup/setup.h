#pragma once

// A setup from end to end: plan, apply, and where it is asked for the services restarted, watched, and
// everything taken back when one does not come up.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "setup/apply.h"
#include "setup/parts.h"
#include "setup/plan.h"
#include "setup/service_manager.h"

namespace rexray::setup {

/// `parts`: "service", "docker", "mesos", "dcos"; none = those that this machine is for. Reads only. The
/// first part that cannot be planned ends it: nothing is done by halves.
absl::StatusOr<Plan> PlanSetup(const Tree& tree, const std::vector<std::string>& parts,
                               const PartOptions& options);

/// Units to restart, once each, rexray's own first: the others may ask it for volumes at once.
std::vector<std::string> UnitsOf(const std::vector<Change>& changes);

/// `manager`: null = no service manager runs in the tree; nothing but files changes. With `restart`, a unit
/// that does not come up takes everything back; the error says why it did not.
absl::Status RunSetup(const Tree& tree, const Plan& plan, ServiceManager* manager, bool restart);

/// With `restart`, a unit that goes is stopped first, the others are restarted. An undo is not taken back: a
/// unit that does not come up afterwards is the error.
absl::Status RunUndo(const Tree& tree, const UndoRequest& request, ServiceManager* manager, bool restart);

}  // namespace rexray::setup
