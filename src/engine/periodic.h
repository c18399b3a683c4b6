#pragma once

// Work that is done again and again, on a named thread that exists only while it runs: the timer's thread
// must not block. Thread-safe. No run overlaps another.

#include <functional>
#include <memory>
#include <random>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "engine/deadline_timer.h"

namespace rexray::engine {

class Periodic {
 public:
  /// `timer` and `clock` outlive it.
  Periodic(std::string thread_name, DeadlineTimer& timer, Clock& clock);
  ~Periodic() { Stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  /// Runs `work` every `every` + up to a fifth of it at random, counted from the end of the last run; the
  /// first time after a random part of that, so that the nodes of a cluster that starts do not come all at
  /// once. Zero: never. Once.
  void Start(Duration every, std::function<void()> work);

  /// No run is under way now.
  bool Idle() { return threads_.WaitIdle(clock_, Deadline::After(clock_, Duration::zero())); }

  /// No run begins after this, and none is under way. Not from `work`.
  void Stop();

 private:
  /// Outlives us in tasks that the timer has taken up already.
  struct Gate {
    Mutex mutex;
    Periodic* owner ABSL_GUARDED_BY(mutex) = nullptr;
  };
  void Arm(Duration delay);
  void Begin();
  Duration UpTo(Duration most);

  DeadlineTimer& timer_;
  Clock& clock_;
  Duration every_{0};
  std::function<void()> work_;
  std::mt19937_64 random_{std::random_device{}()};
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  ThreadPerTask threads_;  // last: its destructor waits for what uses the rest
};

}  // namespace rexray::engine
