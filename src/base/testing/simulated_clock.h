#pragma once

#include <vector>

#include "base/clock.h"

namespace rexray {

/// A clock that moves only when a test says so. Thread-safe. Advance wakes every waiter whose time has come;
/// WaitForWaiters lets a test know that the code under test has really begun to wait, without sleeping.
class SimulatedClock final : public Clock {
 public:
  SimulatedClock();

  TimePoint Now() const override;
  WallTime WallNow() const override;
  void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  void Advance(Duration by);

  /// Blocks until at least `n` threads wait in WaitUntil with a finite time.
  void WaitForWaiters(int n);

 private:
  struct Waiter {
    CondVar* cv;
    Mutex* mutex;
    TimePoint until;
  };
  mutable Mutex mutex_;
  CondVar changed_;
  TimePoint now_ ABSL_GUARDED_BY(mutex_);
  WallTime wall_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray
