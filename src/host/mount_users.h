#pragma once

// Who has a file system mounted, in any mount namespace of this machine: the kernel's truth about consumers
// (design §4.7). Reads /proc alone, never a disk.
//
// A mount of the file system anywhere counts as a use, with one exception: the stage itself and the copies of
// it that every service with a mount namespace of its own has (systemd's ProtectSystem, PrivateTmp …). Those
// stand at the stage's own path in its peer group, or as a slave of it, and go when the stage is unmounted.
//
// Facts: proc(5) on mountinfo, mount_namespaces(7) on peer groups, namespaces(7), cgroups(7).

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "host/mounter.h"

namespace rexray::host {

/// A mount, by a process that lives in its namespace.
struct MountUse {
  pid_t pid = 0;
  std::string command{};         ///< /proc/PID/comm
  uint64_t mount_namespace = 0;  ///< as in `lsns -t mnt` and /proc/PID/ns/mnt
  std::string target{};          ///< as that process sees it
  std::string how{};             ///< how a process uses it that has not mounted it: "open file /x"; else ""
  std::string container{};       ///< the container's 64-hex id from its cgroup; "" = none
};

/// Whose users are asked for.
struct WatchedMount {
  /// As mountinfo tells it; for btrfs that is a number that only mountinfo knows (stat(2) tells the
  /// subvolume's).
  dev_t device = 0;
  std::string stage_path;
};

struct MountCensus {
  std::vector<std::vector<MountUse>> uses;  ///< of each watched mount
  std::string gap;  ///< a process that could not be looked at ("process 12: permission denied"); "" = none
};

/// Thread-safe.
class MountUsers {
 public:
  virtual ~MountUsers() = default;

  /// One walk through all processes, however many mounts are asked for; each mount namespace is read once.
  virtual absl::StatusOr<MountCensus> Count(const std::vector<WatchedMount>& watched) = 0;

  /// OK when this process can see every other one: only then does "nobody has it" mean anything.
  /// FailedPrecondition: it lives in a PID namespace of its own, or is not root.
  virtual absl::Status SeesEveryProcess() = 0;
};

/// Whether `entry`, of another namespace or of ours, is the stage or a copy of it. `stage`: the stage's entry
/// in our namespace.
bool IsStageCopy(const MountEntry& entry, const MountEntry& stage);

/// The first run of 64 hex digits in /proc/PID/cgroup, which is how docker, containerd, podman and CRI-O name
/// theirs.
std::string ContainerIn(std::string_view cgroup_file);

std::unique_ptr<MountUsers> MakeLinuxMountUsers();

}  // namespace rexray::host
