#pragma once

// When a caller stops waiting. A deadline is a point in time, so that it can be handed down through any
// number of calls without growing.

#include "base/clock.h"

namespace rexray {

/// A value; copy freely.
class Deadline {
 public:
  static Deadline Never() { return Deadline(TimePoint::max()); }
  static Deadline At(TimePoint at) { return Deadline(at); }
  /// A wait too long to be counted is Never.
  static Deadline After(const Clock& clock, Duration wait) {
    const TimePoint now = clock.Now();
    return wait > TimePoint::max() - now ? Never() : Deadline(now + wait);
  }

  TimePoint at() const { return at_; }
  bool IsNever() const { return at_ == TimePoint::max(); }
  bool Passed(const Clock& clock) const { return !IsNever() && clock.Now() >= at_; }

  /// Never negative; Duration::max() when there is no deadline.
  Duration Remaining(const Clock& clock) const {
    if (IsNever()) return Duration::max();
    const TimePoint now = clock.Now();
    return now >= at_ ? Duration::zero() : Duration(at_ - now);
  }

  Deadline Earlier(Deadline other) const { return at_ <= other.at_ ? *this : other; }

 private:
  explicit Deadline(TimePoint at) : at_(at) {}
  TimePoint at_;
};

}  // namespace rexray
