#pragma once

// What is kept of a volume or a snapshot, in the catalogue and once more in its image's xattrs. A plain
// value.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "volume/volume.h"

namespace rexray::drivers::local {

struct VolumeRecord {
  std::string id;
  std::string name;
  uint64_t size = 0;
  bool blank = false;
  bool needs_new_uuid = false;
  WallTime created{};

  // The details: written at creation, never changed.
  bool thick = false;
  std::string fs_type;
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::string zone;
  std::map<std::string, std::string> tags;
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;
  std::string description;    ///< of a snapshot
  std::string source_volume;  ///< of a snapshot: the id of the volume that it was taken of

  bool operator==(const VolumeRecord&) const = default;
};

/// The details as JSON. Fields that are not set are left out, so that most volumes need a few bytes.
std::string EncodeDetails(const VolumeRecord& record);

/// Fills the details of `record`. Fields of later versions are ignored; a wrong type is DataLoss.
absl::Status DecodeDetails(std::string_view json, VolumeRecord& record);

/// As the engine sees it, detached.
Volume ToVolume(const VolumeRecord& record, const std::string& service);

/// Whole microseconds since 1970: what both stores keep of `created`.
int64_t ToMicroseconds(WallTime time);
WallTime FromMicroseconds(int64_t microseconds);

}  // namespace rexray::drivers::local
