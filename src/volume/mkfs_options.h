#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace rexray {

/// Whether mkfs.<fs_type> may be given these words ("-m", "0", "-O", "^has_journal"): an allow-list for each
/// file system. What changes the shape of the file system on its device is allowed. What makes it on
/// something else or on a part of the device (offsets, sizes, external journals and logs), reads files of
/// this machine, or makes mkfs do nothing, is InvalidArgument that names the word. Facts: mke2fs(8),
/// mkfs.xfs(8), mkfs.btrfs(8).
absl::Status ValidateMkfsOptions(std::string_view fs_type, const std::vector<std::string>& words);

}  // namespace rexray
