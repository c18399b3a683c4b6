#pragma once

// What every operation of the engine works with: the parts that it was handed, the table of stages, the queue
// of operations, and the few things that all of them do the same way.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/mutex.h"
#include "engine/deadline_timer.h"
#include "engine/event_log.h"
#include "engine/journal.h"
#include "engine/operation_queue.h"
#include "engine/stage_table.h"
#include "engine/step_runner.h"
#include "engine/volume_cache.h"
#include "engine/volume_engine.h"

namespace rexray::engine {

struct ServiceState {
  explicit ServiceState(Service service) : config(std::move(service)), adjusted_(config) {}

  const Service config;  ///< what is adjustable in it is what the engine began with: Adjusted() counts
  std::unique_ptr<VolumeCache> cache;

  AdjustableSettings Adjusted() const {
    const MutexLock lock(mutex_);
    return adjusted_;
  }
  void Adjust(const AdjustableSettings& settings) {
    const MutexLock lock(mutex_);
    adjusted_ = settings;
  }
  StorageDriver& driver() const { return *config.driver; }
  bool directory() const { return driver().Capabilities().kind == DriverCapabilities::Kind::kDirectory; }

 private:
  mutable Mutex mutex_;
  AdjustableSettings adjusted_ ABSL_GUARDED_BY(mutex_);
};

/// Thread-safe; what changes a volume is called only by the operation that has its turn. The journal is
/// written before the table, so that nobody is told what a crash would forget.
class Core {
 public:
  Core(EngineOptions engine_options, VolumeEngine::Parts parts);
  ~Core() { Stop(); }
  /// Nothing new begins; waits for all operations and reads, and ends the timer. Before anything that they
  /// use goes.
  void Stop();

  absl::StatusOr<ServiceState*> FindService(const std::string& name) const;
  /// For the work itself, which outlives its callers' deadlines.
  CallContext WorkContext() const;
  std::string StagePathOf(const std::string& service, const std::string& name) const;
  StepRunner Steps(const VolumeKey& key, const std::string& name, const std::string& operation);

  /// The volume as it is known, or asked for.
  absl::StatusOr<Volume> VolumeOf(ServiceState& service, const VolumeKey& key);
  absl::StatusOr<Volume> FreshVolumeOf(ServiceState& service, const VolumeKey& key);

  absl::Status SaveStage(const Stage& stage);
  absl::Status DropStage(const VolumeKey& key);
  /// One more use by `consumer` (counted), or its membership (not counted). Returns whether it was there
  /// before.
  absl::StatusOr<bool> AddConsumer(const VolumeKey& key, const Consumer& consumer);
  /// The rows and the table get `consumers` instead of what is there.
  absl::Status SetConsumers(const VolumeKey& key, std::vector<ConsumerRecord> consumers);

  /// What the stage says is really mounted there.
  absl::StatusOr<bool> StillMounted(const Stage& stage) const;

  VolumeView ViewOf(const CachedVolume& volume, const Stage* stage, std::string waiting_for) const;
  VolumeView ViewOf(const ServiceState& service, const Volume& volume) const;

  /// Before the next attempt at what failed `failures` times before this one.
  Duration RetryWait(int failures) const;
  /// An operation of our own, later. Nothing after the engine began to stop.
  void Later(Duration delay, std::function<void()> task);
  /// For an operation that waits for something outside: false = the daemon is stopping, go home.
  bool Pause(TimePoint until);
  /// Shutdown has begun: who is in Pause comes back, what lingers is detached now.
  void BeginStopping();
  /// Blocks until what was due in Later before this call has run.
  void FlushTimer();

  void AddEvent(LogLevel level, const char* kind, const VolumeKey& key, const std::string& name,
                std::string text) {
    events->Add(level, kind, key, name, std::move(text));
  }

  const EngineOptions options;
  const host::Host host;
  Clock& clock;
  Journal* const journal;
  EventLog* const events;
  DeadlineTimer timer;
  StageTable table;
  std::map<std::string, std::unique_ptr<ServiceState>> services;
  std::atomic<bool> stopping{false};
  std::atomic<bool> stopping_lingers{false};  ///< Shutdown: what lingers is detached now
  OperationQueue queue;

 private:
  Mutex pause_mutex_;
  CondVar pause_ends_;
};

/// Not what was asked for is wrong, but how things stand: asked again, it may succeed.
bool MayPass(const absl::Status& status);

/// `status` with the volume's name in front, unless the message names it already.
absl::Status Blame(const absl::Status& status, const std::string& volume_name);

}  // namespace rexray::engine
