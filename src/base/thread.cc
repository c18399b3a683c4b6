#include "base/thread.h"

#include <pthread.h>

#include <cstdlib>
#include <exception>
#include <optional>
#include <system_error>

#include "base/deadline.h"
#include "base/logging.h"
#include "base/status.h"

namespace rexray {
namespace {

constexpr size_t kLongestName = 15;  // pthread_setname_np(3), without the NUL

/// Nothing thrown by a task may end the program silently: it is logged, and the thread goes on.
void RunTask(const std::function<void()>& task, const std::string& name) {
  try {
    task();
  } catch (const std::exception& error) {
    LogError("a task ended with an exception", {{"thread", name}, {"error", error.what()}});
  } catch (...) {
    LogError("a task ended with an unknown exception", {{"thread", name}});
  }
}

}  // namespace

absl::StatusOr<std::thread> TryStartThread(std::string name, std::function<void()> body) {
  try {
    return std::thread([name, body = std::move(body)] {
      pthread_setname_np(pthread_self(), name.substr(0, kLongestName).c_str());
      RunTask(body, name);
    });
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kResourceExhausted, "no thread \"{}\" could be started: {}", name,
                 error.what());
  }
}

std::thread StartThread(std::string name, std::function<void()> body) {
  absl::StatusOr<std::thread> thread = TryStartThread(std::move(name), std::move(body));
  if (!thread.ok()) {
    LogError("the program cannot run without its threads",
             {{"error", std::string(MessageOf(thread.status()))}});
    std::abort();
  }
  return std::move(thread).value();
}

WorkerPool::WorkerPool(std::string name, int threads, size_t queue_limit)
    : name_(std::move(name)), queue_limit_(queue_limit) {
  for (int i = 0; i < threads; ++i) {
    threads_.push_back(StartThread(name_, [this] { Work(); }));
  }
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status WorkerPool::Submit(std::function<void()> task) {
  MutexLock lock(mutex_);
  if (stopping_) return Error(absl::StatusCode::kUnavailable, "{} is stopping", name_);
  if (queue_.size() >= queue_limit_) {
    return Error(absl::StatusCode::kResourceExhausted, "too busy: {} tasks wait for {}; try again later",
                 queue_.size(), name_);
  }
  queue_.push_back(std::move(task));
  wake_.NotifyOne();
  return absl::OkStatus();
}

void WorkerPool::Work() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.Wait(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    RunTask(task, name_);
  }
}

ThreadPerTask::ThreadPerTask(std::string name, size_t limit) : name_(std::move(name)), limit_(limit) {}

ThreadPerTask::~ThreadPerTask() {
  MutexLock lock(mutex_);
  stopping_ = true;
  wake_.NotifyAll();
  while (threads_ > 0) changed_.Wait(mutex_);
}

absl::Status ThreadPerTask::Start(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return Error(absl::StatusCode::kUnavailable, "{} is stopping", name_);
    if (running_ >= limit_) {
      return Error(absl::StatusCode::kResourceExhausted,
                   "too busy: {} operations of {} run already; try again later", running_, name_);
    }
    ++running_;
    if (parked_ > 0) {
      --parked_;
      handed_over_.push_back(std::move(task));
      wake_.NotifyOne();
      return absl::OkStatus();
    }
    ++threads_;
  }
  absl::StatusOr<std::thread> thread =
      TryStartThread(name_, [this, first = std::move(task)]() mutable { Work(std::move(first)); });
  if (thread.ok()) {
    thread->detach();
    return absl::OkStatus();
  }
  MutexLock lock(mutex_);
  --running_;
  --threads_;
  changed_.NotifyAll();
  return thread.status();
}

void ThreadPerTask::Work(std::function<void()> task) {
  while (true) {
    RunTask(task, name_);
    task = nullptr;  // what it holds goes before it counts as done, and never under the lock

    MutexLock lock(mutex_);
    --running_;
    changed_.NotifyAll();
    if (parked_ < kMostParked) {
      ++parked_;
      while (handed_over_.empty() && !stopping_) wake_.Wait(mutex_);
      if (!handed_over_.empty()) {  // Start has taken one from parked_ for it
        task = std::move(handed_over_.front());
        handed_over_.pop_front();
        continue;
      }
      --parked_;
    }
    // Nothing of *this may be used after the lock goes: the destructor waits for no more than this.
    --threads_;
    changed_.NotifyAll();
    return;
  }
}

bool ThreadPerTask::WaitIdle(Clock& clock, Deadline deadline) {
  MutexLock lock(mutex_);
  while (running_ > 0) {
    if (deadline.Passed(clock)) return false;
    clock.WaitUntil(changed_, mutex_, deadline.at());
  }
  return true;
}

}  // namespace rexray
