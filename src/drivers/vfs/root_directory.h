#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace rexray::drivers::vfs {

/// Makes `root` (and its parents) when it is not there, mode 0700.
absl::Status MakeRoot(const std::string& root);

/// flock(2) on `<root>/lock`, for as long as the descriptor lives; our pid is written into it.
/// FailedPrecondition that names the other process when it is taken. The lock goes with its process, however
/// that ends.
absl::StatusOr<UniqueFd> LockRoot(const std::string& root);

}  // namespace rexray::drivers::vfs
