#pragma once

// One operation at a time for each volume, each on a thread of its own ("vol-op"), so that a stuck volume
// delays nobody else. A call that is identical to the one waiting last joins it instead of running again.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "engine/deadline_timer.h"
#include "engine/waiter.h"
#include "volume/volume.h"

namespace rexray::engine {

class OperationQueue;

/// Made by a caller, given to the queue. `body` runs alone for its key; it takes the waiters with
/// OperationQueue::Close when it has their answer. Waiters that it does not take are failed with Internal.
struct Operation {
  VolumeKey key;
  std::string name;  ///< the volume's, for messages
  std::string kind;  ///< "mount"
  /// Operations with an equal, non-empty text are the same: a later one joins the earlier.
  std::string join;
  /// Only joins what has lost all its waiters to their deadlines (a retry), so that two calls at once count
  /// twice.
  bool join_only_abandoned = false;
  /// Nothing happens when nobody waits any more at the time when it could start.
  bool skip_when_abandoned = false;
  std::function<void(Operation&)> body;

 private:
  friend class OperationQueue;
  std::vector<std::shared_ptr<Waiter>> waiters;  // guarded by the queue's lock
  bool closed = false;
};

/// Thread-safe. No lock is held while a body or an answer runs.
class OperationQueue {
 public:
  /// `remark`: what callers whose time is up should know of that service ("" = nothing).
  OperationQueue(Clock& clock, DeadlineTimer& timer, size_t limit,
                 std::function<std::string(const std::string& service)> remark);
  /// Waits for what runs.
  ~OperationQueue();

  /// Joins, queues or starts. The waiter (may be null: nobody waits) is answered DeadlineExceeded that says
  /// what was being waited for, ResourceExhausted when too many run, or what RefuseNew was given.
  void Submit(std::shared_ptr<Operation> operation, std::shared_ptr<Waiter> waiter);

  /// Runs `body` on this thread if nothing runs or waits for that volume; false = it was not run. For what
  /// needs no more than a journal row.
  bool TryInline(const VolumeKey& key, const std::function<void()>& body);

  /// From the body: nobody joins from now on; returns those who wait.
  std::vector<std::shared_ptr<Waiter>> Close(Operation& operation);

  /// From the body: what is under way now, for people. `step` "attach", `doing` "the backend to attach it".
  void SetStep(const VolumeKey& key, const std::string& step, const std::string& doing);

  /// From the body: the last deadline of those who still wait; nullopt = nobody does.
  std::optional<TimePoint> WantedUntil(const Operation& operation) const;

  /// "attach: waiting for the backend to attach it"; "" when nothing runs.
  std::string WaitingFor(const VolumeKey& key) const;
  std::map<VolumeKey, std::string> AllWaitingFor() const;

  /// From now on Submit fails with `status`, but for operations without a waiter (the engine's own).
  void RefuseNew(absl::Status status);
  /// The same for operations without a waiter too, which are forgotten.
  void CloseForAll(absl::Status status);
  void FailAllWaiters(const absl::Status& status);
  /// False = some still run at the deadline.
  bool WaitIdle(Deadline deadline);

 private:
  struct Slot {
    std::deque<std::shared_ptr<Operation>> operations;  ///< the first one runs
    bool held_inline = false;
    std::string step;
    std::string doing;
    TimePoint step_since;
  };
  using Operations = std::deque<std::shared_ptr<Operation>>;

  static constexpr size_t kMostQueued = 4096;  ///< of all volumes together: memory stays bounded

  static bool Busy(const Slot& slot);
  void StartThread(const VolumeKey& key);
  void Work(VolumeKey key);
  std::shared_ptr<Operation> Join(const Operation& operation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AbandonedLocked(const Operation& operation) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TooLate(const VolumeKey& key, const std::string& name, TimePoint asked) const;

  Clock& clock_;
  DeadlineTimer& timer_;
  const std::function<std::string(const std::string& service)> remark_;
  mutable Mutex mutex_;
  CondVar idle_;
  absl::Status refused_ ABSL_GUARDED_BY(mutex_);
  bool closed_for_all_ ABSL_GUARDED_BY(mutex_) = false;
  size_t queued_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<VolumeKey, Slot> slots_ ABSL_GUARDED_BY(mutex_);
  ThreadPerTask threads_;  // last: its destructor waits for what uses the rest
};

}  // namespace rexray::engine
