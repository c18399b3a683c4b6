#pragma once

// Time as an argument. Production code is handed SystemClock::Get(); tests hand in SimulatedClock
// (base/testing/simulated_clock.h) and never sleep.

#include <chrono>

#include "base/mutex.h"

namespace rexray {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;  ///< for deadlines and ages: never jumps
using WallTime = std::chrono::system_clock::time_point;   ///< for what people read: CreatedAt, events

/// Thread-safe. Lives longer than everything that was handed it.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual TimePoint Now() const = 0;
  virtual WallTime WallNow() const = 0;

  /// Waits until `cv` is notified or Now() >= `until`; may wake early: call in a loop over the condition and
  /// the time. TimePoint::max() waits for a notification alone.
  virtual void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

class SystemClock final : public Clock {
 public:
  static SystemClock& Get();

  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  WallTime WallNow() const override { return std::chrono::system_clock::now(); }
  void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

}  // namespace rexray
