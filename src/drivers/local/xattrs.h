#pragma once

// The names of an image's xattrs and what is in them. Each takes an open file. Not durable before an fsync.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "drivers/local/record.h"

namespace rexray::drivers::local {

/// Whether files in that directory can have user xattrs. Asks by writing user.rexray.format to the directory
/// itself; true when that fails for another reason (no permission: the first image will say so).
bool SupportsAttributes(int directory_fd);

/// All of them. Details that are too large for the file system (ext4 has one block for all xattrs of a file)
/// are left out, with a line in the log: the volume works, a rebuilt catalogue would not know its options.
absl::Status WriteRecordAttributes(int fd, const VolumeRecord& record);
absl::Status WriteSizeAttribute(int fd, uint64_t size);
absl::Status WriteBlankAttribute(int fd, bool blank);
absl::Status WriteUuidAttribute(int fd, bool needs_new_uuid);

/// NotFound when the file carries none of ours, DataLoss when they make no sense. `path` is for messages.
absl::StatusOr<VolumeRecord> ReadRecordAttributes(int fd, const std::string& path);

}  // namespace rexray::drivers::local
