#pragma once

// Work in order for each key, in parallel across keys: what process::Sequence is to Mesos's own isolators.

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/thread.h"

namespace rexray::mesos {

/// Thread-safe. The destructor runs what is queued (also what that work queues) and waits for it.
class Sequences {
 public:
  explicit Sequences(size_t most_threads)
      : most_threads_(most_threads), threads_("mesos-volume", most_threads) {}
  ~Sequences();
  Sequences(const Sequences&) = delete;
  Sequences& operator=(const Sequences&) = delete;

  /// Runs `work` after everything that was queued for `key` before, on one of our threads. (Only on a system
  /// that gives no thread at all: on the caller's.) May be called from within work; never blocks else.
  void Add(const std::string& key, std::function<void()> work);

 private:
  void RunReady();

  const size_t most_threads_;
  Mutex mutex_;
  CondVar idle_;
  std::map<std::string, std::deque<std::function<void()>>> queues_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> ready_ ABSL_GUARDED_BY(mutex_);  ///< keys with work, none of it running
  size_t runners_ ABSL_GUARDED_BY(mutex_) = 0;
  ThreadPerTask threads_;
};

}  // namespace rexray::mesos
