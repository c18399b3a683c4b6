#pragma once

#include <vector>

#include "base/clock.h"

namespace rexray::dvdi {

/// For code that waits on one thread with nobody to wake it: a wait ends at once, with the time moved to its
/// end, and is written down. Not thread-safe.
class JumpingClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  WallTime WallNow() const override { return wall_; }
  void WaitUntil(CondVar&, Mutex&, TimePoint until) override {
    waits_.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(until - now_));
    Advance(until - now_);
  }

  void Advance(Duration by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
  }
  const std::vector<std::chrono::milliseconds>& waits() const { return waits_; }

 private:
  TimePoint now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1767323045)};  // 2026-01-02T03:04:05Z
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace rexray::dvdi
