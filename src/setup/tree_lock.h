#pragma once

// One setup (or undo) at a time works on a tree: from its look at the files to the last service that it
// watched.

#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "setup/tree.h"

namespace rexray::setup {

/// flock(2) on the tree's root directory, so that nothing is left in the tree; held while the descriptor
/// lives, and gone with its process, however that ends. FailedPrecondition that names the process that has
/// it.
absl::StatusOr<UniqueFd> LockTree(const Tree& tree);

}  // namespace rexray::setup
