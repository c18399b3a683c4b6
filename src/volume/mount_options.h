#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray {

/// "noatime,data=journal" -> one option each. Refuses what would change what is mounted or where (bind,
/// rbind, move, remount, loop, offset=, propagation flags, X-mount.*, helpers), control characters, and
/// over-long text.
absl::StatusOr<std::vector<std::string>> ParseMountOptions(std::string_view text);

/// The file systems that we make and mount: ext4, xfs, btrfs. "" is allowed and means the default.
absl::Status ValidateFsType(std::string_view fs_type);

}  // namespace rexray
