#pragma once

// A region of EC2 in memory: what issue "EBS" needs of it, and where it hurts. No sockets here: one HTTP
// request in, what goes back out. server.h serves it on 127.0.0.1; tests may call it in-process.
//
//   POST /                          the EC2 Query API, version 2016-11-15, signed (SigV4, service "ec2")
//   /_imds/INSTANCE/latest/…        that instance's metadata service; AWS_EC2_METADATA_SERVICE_ENDPOINT is
//                                   http://127.0.0.1:PORT/_imds/INSTANCE
//   /_sim/…                         control, JSON (control.h)
//
// Static credentials that are always good: AKIDEXAMPLE with wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY.
// Temporary ones come from the metadata service (role "rexray-node").
//
// Time is the injected clock's. Signature dates alone are compared with the real wall clock, since clients
// sign with that (libcurl does).

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/http/message.h"
#include "base/mutex.h"
#include "ec2sim/faults.h"
#include "ec2sim/instances.h"
#include "ec2sim/metadata.h"
#include "ec2sim/principals.h"
#include "ec2sim/reply.h"
#include "ec2sim/request.h"
#include "ec2sim/token_bucket.h"
#include "ec2sim/world.h"

namespace rexray::ec2sim {

/// Calls of one action since the last reset.
struct CallCount {
  int calls = 0;      ///< all, throttled and failed ones too; not those that a fault refused unread
  int throttled = 0;  ///< by the buckets or the script
  int errors = 0;     ///< other than throttled
};

/// Thread-safe: one lock around everything. Lives longer than its server.
class Simulator {
 public:
  Simulator(Options options, Clock& clock);

  /// How the control API moves the clock; without it, it cannot. Before the first request.
  void SetAdvance(std::function<void(Duration)> advance) { advance_ = std::move(advance); }
  /// FailedPrecondition when there is no way.
  absl::Status Advance(Duration by);

  /// Any request, as it came over the wire.
  Reply Handle(const http::Request& request);

  /// A parsed call, with neither signature nor faults nor throttling: for tests that look at one action. The
  /// inner XML of the answer.
  absl::StatusOr<std::string> Call(const ApiRequest& request);

  absl::StatusOr<std::string> AddInstance(InstanceSpec spec);
  absl::Status Stop(const std::string& instance);
  absl::Status Start(const std::string& instance);
  absl::Status Terminate(const std::string& instance);
  /// A test's end: every device goes, as soon as the clock allows it.
  void TerminateAll();
  absl::Status CutOff(const std::string& instance);
  absl::Status Reconnect(const std::string& instance);
  /// Attaches to such names stay `attaching`; names in `mapped` are taken by the AMI.
  absl::Status SetDeviceNames(const std::string& instance, std::set<std::string> bad,
                              std::set<std::string> mapped);

  void AddFault(Fault fault);
  void ClearFaults();
  void AddPrincipal(Principal principal);
  /// `policy`: a role, or a static access key. Patterns such as "Create*".
  void Deny(const std::string& policy, std::set<std::string> actions);
  void ExpireRoleKeys(const std::string& instance);
  /// `change` runs under the lock; for options that may change while it runs (latencies, lags, quotas,
  /// throttle_scale).
  void ChangeOptions(const std::function<void(Options&)>& change);

  std::map<std::string, CallCount> Counts();
  void ResetCounts();

  // The truth, whatever a Describe says.
  std::map<std::string, Volume> Volumes();
  std::map<std::string, Snapshot> Snapshots();
  std::map<std::string, Instance> Instances();

  /// Runs what is due by now. Requests do so by themselves.
  void Settle();
  /// Keeps doing so, until EndTimers: devices appear though nobody asks. For a thread of the server's.
  void RunTimers();
  void EndTimers();

 private:
  Reply HandleApi(const http::Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Reply HandleMetadata(const http::Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::string> Perform(const http::Request& request, const ApiRequest& call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  WallTime SignatureTime() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool CallerIsCut(const http::Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Change>
  auto Changing(Change change) ABSL_LOCKS_EXCLUDED(mutex_);

  Clock& clock_;
  std::function<void(Duration)> advance_;
  Mutex mutex_;
  CondVar changed_;
  World world_ ABSL_GUARDED_BY(mutex_);
  Principals principals_ ABSL_GUARDED_BY(mutex_);
  MetadataService metadata_ ABSL_GUARDED_BY(mutex_);
  Throttle throttle_ ABSL_GUARDED_BY(mutex_);
  FaultScript faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, CallCount> counts_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace rexray::ec2sim
