#pragma once

#include <vector>

#include "base/clock.h"

namespace rexray {

/// A clock that moves only when a test says so. Thread-safe. Advance wakes every waiter whose time has come;
/// WaitForWaiters lets a test know that the code under test has really begun to wait, without sleeping.
/// Starts at 2026-01-01T00:00:00Z; wall and steady time move together.
class SimulatedClock final : public Clock {
 public:
  SimulatedClock();

  TimePoint Now() const override;
  WallTime WallNow() const override;
  void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  /// Call it without any mutex that a waiter may hold: they are taken, one after the other, to notify.
  void Advance(Duration by);

  /// Blocks until at least `n` threads wait in WaitUntil for a finite time that has not come yet.
  void WaitForWaiters(int n);

 private:
  struct Waiter {
    CondVar* cv;
    Mutex* mutex;
    TimePoint until;
    int pins = 0;  ///< Advance calls that still use cv and mutex: the waiter stays until they are done
  };
  mutable Mutex mutex_;
  CondVar changed_;
  TimePoint now_ ABSL_GUARDED_BY(mutex_);
  WallTime wall_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray
