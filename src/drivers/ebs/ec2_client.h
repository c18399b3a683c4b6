#pragma once

// The actions of the EC2 Query API that the driver needs, typed. Describes follow their pages to the end and
// always carry ids, a filter or MaxResults (the larger request bucket). Everything else about a call
// (signing, rates, retries) is ec2_caller.h's.
//
// Facts: Amazon EC2 API Reference, 2016-11-15.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "drivers/ebs/ec2_caller.h"
#include "drivers/ebs/ec2_types.h"

namespace rexray::drivers::ebs {

/// The most ids in one Describe.
inline constexpr size_t kMostIds = 500;
/// EC2's most values of one filter.
inline constexpr size_t kMostFilterValues = 200;

/// What a Describe is about: ids, or filters; nothing means all.
struct Selection {
  std::vector<std::string> ids{};
  std::vector<std::pair<std::string, std::vector<std::string>>> filters{};
};

struct NewVolume {
  std::string client_token;
  std::string zone;
  uint64_t size_gib = 0;
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::optional<bool> encrypted;
  std::string kms_key;
  std::string snapshot;
  Ec2Tags tags;
};

struct VolumeChange {
  std::optional<uint64_t> size_gib;
  std::optional<std::string> type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  bool operator==(const VolumeChange&) const = default;
};

/// Thread-safe. Errors as ec2_error.h and ec2_caller.h say.
class Ec2Client {
 public:
  explicit Ec2Client(Ec2Caller& caller) : caller_(caller) {}

  absl::StatusOr<std::vector<Ec2Volume>> DescribeVolumes(const Selection& selection, Deadline deadline);
  absl::StatusOr<std::vector<Ec2Snapshot>> DescribeSnapshots(const Selection& selection, Deadline deadline);
  absl::StatusOr<std::vector<Ec2Instance>> DescribeInstances(const Selection& selection, Deadline deadline);
  absl::StatusOr<std::vector<Ec2Modification>> DescribeModifications(const Selection& selection,
                                                                     Deadline deadline);
  /// NotFound when EC2 does not know the type.
  absl::StatusOr<Ec2InstanceType> DescribeInstanceType(const std::string& type, Deadline deadline);

  absl::StatusOr<Ec2Volume> CreateVolume(const NewVolume& volume, Deadline deadline);
  absl::Status DeleteVolume(const std::string& id, Deadline deadline);
  absl::StatusOr<Ec2Attachment> AttachVolume(const std::string& volume, const std::string& instance,
                                             const std::string& device, Deadline deadline);
  absl::StatusOr<Ec2Attachment> DetachVolume(const std::string& volume, const std::string& instance,
                                             bool force, Deadline deadline);
  absl::StatusOr<Ec2Modification> ModifyVolume(const std::string& id, const VolumeChange& change,
                                               Deadline deadline);
  /// Not idempotent, so it is never made twice: where the answer was lost, the status is WasUnsure, and the
  /// caller looks for a snapshot with its tags before it asks again.
  absl::StatusOr<Ec2Snapshot> CreateSnapshot(const std::string& volume, const std::string& description,
                                             const Ec2Tags& tags, Deadline deadline);
  absl::Status DeleteSnapshot(const std::string& id, Deadline deadline);
  absl::Status CreateTags(const std::string& resource, const Ec2Tags& tags, Deadline deadline);
  absl::Status DeleteTags(const std::string& resource, const std::vector<std::string>& keys,
                          Deadline deadline);

  /// OK: allowed. PermissionDenied: not. Any other status: EC2 did not say.
  absl::Status DryRun(Query query, Deadline deadline);

  Ec2Caller& caller() { return caller_; }

 private:
  Ec2Caller& caller_;
};

}  // namespace rexray::drivers::ebs
