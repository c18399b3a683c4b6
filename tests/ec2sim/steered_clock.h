#pragma once

#include "base/clock.h"

namespace rexray::ec2sim {

/// Real time that can be moved forward from outside (hours of modification cool-down in a moment). Whoever
/// waits in WaitUntil must be notified after Advance. Thread-safe.
class SteeredClock final : public Clock {
 public:
  TimePoint Now() const override;
  WallTime WallNow() const override;
  void WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  void Advance(Duration by);

 private:
  Duration Ahead() const;

  mutable Mutex mutex_;
  Duration ahead_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace rexray::ec2sim
