#pragma once

// What is kept of a volume, in its volume.json. Written at creation, never changed. A plain value.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "volume/volume.h"

namespace rexray::drivers::vfs {

struct VolumeRecord {
  std::string id;
  std::string name;
  WallTime created{};  ///< whole microseconds
  std::string fs_type;
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::string zone;
  std::map<std::string, std::string> tags;
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;

  bool operator==(const VolumeRecord&) const = default;
};

/// As JSON, ending in a newline. Fields that are not set are left out.
std::string EncodeRecord(const VolumeRecord& record);

/// DataLoss when it is not one of ours, or not whole; FailedPrecondition when a newer version wrote it.
/// Fields that are not known are ignored.
absl::StatusOr<VolumeRecord> DecodeRecord(std::string_view json);

/// As the engine sees it, detached.
Volume ToVolume(const VolumeRecord& record, const std::string& service);

}  // namespace rexray::drivers::vfs
