#pragma once

// One call of the EC2 Query API, as often as it takes: signed, rate-limited, tried again with full-jitter
// back-off while EC2 throttles or fails and the caller's deadline allows. The last real answer is in the
// message when time runs out.

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/status/statusor.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "drivers/ebs/action_limiter.h"
#include "drivers/ebs/credentials.h"
#include "drivers/ebs/http_transport.h"
#include "drivers/ebs/query.h"

namespace rexray::drivers::ebs {

struct CallerOptions {
  std::string region;
  std::string endpoint;  ///< "https://ec2.eu-west-1.amazonaws.com"
  /// Tries after the first; nullopt: as many as the deadline allows.
  std::optional<int> retries;
  Backoff::Policy backoff{std::chrono::milliseconds(200), std::chrono::seconds(10)};
  Duration attempt_timeout = std::chrono::seconds(20);  ///< a connection that hangs is given up for a new one
  uint64_t seed = 0;                                    ///< of the jitter; 0: random
};

/// What a call may do again after an answer that does not say whether it was done (a connection that broke,
/// HTTP 500). Every other reason to try again says that nothing was done.
enum class WhenUnsure {
  kRepeat,  ///< reading, or an action with a ClientToken or a state that makes it idempotent
  kReturn,  ///< the caller looks first: the status is Unavailable or DeadlineExceeded, and WasUnsure
};

/// Thread-safe.
class Ec2Caller {
 public:
  Ec2Caller(Clock& clock, HttpTransport& transport, CredentialChain& credentials, CallerOptions options);

  /// The body of the answer, which is whole XML of the right name. A call without a deadline gets two
  /// minutes.
  absl::StatusOr<std::string> Call(const Query& query, Deadline deadline,
                                   WhenUnsure unsure = WhenUnsure::kRepeat);

  /// By the injected clock, and not beyond the deadline.
  void Pause(Duration wait, Deadline deadline);

  ActionLimiter& limiter() { return limiter_; }
  const CallerOptions& options() const { return options_; }
  /// EC2's clock minus ours, as the last answer had it.
  std::optional<Duration> ClockSkew() const;

 private:
  struct Attempt;
  absl::StatusOr<std::string> Try(const Query& query, const std::string& form, Deadline deadline,
                                  Attempt& attempt);
  void NoteDate(const HttpReply& reply);
  absl::Status GivenUp(const Query& query, int attempts, Duration spent, const absl::Status& last) const;
  Backoff NewBackoff();

  Clock& clock_;
  HttpTransport& transport_;
  CredentialChain& credentials_;
  const CallerOptions options_;
  ActionLimiter limiter_;
  mutable Mutex mutex_;
  CondVar never_;
  std::mt19937_64 generator_ ABSL_GUARDED_BY(mutex_);
  std::optional<Duration> skew_ ABSL_GUARDED_BY(mutex_);
};

/// The status came of WhenUnsure::kReturn: it may have been done.
bool WasUnsure(const absl::Status& status);
void MarkUnsure(absl::Status& status);

/// "https://ec2.REGION.amazonaws.com", with the suffix of the region's partition (China).
std::string DefaultEndpoint(const std::string& region);

}  // namespace rexray::drivers::ebs
