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

/// What a mounted file system has left: statvfs(3).
struct FileSystemUsage {
  uint64_t size = 0;       ///< bytes
  uint64_t available = 0;  ///< bytes that an ordinary user can still write
  uint64_t files = 0;      ///< inodes; 0 = there is no fixed number (btrfs)
  uint64_t files_available = 0;
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

  /// A copy's file system gets a UUID of its own (ext4, xfs, btrfs; others have none to change: OK). The
  /// device is not mounted, and was checked. What a crash left in its journal is replayed. Can be repeated
  /// after a crash at any point.
  virtual absl::Status NewUuid(const std::string& device, const std::string& fs_type, Deadline deadline) = 0;

  /// FIFREEZE: what is in memory is written out, and whoever writes waits until Thaw. Returns what Thaw wants
  /// as `guard`: a process that thaws it when `thaw_at` passes or when process `owner` ends, whichever way,
  /// so that no file system stays frozen. DeadlineExceeded when it does not freeze in time (it is thawed as
  /// soon as it does). FailedPrecondition when it is frozen already.
  virtual absl::StatusOr<int64_t> Freeze(const std::string& mount_point, int64_t owner, Deadline thaw_at,
                                         Deadline deadline) = 0;
  /// FailedPrecondition when it is not frozen (any more): what was done meanwhile was not done on a still
  /// disk. `guard` 0: whoever froze it.
  virtual absl::Status Thaw(const std::string& mount_point, int64_t guard) = 0;

  virtual absl::StatusOr<FileSystemUsage> UsageOf(const std::string& mount_point) = 0;

  /// Options that a file system must be mounted with ("nouuid" for xfs).
  virtual std::vector<std::string> DefaultMountOptions(const std::string& fs_type) const = 0;
};

}  // namespace rexray::host
