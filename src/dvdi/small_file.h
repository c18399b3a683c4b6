#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::dvdi {

/// The whole of a small regular file. NotFound; PermissionDenied; OutOfRange above 1 MiB; InvalidArgument for
/// what is not a regular file (a FIFO would block).
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

bool IsSocket(const std::string& path);

/// The names in a directory, in order; empty when it cannot be read.
std::vector<std::string> NamesIn(const std::string& directory);

}  // namespace rexray::dvdi
