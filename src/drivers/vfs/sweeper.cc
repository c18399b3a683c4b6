#include "drivers/vfs/sweeper.h"

#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "base/thread.h"

namespace rexray::drivers::vfs {

Sweeper::~Sweeper() {
  std::thread last;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    last = std::move(thread_);
  }
  if (last.joinable()) last.join();
}

void Sweeper::Add(std::string name) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(name));
  if (working_) return;
  if (thread_.joinable()) thread_.join();  // it has left Work's loop, and holds no lock
  absl::StatusOr<std::thread> started = TryStartThread("vfs-sweeper", [this] { Work(); });
  if (!started.ok()) {  // the next Add tries again
    LogWarn("removed volumes are not deleted yet", {{"why", std::string(MessageOf(started.status()))}});
    return;
  }
  thread_ = *std::move(started);
  working_ = true;
}

void Sweeper::Work() {
  const Stop stop = [this] {
    MutexLock lock(mutex_);
    return stopping_;
  };
  for (;;) {
    std::string name;
    {
      MutexLock lock(mutex_);
      if (stopping_ || queue_.empty()) {
        working_ = false;
        idle_.NotifyAll();
        return;
      }
      name = std::move(queue_.front());
      queue_.pop_front();
    }
    const absl::Status status = remove_(name, stop);
    if (status.ok() || absl::IsCancelled(status)) continue;
    LogWarn("what a removed volume held cannot be deleted", {{"why", std::string(MessageOf(status))}});
    MutexLock lock(mutex_);
    failures_[name] = std::string(MessageOf(status));
  }
}

std::vector<std::string> Sweeper::Failures() const {
  MutexLock lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, why] : failures_) all.push_back(why);
  return all;
}

void Sweeper::WaitIdle() {
  MutexLock lock(mutex_);
  while (working_) idle_.Wait(mutex_);
}

}  // namespace rexray::drivers::vfs
