#pragma once

// Deletes what removed volumes held, off the callers' way: a tree with a million files takes its time. One
// thread
// ("vfs-sweeper"), there only while there is something to delete.

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "base/mutex.h"

namespace rexray::drivers::vfs {

/// Thread-safe. The destructor stops within one file: the rest goes at the next start.
class Sweeper {
 public:
  using Stop = std::function<bool()>;
  using Delete = std::function<absl::Status(const std::string& name, const Stop& stop)>;
  explicit Sweeper(Delete remove) : remove_(std::move(remove)) {}
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  void Add(std::string name);
  /// What could not be deleted, a line each.
  std::vector<std::string> Failures() const;
  /// Waits until nothing is left to do.
  void WaitIdle();

 private:
  void Work();

  const Delete remove_;
  mutable Mutex mutex_;
  CondVar idle_;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> failures_ ABSL_GUARDED_BY(mutex_);
  bool working_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::vfs
