#pragma once

// Deletes a directory with all that is in it, and nothing else, whatever its former user left in it: symbolic
// links out of it, directories without permissions, mounts, trees deeper than PATH_MAX.

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace rexray::drivers::vfs {

/// Deletes the directory `name` in `parent`. Not there is OK. A symbolic link in its place is deleted itself.
/// Goes on after what cannot be deleted and returns the first error. Cancelled, with part of it still there,
/// when `stop` says so (asked for each entry). A mount inside is not entered: FailedPrecondition.
absl::Status RemoveTree(int parent, const std::string& name, const std::function<bool()>& stop);

}  // namespace rexray::drivers::vfs
