#include "engine/periodic.h"

#include <utility>

#include "base/deadline.h"

namespace rexray::engine {

Periodic::Periodic(std::string thread_name, DeadlineTimer& timer, Clock& clock)
    : timer_(timer), clock_(clock), threads_(std::move(thread_name), 1) {}

void Periodic::Start(Duration every, std::function<void()> work) {
  if (every == Duration::zero()) return;
  every_ = every;
  work_ = std::move(work);
  {
    MutexLock lock(gate_->mutex);
    gate_->owner = this;
  }
  Arm(UpTo(every));
}

void Periodic::Stop() {
  {
    MutexLock lock(gate_->mutex);
    gate_->owner = nullptr;
  }
  threads_.WaitIdle(clock_, Deadline::Never());
}

Duration Periodic::UpTo(Duration most) {
  return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random_));
}

void Periodic::Arm(Duration delay) {
  timer_.At(clock_.Now() + delay, [gate = gate_] {
    MutexLock lock(gate->mutex);
    if (gate->owner != nullptr) gate->owner->Begin();
  });
}

void Periodic::Begin() {
  const absl::Status started = threads_.Start([this] {
    work_();
    Arm(every_ + UpTo(every_ / 5));
  });
  if (!started.ok()) Arm(every_);  // the system has no thread left
}

}  // namespace rexray::engine
