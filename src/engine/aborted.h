#pragma once

// A file system that the kernel has given up after an error: it stays mounted and fails every write (ext4's
// errors=remount-ro, a shutdown). Nothing but a new mount, with its journal's replay and its check, puts it
// right, and only its users can say when.

#include <string>

#include "engine/engine_core.h"

namespace rexray::engine {

/// "" when the file system of this stage is well, or is not mounted; else what happened and what to do. Reads
/// /proc, never a disk. Facts: the superblock's options in mountinfo; ext4 shows "shutdown" and, since Linux
/// 6.14, "emergency_ro" there, and "ro" before that.
std::string WhyAborted(const Core& core, const VolumeKey& key);

}  // namespace rexray::engine
