#pragma once

// Threads with names (pthread_setname_np: at most 15 bytes); docs/architecture.md lists them all.

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/mutex.h"

namespace rexray {

/// ResourceExhausted when the system has no thread left. What `body` throws is logged and ends the thread
/// alone.
absl::StatusOr<std::thread> TryStartThread(std::string name, std::function<void()> body);

/// The same for threads that a program needs to run at all: aborts, with a log line, when there is none.
std::thread StartThread(std::string name, std::function<void()> body);

/// A fixed number of threads that run short tasks in order of arrival. Thread-safe. The destructor runs what
/// is queued and joins. Used for reads, which may wait for a backend but never for a volume's lock. What a
/// task throws is logged.
class WorkerPool {
 public:
  WorkerPool(std::string name, int threads, size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// ResourceExhausted, at once, when the queue is full; Unavailable once the destructor has begun.
  absl::Status Submit(std::function<void()> task);

 private:
  void Work();

  const std::string name_;
  const size_t queue_limit_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

/// A thread of its own for each task, up to a limit: an operation on one volume may block for as long as its
/// disk does, and must not keep others waiting. A few threads stay parked for the next tasks, since a new one
/// costs some 20 µs. Thread-safe. The destructor waits for all. What a task throws is logged.
class ThreadPerTask {
 public:
  ThreadPerTask(std::string name, size_t limit);
  ~ThreadPerTask();
  ThreadPerTask(const ThreadPerTask&) = delete;
  ThreadPerTask& operator=(const ThreadPerTask&) = delete;

  /// ResourceExhausted, at once, when `limit` are running; Unavailable once the destructor has begun.
  absl::Status Start(std::function<void()> task);

  /// Waits until none is running or the deadline passes; false = some still run.
  bool WaitIdle(class Clock& clock, class Deadline deadline);

 private:
  static constexpr size_t kMostParked = 4;

  void Work(std::function<void()> task);

  const std::string name_;
  const size_t limit_;
  Mutex mutex_;
  CondVar wake_;     ///< for parked threads
  CondVar changed_;  ///< running_ or threads_ went down
  std::deque<std::function<void()>> handed_over_
      ABSL_GUARDED_BY(mutex_);                  ///< each has a parked thread that wakes
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;  ///< tasks
  size_t threads_ ABSL_GUARDED_BY(mutex_) = 0;  ///< threads, parked ones too
  size_t parked_ ABSL_GUARDED_BY(mutex_) = 0;   ///< threads that wait and have no task handed over
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace rexray
