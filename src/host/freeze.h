#pragma once

// Freezing a mounted file system so that nobody has to remember to thaw it: a process of its own does both.
//
//   guard process: FIFREEZE -> tells us -> waits for `thaw_at`, or for the end of `owner` -> FITHAW
//
// The daemon may be killed at any point, and the guard thaws; the guard may be killed too (all of a cgroup
// is), and the next daemon thaws what its journal says was frozen. FIFREEZE can hang for as long as the disk
// does and cannot be interrupted: a guard whose FIFREEZE succeeds after its caller has gone thaws at once.
//
// Facts: linux/fs.h (FIFREEZE: EBUSY when it is frozen already; FITHAW: EINVAL when it is not), fs/super.c.

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"

namespace rexray::host {

/// FileSystems::Freeze and Thaw; the calls are described there. Thread-safe.
absl::StatusOr<int64_t> FreezeFileSystem(Clock& clock, const std::string& mount_point, int64_t owner,
                                         Deadline thaw_at, Deadline deadline);
absl::Status ThawFileSystem(const std::string& mount_point, int64_t guard);

}  // namespace rexray::host
