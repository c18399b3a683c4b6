#include "mesos/sequences.h"

namespace rexray::mesos {

Sequences::~Sequences() {
  MutexLock lock(mutex_);
  while (!queues_.empty() || runners_ > 0) idle_.Wait(mutex_);
}

void Sequences::Add(const std::string& key, std::function<void()> work) {
  {
    MutexLock lock(mutex_);
    auto [queue, fresh] = queues_.try_emplace(key);
    queue->second.push_back(std::move(work));
    if (!fresh) return;  // its runner, or the one that has it in ready_, comes to this
    ready_.push_back(key);
    if (runners_ == most_threads_) return;
    ++runners_;
  }
  if (threads_.Start([this] { RunReady(); }).ok()) return;
  {
    MutexLock lock(mutex_);
    if (runners_ > 1) {  // another runner takes it up
      --runners_;
      return;
    }
  }
  RunReady();
}

void Sequences::RunReady() {
  mutex_.Lock();
  while (!ready_.empty()) {
    const std::string key = std::move(ready_.front());
    ready_.pop_front();
    const auto queue = queues_.find(key);
    std::function<void()> work = std::move(queue->second.front());
    queue->second.pop_front();
    mutex_.Unlock();
    work();
    work = nullptr;  // what it holds goes before the next may begin
    mutex_.Lock();
    if (queue->second.empty()) {
      queues_.erase(queue);
    } else {
      ready_.push_back(key);
    }
  }
  --runners_;
  if (runners_ == 0 && queues_.empty()) idle_.NotifyAll();
  mutex_.Unlock();
}

}  // namespace rexray::mesos
