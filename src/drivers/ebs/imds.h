#pragma once

// The instance metadata service: who this instance is, and its role's keys. Version 2 (a token first)
// wherever it is answered; version 1 only where version 2 is not there.
//
// Facts: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata". A
// container's packets die on the way back when the hop limit is 1, so that the PUT for a token gets no
// answer.

#include <atomic>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "drivers/ebs/credentials.h"
#include "drivers/ebs/http_transport.h"

namespace rexray::drivers::ebs {

/// /latest/dynamic/instance-identity/document.
struct InstanceIdentity {
  std::string instance;
  std::string region;
  std::string zone;
  std::string type;
  std::string account;
};

/// Thread-safe.
class Imds {
 public:
  /// `endpoint`: "" = AWS_EC2_METADATA_SERVICE_ENDPOINT, else http://169.254.169.254.
  Imds(Clock& clock, HttpTransport& transport, const EnvironmentLookup& environment, std::string endpoint);

  /// AWS_EC2_METADATA_DISABLED=true.
  bool disabled() const { return disabled_; }
  const std::string& endpoint() const { return endpoint_; }

  /// The text at "/latest/…". NotFound: not this path. Unavailable: not reachable, and what that may mean.
  absl::StatusOr<std::string> Get(const std::string& path, Deadline deadline);
  absl::StatusOr<InstanceIdentity> Identity(Deadline deadline);

  /// 0 before the first answer, then 1 or 2.
  int version() const { return version_; }

 private:
  /// An empty token: version 1.
  absl::StatusOr<Secret> Token(Deadline deadline);
  absl::StatusOr<HttpReply> Ask(const std::string& path, const Secret& token, Deadline deadline);

  Clock& clock_;
  HttpTransport& transport_;
  const bool disabled_;
  const std::string endpoint_;
  std::atomic<int> version_{0};
  Mutex mutex_;
  Secret token_ ABSL_GUARDED_BY(mutex_);
  TimePoint token_until_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace rexray::drivers::ebs
