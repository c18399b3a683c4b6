#include "base/keyed_lock.h"

#include "base/status.h"

namespace rexray {

absl::StatusOr<KeyedLock::Hold> KeyedLock::Acquire(const std::string& key, Deadline deadline,
                                                   const std::string& what) {
  if (deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "{}: its time was over before it began", what);
  }
  MutexLock lock(mutex_);
  while (held_.contains(key)) {
    if (deadline.Passed(clock_)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "{}: waited for another operation on {} to end", what,
                   key);
    }
    clock_.WaitUntil(released_, mutex_, deadline.at());
  }
  held_.insert(key);
  return Hold(this, key);
}

void KeyedLock::Release(const std::string& key) {
  MutexLock lock(mutex_);
  held_.erase(key);
  released_.NotifyAll();
}

}  // namespace rexray
