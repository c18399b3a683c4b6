#pragma once

#include <string>

#include "absl/status/status.h"

#include "base/deadline.h"
#include "base/subprocess.h"

namespace rexray::host {

/// FileSystems::Check for ext2/3/4: `e2fsck -p`.
///
/// The disk stays as it was when e2fsck gives up: on a file system that is marked as damaged e2fsck keeps an
/// undo file, and what it did before giving up is taken back by e2undo. A journal alone that wants to be
/// replayed needs none: replaying it is what every mount does.
///
/// kFull looks through the whole file system (-f), also when it is marked as clean.
enum class Ext4Check { kAsNeeded, kFull };
absl::Status CheckExt4(CommandRunner& runner, const std::string& device, Deadline deadline,
                       Ext4Check how = Ext4Check::kAsNeeded);

}  // namespace rexray::host
