#pragma once

// May a device be formatted? The one place that decides (design §4.5).

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "host/block_devices.h"
#include "volume/volume.h"

namespace rexray::engine {

/// True: make a file system. False: mount the one that is there. Else FailedPrecondition names what was
/// found.
///
/// An empty device (nothing known, first and last MiB zero) is made. While `blank_mark` stands, what can be
/// left of our own mkfs (an unknown beginning, or one of the file systems that we make) is made again:
/// nothing was ever mounted from it. The mark must be the backend's present answer, not a cache's: another
/// node may have cleared it.
absl::StatusOr<bool> MustFormat(const host::ProbeResult& probe, bool blank_mark,
                                const std::string& volume_name, const std::string& device);

/// File systems that are mounted when they are found.
bool IsMountable(const std::string& fs_type);

}  // namespace rexray::engine
