#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "host/block_devices.h"

namespace rexray::host {

/// What stands on `path`, a block device or (in tests) an image file; see BlockDevices::Probe. Reads only;
/// past the page cache where the device can, so that what another node wrote is seen.
absl::StatusOr<ProbeResult> ProbeDevice(const std::string& path);

/// The size of an open block device or regular file.
absl::StatusOr<uint64_t> SizeOfOpen(int fd, const std::string& path);

}  // namespace rexray::host
