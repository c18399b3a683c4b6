#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "mesos/volume_mounter.h"

namespace rexray::mesos {

/// Plugins in memory: a volume's mount point is the directory `<root>/<driver>/<name>`, made by Mount and
/// removed by Unmount (so that, as on a real node, it is gone afterwards; its content is not kept).
/// Thread-safe.
class FakeMounter final : public VolumeMounter {
 public:
  explicit FakeMounter(std::string root) : root_(std::move(root)) {}

  absl::StatusOr<std::string> Mount(const VolumeKey& volume, const DriverOptions& options,
                                    bool explicit_create, Deadline deadline) override;
  absl::Status Unmount(const VolumeKey& volume, Deadline deadline) override;

  std::string PathOf(const VolumeKey& volume) const;
  bool IsMounted(const VolumeKey& volume) const;

  /// "mount rexray/v size=5 explicit", "unmount rexray/v": in the order in which the calls began.
  std::vector<std::string> Calls() const;

  /// Until it is called again with OK: the call does its work (`done` true) or not, and returns this.
  void FailMounts(const VolumeKey& volume, absl::Status status, bool done = false);
  void FailUnmounts(const VolumeKey& volume, absl::Status status);
  /// Mount answers this path instead of its own.
  void AnswerPath(const VolumeKey& volume, std::string path);

  /// Calls for this volume wait until LetGo. WaitUntilStuck: one of them has begun to.
  void Hold(const VolumeKey& volume);
  void WaitUntilStuck(const VolumeKey& volume);
  void LetGo(const VolumeKey& volume);

  /// Waits until `n` calls have ended.
  void WaitForCalls(size_t n);

  /// Two calls for one volume at once: the core must never make them.
  bool Overlapped() const;

 private:
  struct Failure {
    absl::Status status;
    bool done = false;
  };
  void Enter(const VolumeKey& volume, std::string call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const VolumeKey& volume) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string root_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> calls_ ABSL_GUARDED_BY(mutex_);
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<VolumeKey> mounted_ ABSL_GUARDED_BY(mutex_);
  std::set<VolumeKey> held_ ABSL_GUARDED_BY(mutex_);
  std::set<VolumeKey> running_ ABSL_GUARDED_BY(mutex_);
  std::map<VolumeKey, Failure> mount_failures_ ABSL_GUARDED_BY(mutex_);
  std::map<VolumeKey, absl::Status> unmount_failures_ ABSL_GUARDED_BY(mutex_);
  std::map<VolumeKey, std::string> answers_ ABSL_GUARDED_BY(mutex_);
  bool overlapped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace rexray::mesos
