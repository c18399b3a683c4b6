#include "base/testing/simulated_clock.h"

#include <algorithm>

namespace rexray {

// The order of locks: a waiter's own mutex, then mutex_. Advance takes them one after the other, never
// together.

SimulatedClock::SimulatedClock()
    : now_(std::chrono::hours(1)),  // not 0: a default TimePoint must not look like "now"
      wall_(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) {}

TimePoint SimulatedClock::Now() const {
  MutexLock lock(mutex_);
  return now_;
}

WallTime SimulatedClock::WallNow() const {
  MutexLock lock(mutex_);
  return wall_;
}

void SimulatedClock::WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) {
  if (until == TimePoint::max()) {
    cv.Wait(mutex);
    return;
  }
  Waiter self{&cv, &mutex, until};
  {
    MutexLock lock(mutex_);
    if (now_ >= until) return;
    waiters_.push_back(&self);
    changed_.NotifyAll();
  }
  // An Advance from here on sees `self`, and can notify only after Wait has let go of `mutex`: nothing is
  // lost.
  cv.Wait(mutex);
  // Another notification may have come first while an Advance is about to use cv and mutex: they must live
  // until then, and it needs `mutex`.
  mutex.Unlock();
  {
    MutexLock lock(mutex_);
    while (self.pins > 0) changed_.Wait(mutex_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &self));
    changed_.NotifyAll();
  }
  mutex.Lock();
}

void SimulatedClock::Advance(Duration by) {
  std::vector<Waiter*> due;
  {
    MutexLock lock(mutex_);
    now_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
    for (Waiter* waiter : waiters_) {
      if (waiter->until > now_) continue;
      ++waiter->pins;
      due.push_back(waiter);
    }
  }
  for (Waiter* waiter : due) {
    {
      MutexLock lock(*waiter->mutex);
      waiter->cv->NotifyAll();
    }
    MutexLock lock(mutex_);
    --waiter->pins;
    changed_.NotifyAll();
  }
}

void SimulatedClock::WaitForWaiters(int n) {
  MutexLock lock(mutex_);
  const auto waiting = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    int count = 0;
    for (const Waiter* waiter : waiters_) count += waiter->until > now_ ? 1 : 0;
    return count;
  };
  while (waiting() < n) changed_.Wait(mutex_);
}

}  // namespace rexray
