#pragma once

// Things to do later: one thread ("deadline-timer") that waits on the Clock. It answers callers whose
// deadline passed, ends lingering and looks again at what was busy.

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace rexray::engine {

/// Thread-safe.
class DeadlineTimer {
 public:
  explicit DeadlineTimer(Clock& clock);
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  /// Runs `task` on the timer's thread once Clock::Now() >= `when`; it must not block. Never for
  /// TimePoint::max() and after Stop. Returns a number for Cancel; 0 = will never run.
  uint64_t At(TimePoint when, std::function<void()> task);

  /// A task that has begun goes on; this does not wait for it.
  void Cancel(uint64_t id);

  /// Drops what waits, and joins the thread: after this no task runs. Not from a task.
  void Stop();

 private:
  using Place = std::pair<TimePoint, uint64_t>;
  void Run();

  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<Place, std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<uint64_t, TimePoint> times_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace rexray::engine
