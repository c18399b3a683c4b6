#include "engine/deadline_timer.h"

#include "base/thread.h"

namespace rexray::engine {

DeadlineTimer::DeadlineTimer(Clock& clock) : clock_(clock) {
  thread_ = StartThread("deadline-timer", [this] { Run(); });
}

DeadlineTimer::~DeadlineTimer() {
  Stop();
}

uint64_t DeadlineTimer::At(TimePoint when, std::function<void()> task) {
  if (when == TimePoint::max()) return 0;
  MutexLock lock(mutex_);
  if (stopping_) return 0;
  const uint64_t id = next_++;
  const bool first = tasks_.empty() || when < tasks_.begin()->first.first;
  tasks_.emplace(Place(when, id), std::move(task));
  times_.emplace(id, when);
  if (first) changed_.NotifyAll();
  return id;
}

void DeadlineTimer::Cancel(uint64_t id) {
  std::function<void()> dropped;  // what it holds goes after the lock
  MutexLock lock(mutex_);
  const auto time = times_.find(id);
  if (time == times_.end()) return;
  const auto task = tasks_.find(Place(time->second, id));
  dropped = std::move(task->second);
  tasks_.erase(task);
  times_.erase(time);
}

void DeadlineTimer::Stop() {
  std::map<Place, std::function<void()>> dropped;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
    times_.clear();
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void DeadlineTimer::Run() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && (tasks_.empty() || clock_.Now() < tasks_.begin()->first.first)) {
        clock_.WaitUntil(changed_, mutex_, tasks_.empty() ? TimePoint::max() : tasks_.begin()->first.first);
      }
      if (stopping_) return;
      const auto first = tasks_.begin();
      task = std::move(first->second);
      times_.erase(first->first.second);
      tasks_.erase(first);
    }
    task();
  }
}

}  // namespace rexray::engine
