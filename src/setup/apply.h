#pragma once

// Carrying out a plan, and taking everything back.
//
// Apply: each change is recorded, then done (record.h, node.h). An error in the middle takes back what this
// run had done, so that the tree is as before the run. A process that is killed leaves each path in its old
// or its new state; a later run goes on, an Undo takes back.

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "setup/plan.h"
#include "setup/tree.h"

namespace rexray::setup {

/// Aborted when a path is no longer what the plan read.
absl::Status Apply(const Tree& tree, const Plan& plan);

/// Takes back what Apply(plan) did, in this process: where a plan's services did not come up.
absl::Status RollBack(const Tree& tree, const Plan& plan);

struct UndoRequest {
  std::string part;    ///< "" = everything
  bool force = false;  ///< also over what somebody changed since (a copy stays in PATH.rexray-edited)
};

struct UndoPlan {
  std::vector<Change> changes;     ///< in the order in which they are done
  std::vector<std::string> notes;  ///< full sentences
  std::set<std::string> units;     ///< that read what changes
  bool unit_files = false;
  bool empty = true;  ///< setup has done nothing (of this part)
};

/// Reads only. FailedPrecondition, listing the paths, when somebody has changed what setup wrote and `force`
/// is not set.
absl::StatusOr<UndoPlan> PlanUndo(const Tree& tree, const UndoRequest& request);

/// A directory that holds something by now stays.
absl::Status Undo(const Tree& tree, const UndoRequest& request);

}  // namespace rexray::setup
