#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace rexray::drivers::local {

/// Makes `directory` (and its parents) when it is not there, mode 0700.
absl::Status MakeDirectories(const std::string& directory);

/// flock(2) on `<directory>/lock`, for as long as the descriptor lives; our pid is written into it.
/// FailedPrecondition that names the other process when it is taken. The lock goes with its process, however
/// that ends.
absl::StatusOr<UniqueFd> LockDirectory(const std::string& directory);

}  // namespace rexray::drivers::local
