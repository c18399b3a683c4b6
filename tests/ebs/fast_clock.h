#pragma once

#include "base/clock.h"

namespace rexray {

/// Real time, `speed` times as fast: minutes of back-off and of slowly filling token buckets in seconds, with
/// real threads and no script of who waits for what. Thread-safe.
class FastClock final : public Clock {
 public:
  explicit FastClock(int speed)
      : speed_(speed), begun_(SystemClock::Get().Now()), wall_(SystemClock::Get().WallNow()) {}

  TimePoint Now() const override { return begun_ + Elapsed() * speed_; }
  WallTime WallNow() const override {
    return wall_ + std::chrono::duration_cast<WallTime::duration>(Elapsed() * speed_);
  }
  void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    SystemClock::Get().WaitUntil(cv, mutex,
                                 until == TimePoint::max() ? until : begun_ + (until - begun_) / speed_);
  }

 private:
  Duration Elapsed() const { return SystemClock::Get().Now() - begun_; }

  const int speed_;
  const TimePoint begun_;
  const WallTime wall_;
};

}  // namespace rexray
