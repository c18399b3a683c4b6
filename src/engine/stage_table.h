#pragma once

// What this node has of each volume, in memory: the journal's rows as the engine reads them. Get, List and
// Path read from here under a short lock; only the operation that has the volume's turn writes.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "engine/journal.h"
#include "engine/volume_engine.h"
#include "volume/volume.h"

namespace rexray::engine {

/// A value; what is in the table is never changed but replaced.
struct Stage {
  VolumeKey key;
  std::string name;
  StageState state = StageState::kDetached;  ///< never kInUse: that is kStaged with consumers
  std::string device;
  std::string identity;
  uint64_t device_number = 0;
  std::string stage_path;
  std::string user_path;
  std::string fs_type;
  std::vector<std::string> mount_options;
  bool read_only = false;
  bool attached_by_us = false;
  bool keep_attached = false;
  WallTime since;
  /// Why it was taken away from this node (fencing.h): nobody mounts it until its consumers are gone or it is
  /// back.
  std::string lost_because;
  std::vector<ConsumerRecord> consumers;
  /// Since when a staged one has no consumer, or a lingering one lingers.
  TimePoint idle_since;
  /// Why it is not gone yet ("detach: still in use by postgres (pid 4711)"), for people; "" = all is well.
  std::string note;
  int failures = 0;  ///< to detach it, in a row

  bool Staged() const { return state == StageState::kStaged; }
};
using StagePtr = std::shared_ptr<const Stage>;

StageRow RowOf(const Stage& stage);
/// Without consumers.
Stage StageOf(const StageRow& row);
std::optional<StageState> ParseStageState(const std::string& text);

/// "docker 4f1c… (2), cli" for messages.
std::string DescribeConsumers(const Stage& stage);

/// Thread-safe.
class StageTable {
 public:
  StagePtr Find(const VolumeKey& key) const;
  std::vector<StagePtr> FindByName(const std::string& service, const std::string& name) const;
  std::vector<StagePtr> All() const;
  std::map<std::string, StagePtr> AllOf(const std::string& service) const;  ///< by id

  void Put(Stage stage);
  void Drop(const VolumeKey& key);

  /// One volume for each mount point: the holder's key when it is another one's, nullopt when it is now
  /// `key`'s.
  std::optional<VolumeKey> Reserve(const std::string& stage_path, const VolumeKey& key);
  void Release(const std::string& stage_path, const VolumeKey& key);

 private:
  using Name = std::pair<std::string, std::string>;  // service, name
  void Forget(const VolumeKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<VolumeKey, StagePtr> stages_ ABSL_GUARDED_BY(mutex_);
  std::map<Name, std::set<VolumeKey>> names_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, VolumeKey> paths_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::engine
