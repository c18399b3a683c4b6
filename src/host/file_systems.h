#pragma once

// Making, checking and growing file systems, through the tools that own the formats (e2fsprogs, xfsprogs,
// btrfs-progs). Facts: mkfs.ext4(8), e2fsck(8) exit codes, resize2fs(8), xfs_growfs(8), btrfs-filesystem(8).

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "base/deadline.h"
#include "base/subprocess.h"
#include "host/block_devices.h"

namespace rexray::host {

struct MakeOptions {
  std::string fs_type;             ///< ext4, xfs, btrfs
  std::vector<std::string> extra;  ///< validated mkfs words
  Deadline deadline = Deadline::Never();
};

/// Thread-safe.
class FileSystems {
 public:
  virtual ~FileSystems() = default;

  /// Makes a file system on `device` and syncs it. The caller has decided that the device may be formatted
  /// (design §4.5); this call does not ask again.
  virtual absl::Status Make(const std::string& device, const MakeOptions& options) = 0;

  /// Before a mount: ext4 `e2fsck -p` (replays a dirty journal, corrects what is safe); xfs and btrfs replay
  /// at mount. What cannot be corrected safely is DataLoss, with the tool's own words, and the disk is
  /// untouched.
  virtual absl::Status Check(const std::string& device, const std::string& fs_type, Deadline deadline) = 0;

  /// The mounted file system follows its grown device. ext4 asks for CAP_SYS_RESOURCE then (PermissionDenied
  /// without it). With an empty `mount_point` it is not mounted: ext4 alone can grow so, after a full check.
  virtual absl::Status Grow(const std::string& device, const std::string& fs_type,
                            const std::string& mount_point, Deadline deadline) = 0;

  /// Whether this process may grow `fs_type` while it is mounted. Where not (ext4 in a container without
  /// CAP_SYS_RESOURCE), it has to grow before the mount.
  virtual bool GrowsMounted(const std::string& /*fs_type*/) const { return true; }

  /// Options that a file system must be mounted with ("nouuid" for xfs).
  virtual std::vector<std::string> DefaultMountOptions(const std::string& fs_type) const = 0;
};

}  // namespace rexray::host
