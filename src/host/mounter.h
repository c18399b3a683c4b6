#pragma once

// Mounts of this node's mount namespace. Calls can hang on a dying disk; see block_devices.h.
// Facts: mount(2), umount2(2), proc(5) on mountinfo, mount_namespaces(7).

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rexray::host {

/// One line of /proc/self/mountinfo.
struct MountEntry {
  int id = 0;
  int parent = 0;
  dev_t device = 0;  ///< major:minor of the file system
  std::string root;  ///< what of the file system is mounted: "/" or a directory (bind mounts)
  std::string target;
  std::string fs_type;
  std::string source;
  std::string options;        ///< per mount
  std::string super_options;  ///< per file system
  int peer_group = 0;         ///< "shared:N"; 0 = private
  int master_group = 0;       ///< "master:N"; 0 = none
};

struct MountRequest {
  std::string source;
  std::string target;  ///< exists
  std::string fs_type;
  std::vector<std::string>
      options;  ///< words as mount(8) takes them: "noatime"; without fs_type {"bind"}: a directory
  bool read_only = false;
};

/// Who keeps a mount busy.
struct MountHolder {
  pid_t pid = 0;
  std::string command;  ///< /proc/PID/comm
  std::string how;      ///< "current directory", "open file /x", "another mount namespace", "swap"…
};

/// Thread-safe.
class Mounter {
 public:
  virtual ~Mounter() = default;

  virtual absl::Status Mount(const MountRequest& request) = 0;

  /// A plain umount(2) of the topmost mount at `target`. OK when nothing is mounted there. Busy:
  /// FailedPrecondition that names the processes that hold it.
  virtual absl::Status Unmount(const std::string& target) = 0;

  /// MNT_DETACH: only for a device that was taken away (fencing).
  virtual absl::Status UnmountLazily(const std::string& target) = 0;

  virtual absl::StatusOr<std::vector<MountEntry>> List() = 0;

  /// Whether the file system with that device number (0 = any) is what stands at `target`. Asked before each
  /// repeated Mount is answered from memory, so an implementation should know better than reading the whole
  /// table.
  virtual absl::StatusOr<bool> IsMountedAt(const std::string& target, dev_t device);

  /// Processes that use the file system mounted at `target` (cwd, root, open files, mapped files) or see it
  /// in another mount namespace. Best effort; at most `limit`.
  virtual std::vector<MountHolder> HoldersOf(const std::string& target, size_t limit) = 0;
};

/// Parses mountinfo text (octal escapes decoded).
absl::StatusOr<std::vector<MountEntry>> ParseMountInfo(std::string_view text);

/// The topmost entry whose target is exactly `target`.
std::optional<MountEntry> FindMount(const std::vector<MountEntry>& mounts, std::string_view target);

/// All entries of the file system with that device number.
std::vector<MountEntry> MountsOfDevice(const std::vector<MountEntry>& mounts, dev_t device);

inline absl::StatusOr<bool> Mounter::IsMountedAt(const std::string& target, dev_t device) {
  absl::StatusOr<std::vector<MountEntry>> mounts = List();
  if (!mounts.ok()) return mounts.status();
  const std::optional<MountEntry> found = FindMount(*mounts, target);
  return found && (device == 0 || found->device == device);
}

}  // namespace rexray::host
