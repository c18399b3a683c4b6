#pragma once

// What is known of one service's volumes: reads never wait for a backend for what is here. Own changes are
// visible at once, and a walk through the backend that began before them does not undo them. Everything is
// looked at again in the background when it is older than `max_age` and somebody asks
// (stale-while-revalidate). A name or id that is not here is asked for once, together with what others ask
// for at the same time; that something does not exist is never remembered.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "engine/deadline_timer.h"
#include "engine/waiter.h"
#include "volume/storage_driver.h"

namespace rexray::engine {

using VolumePtr = std::shared_ptr<const Volume>;

struct CachedVolume {
  VolumePtr volume;
  TimePoint as_of;
};

/// Thread-safe. No lock is held while the driver or an answer runs.
class VolumeCache {
 public:
  VolumeCache(std::string service, StorageDriver& driver, Clock& clock, DeadlineTimer& timer,
              Duration max_age, int threads);
  /// Waits for the calls under way.
  ~VolumeCache();

  // From memory.
  std::vector<CachedVolume> FindByName(const std::string& name) const;
  std::optional<CachedVolume> FindById(const std::string& id) const;

  void Put(Volume volume);
  void Erase(const std::string& id);
  /// What this node has just done is in the next answer, without a call. `change` runs under the lock;
  /// nothing happens when the volume is not known.
  void Edit(const std::string& id, const std::function<void(Volume&)>& change);
  void NoteAttached(const std::string& id, Attachment attachment);
  void NoteDetached(const std::string& id, const NodeId& node);

  /// Starting until the backend has answered once; from then on what the driver says.
  Readiness Ready() const;

  /// Whoever waits for the backend gets `status`, now and from now on.
  void Close(const absl::Status& status);
  /// Until no call to the backend is under way; false = one is at the deadline.
  bool WaitIdle(Deadline deadline) { return threads_.WaitIdle(clock_, deadline); }

  /// Looks at everything in the background, if that was not done for max_age and is not being done.
  void Touch();
  void RefreshNow();  ///< the same, whatever its age

  // With the backend.
  /// All, by name then id: at once when a walk was ever done, else with the walk under way.
  void All(Deadline deadline, std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done);
  /// Every volume with that name, freshly asked; empty when there is none.
  void LookupName(const std::string& name, Deadline deadline,
                  std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done);
  /// NotFound when there is none.
  void LookupId(const std::string& id, Deadline deadline,
                std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done);

 private:
  using Place = std::pair<std::string, std::string>;  // name, id
  using ListWaiter = ValueWaiter<std::vector<CachedVolume>>;
  using Waiters = std::vector<std::shared_ptr<ListWaiter>>;
  struct Entry {
    VolumePtr volume;
    TimePoint as_of;
    uint64_t changed = 0;
  };
  static constexpr int kMostLookups = 2;  ///< calls under way; later names wait for the next one, together

  std::shared_ptr<ListWaiter> NewWaiter(Deadline deadline, std::string what,
                                        std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done);
  void StartWalk();
  void Walk();
  void FinishWalk(absl::StatusOr<Aged<std::vector<Volume>>> answer, uint64_t begun);
  void StartLookup();
  void Lookup();
  void FindNames(std::map<std::string, Waiters> wanted, uint64_t begun);
  void FindId(const std::string& id, Waiters waiters, uint64_t begun);
  CallContext ContextOf(const Waiters& waiters) const;
  absl::Status Closed() const;
  absl::Status Note(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void PutLocked(Volume volume, TimePoint as_of, uint64_t changed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReplaceAttachment(const std::string& id, const NodeId& node, std::optional<Attachment> attachment);
  void EraseLocked(const std::string& id, uint64_t changed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ChangedSince(const std::string& id, uint64_t begun) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<CachedVolume> ByNameLocked(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<CachedVolume> AllLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetErased() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string service_;
  StorageDriver& driver_;
  Clock& clock_;
  DeadlineTimer& timer_;
  const Duration max_age_;

  mutable Mutex mutex_;
  std::optional<TimePoint> asked_ ABSL_GUARDED_BY(mutex_);  ///< when the first call to the backend began
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;           ///< by the backend, at least once
  std::string last_error_ ABSL_GUARDED_BY(mutex_);          ///< while it was not
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
  std::map<Place, Entry> volumes_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::string> names_ ABSL_GUARDED_BY(mutex_);  // id -> name
  /// What is gone, and since which change: an older answer must not bring it back.
  std::unordered_map<std::string, uint64_t> erased_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Waiters> under_way_ ABSL_GUARDED_BY(mutex_);  ///< by `begun`: who waits for the call
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 1;

  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  bool walking_ ABSL_GUARDED_BY(mutex_) = false;
  TimePoint walked_ ABSL_GUARDED_BY(mutex_);  ///< when the last walk began
  Waiters walk_waiters_ ABSL_GUARDED_BY(mutex_);

  int lookups_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Waiters> wanted_names_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Waiters> wanted_ids_ ABSL_GUARDED_BY(mutex_);

  ThreadPerTask threads_;  // last: its destructor waits for what uses the rest
};

}  // namespace rexray::engine
