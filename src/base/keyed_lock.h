#pragma once

// One holder per key at a time: a volume's id, or a name that is being taken. Waiting ends with the caller's
// deadline.

#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace rexray {

/// Thread-safe. Outlives its holds.
class KeyedLock {
 public:
  explicit KeyedLock(Clock& clock) : clock_(clock) {}

  /// Lets the key go at the end of its scope.
  class Hold {
   public:
    Hold(KeyedLock* lock, std::string key) : lock_(lock), key_(std::move(key)) {}
    Hold(Hold&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), key_(std::move(other.key_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (lock_ != nullptr) lock_->Release(key_);
    }

   private:
    KeyedLock* lock_;
    std::string key_;
  };

  /// DeadlineExceeded when another has it for too long, also when the deadline had passed before the call.
  /// `what` is the caller's operation, for the message.
  absl::StatusOr<Hold> Acquire(const std::string& key, Deadline deadline, const std::string& what);

 private:
  void Release(const std::string& key);

  Clock& clock_;
  Mutex mutex_;
  CondVar released_;
  std::set<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray
