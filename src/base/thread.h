#pragma once

// Threads with names (pthread_setname_np: at most 15 bytes); docs/architecture.md lists them all.

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace rexray {

std::thread StartThread(std::string name, std::function<void()> body);

/// A fixed number of threads that run short tasks in order of arrival. Thread-safe. The destructor runs what is queued
/// and joins. Used for reads, which may wait for a backend but never for a volume's lock.
class WorkerPool {
 public:
  WorkerPool(std::string name, int threads, size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// ResourceExhausted, at once, when the queue is full.
  absl::Status Submit(std::function<void()> task);

 private:
  void Work();
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  const size_t queue_limit_;
  std::vector<std::thread> threads_;
};

/// One new thread for each task, up to a limit: an operation on one volume may block for as long as its disk does, and
/// must not keep others waiting. Thread-safe. The destructor waits for all.
class ThreadPerTask {
 public:
  ThreadPerTask(std::string name, size_t limit);
  ~ThreadPerTask();
  ThreadPerTask(const ThreadPerTask&) = delete;
  ThreadPerTask& operator=(const ThreadPerTask&) = delete;

  /// ResourceExhausted, at once, when `limit` are running.
  absl::Status Start(std::function<void()> task);

  /// Waits until none is running or the deadline passes; false = some still run.
  bool WaitIdle(class Clock& clock, class Deadline deadline);

 private:
  const std::string name_;
  const size_t limit_;
  Mutex mutex_;
  CondVar idle_;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace rexray
