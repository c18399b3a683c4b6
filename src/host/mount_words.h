#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::host {

/// Options as mount(2) takes them.
struct MountWords {
  unsigned long flags = 0;  ///< MS_…
  std::string data;         ///< what the file system itself reads, comma-separated
};

/// Splits with libmount's own tables, so that "noatime" is a flag and "data=journal" the file system's
/// affair. InvalidArgument for words that would do something else than mount a device (bind, move, remount,
/// propagation). Words for user space only ("_netdev", "x-…") are dropped, as mount(8) does.
absl::StatusOr<MountWords> ParseMountWords(const std::vector<std::string>& options, bool read_only);

/// After mount(2) said EINVAL: which word the file system does not take, in the kernel's words, or "" when it
/// takes all of them or cannot say. Asks by fsopen(2); nothing is mounted and no device is opened.
std::string RefusedOption(const std::string& fs_type, const MountWords& words);

}  // namespace rexray::host
