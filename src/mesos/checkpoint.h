#pragma once

// What the isolator remembers across restarts of the agent: which container uses which volume, and which
// volumes nobody uses any more but are not unmounted yet. docs/mesos.md describes the file:
//
//   {"format": "rexray-mesos-isolator", "version": 1, "boot_id": "…",
//    "containers": [{"id": "parent.child", "volumes": [VOLUME…]}],
//    "unmount": [VOLUME…]}
//
//   VOLUME: {"driver": "rexray", "name": "pgdata", "mounted": true, "mountpoint": "/…", "device": 2049}
//
// An entry is written before the volume is mounted ("mounted": false), so that a crash loses no volume.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "mesos/volume_request.h"

namespace rexray::mesos {

struct VolumeUse {
  VolumeKey key;
  bool mounted = false;    ///< false: a mount was about to begin; it may or may not be there
  std::string mountpoint;  ///< once mounted
  uint64_t device = 0;     ///< st_dev of the mount point while mounted; 0: not known

  bool operator==(const VolumeUse&) const = default;
};

struct ContainerUse {
  std::string id;
  std::vector<VolumeUse> volumes;

  bool operator==(const ContainerUse&) const = default;
};

struct Checkpoint {
  std::string boot_id;
  std::vector<ContainerUse> containers;
  std::vector<VolumeUse> unmount;

  bool operator==(const Checkpoint&) const = default;
};

std::string EncodeCheckpoint(const Checkpoint& checkpoint);

/// InvalidArgument; bounded to 16 MiB. Names are validated as a task's are: the file decides what root does.
absl::StatusOr<Checkpoint> DecodeCheckpoint(std::string_view text);

/// `<folder>/volumes.json`, replaced as a whole (temporary file, fsync, rename, fsync of the folder): at any
/// time the old or the new content is there. Not thread-safe.
class CheckpointFile {
 public:
  explicit CheckpointFile(std::string folder);

  /// nullopt: there is none.
  absl::StatusOr<std::optional<Checkpoint>> Load() const;

  /// Makes the folder (0700) where it is missing.
  absl::Status Save(const Checkpoint& checkpoint) const;

  /// Moves a file that cannot be read out of the way, to volumes.json.unreadable.
  absl::Status SetAside() const;

  const std::string& path() const { return path_; }

 private:
  const std::string folder_;
  const std::string path_;
};

/// A whole file, of at most `limit` bytes; nullopt when it does not exist.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path, size_t limit);

}  // namespace rexray::mesos
