#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace rexray::http {

/// Counts the open connections of a server. Thread-safe.
class Gate {
 public:
  explicit Gate(size_t limit) : limit_(limit > 0 ? limit : 1) {}

  /// False when the server is full: then `when_room` runs once, on some I/O thread, after a connection has
  /// left.
  bool TryEnter(std::function<void()> when_room);
  void Leave();
  /// Waits for the last connection to leave; false when `wait` has passed first.
  bool WaitEmpty(Duration wait);

 private:
  const size_t limit_;
  Mutex mutex_;
  CondVar empty_;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::http
