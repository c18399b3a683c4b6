#pragma once

// The files behind volumes and snapshots: sparse, and copied without filling their holes.

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace rexray::ec2sim {

/// A new file of `size` bytes, all holes. Fails when it exists.
absl::Status MakeImage(const std::string& path, uint64_t size);

/// `to` becomes what `from` is now: by reflink where the file system can (an instant), else by its data
/// extents. Fails when `to` exists.
absl::Status CopyImage(const std::string& from, const std::string& to);

/// Larger only.
absl::Status GrowImage(const std::string& path, uint64_t size);

}  // namespace rexray::ec2sim
