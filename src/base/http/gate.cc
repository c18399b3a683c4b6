#include "base/http/gate.h"

#include <algorithm>

namespace rexray::http {

bool Gate::TryEnter(std::function<void()> when_room) {
  MutexLock lock(mutex_);
  if (open_ < limit_) {
    ++open_;
    return true;
  }
  waiting_.push_back(std::move(when_room));
  return false;
}

void Gate::Leave() {
  std::vector<std::function<void()>> waiting;
  {
    MutexLock lock(mutex_);
    if (--open_ == 0) empty_.NotifyAll();
    waiting.swap(waiting_);
  }
  for (const auto& wake : waiting) wake();
}

bool Gate::WaitEmpty(Duration wait) {
  Clock& clock = SystemClock::Get();
  const TimePoint until = clock.Now() + std::min<Duration>(wait, std::chrono::hours(24));
  MutexLock lock(mutex_);
  while (open_ > 0 && clock.Now() < until) clock.WaitUntil(empty_, mutex_, until);
  return open_ == 0;
}

}  // namespace rexray::http
