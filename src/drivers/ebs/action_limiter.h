#pragma once

// EC2's request rates, kept on our side: it throttles by account and region with one token bucket for each
// action, and everybody's calls count. Waiting here is cheaper for all than being refused there.
//
// Facts: AWS "Request throttling for the Amazon EC2 API": Describe* 100 burst, 20/s; mutating actions 50,
// 5/s; CreateVolume, DeleteVolume, CreateSnapshot, DeleteSnapshot 100, 5/s; CreateTags, DeleteTags 100, 10/s.

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace rexray::drivers::ebs {

/// Thread-safe. A bucket starts at the documented size, halves its rate when EC2 refuses (others share the
/// account), and grows back a little with each success: additive increase, multiplicative decrease.
class ActionLimiter {
 public:
  explicit ActionLimiter(Clock& clock) : clock_(clock) {}

  /// Returns when a request may be sent; first come, first served. DeadlineExceeded at once when its turn
  /// would come after the deadline.
  absl::Status Acquire(const std::string& action, Deadline deadline);

  void OnThrottled(const std::string& action);
  void OnSuccess(const std::string& action);

  struct Report {
    uint64_t requests = 0;
    uint64_t throttled = 0;
    double rate = 0;  ///< requests a second, now
    double most = 0;  ///< as documented
    TimePoint last_throttled{};
  };
  std::map<std::string, Report> Reports() const;

 private:
  struct Bucket {
    double burst = 0;
    double most = 0;
    double rate = 0;
    double tokens = 0;  ///< negative: promised to those who wait
    TimePoint filled;
    TimePoint cut;  ///< the last time that the rate was halved
    Report report;
  };
  Bucket& BucketOf(const std::string& action) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fill(Bucket& bucket) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  mutable Mutex mutex_;
  CondVar never_;  ///< waits end with time alone
  std::map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::ebs
