#pragma once

#include <string>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/subprocess.h"
#include "host/block_devices.h"

namespace rexray::host {

/// FileSystems::NewUuid.
///
/// ext4: tune2fs -U random. xfs: its log must be empty, and a snapshot's never is (a frozen xfs leaves it so
/// that unlinked files are cleaned up after a crash); a mount that no directory shows replays it. btrfs:
/// btrfstune -m, which writes the superblock only, whatever the size.
absl::Status GiveNewUuid(CommandRunner& runner, BlockDevices& devices, Clock& clock,
                         const std::string& device, const std::string& fs_type, Deadline deadline);

}  // namespace rexray::host
