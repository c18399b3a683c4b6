#include "ec2sim/steered_clock.h"

namespace rexray::ec2sim {

Duration SteeredClock::Ahead() const {
  MutexLock lock(mutex_);
  return ahead_;
}

TimePoint SteeredClock::Now() const {
  return SystemClock::Get().Now() + Ahead();
}

WallTime SteeredClock::WallNow() const {
  return SystemClock::Get().WallNow() + std::chrono::duration_cast<WallTime::duration>(Ahead());
}

void SteeredClock::WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) {
  SystemClock::Get().WaitUntil(cv, mutex, until == TimePoint::max() ? until : until - Ahead());
}

void SteeredClock::Advance(Duration by) {
  MutexLock lock(mutex_);
  ahead_ += by;
}

}  // namespace rexray::ec2sim
