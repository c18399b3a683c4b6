#pragma once

// The actions of the API, one function each: parameters in, the inner XML of the answer out, or an Ec2Error.
// The checks come in EC2's order; DryRun is answered after the parameters were checked, before anything
// changes.

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "ec2sim/request.h"
#include "ec2sim/world.h"

namespace rexray::ec2sim {

using ActionResult = absl::StatusOr<std::string>;
using Action = ActionResult (*)(World& world, const ApiRequest& request);

/// nullptr: InvalidAction.
Action FindAction(const std::string& name);
std::vector<std::string> ActionNames();

ActionResult CreateVolume(World& world, const ApiRequest& request);
ActionResult DeleteVolume(World& world, const ApiRequest& request);
ActionResult DescribeVolumes(World& world, const ApiRequest& request);
ActionResult DescribeVolumeStatus(World& world, const ApiRequest& request);
ActionResult AttachVolume(World& world, const ApiRequest& request);
ActionResult DetachVolume(World& world, const ApiRequest& request);
ActionResult ModifyVolume(World& world, const ApiRequest& request);
ActionResult DescribeVolumesModifications(World& world, const ApiRequest& request);
ActionResult CreateSnapshot(World& world, const ApiRequest& request);
ActionResult DeleteSnapshot(World& world, const ApiRequest& request);
ActionResult DescribeSnapshots(World& world, const ApiRequest& request);
ActionResult DescribeInstances(World& world, const ApiRequest& request);
ActionResult DescribeInstanceTypes(World& world, const ApiRequest& request);
ActionResult DescribeAvailabilityZones(World& world, const ApiRequest& request);
ActionResult CreateTags(World& world, const ApiRequest& request);
ActionResult DeleteTags(World& world, const ApiRequest& request);
ActionResult DescribeTags(World& world, const ApiRequest& request);

/// The answer to a dry run of a call that would have succeeded.
absl::Status DryRunOperation();

// Pieces that several actions share.

/// "vol-" and hexadecimal digits, or InvalidVolumeID.Malformed (InvalidSnapshotID.…, InvalidInstanceID.…).
absl::Status CheckId(const std::string& id, const std::string& prefix, const std::string& kind);
/// InvalidVolume.NotFound also for one that is too new to be known.
absl::StatusOr<Volume*> KnownVolume(World& world, const std::string& id);
std::string TagSetXml(const Tags& tags);
std::string VolumeXml(const Volume& volume);
/// Keys up to 128 and values up to 256 characters, 50 tags, no aws: prefix.
absl::Status CheckTags(const Tags& tags);
std::string ZoneIdOf(const World& world, const std::string& zone);

/// What a type takes: sizes, IOPS, throughput; fills in the defaults of the type. Also for ModifyVolume.
absl::Status CheckPerformance(const ApiRequest& request, int64_t size, const std::string& type, int64_t& iops,
                              int64_t& throughput);

// What the guest's side does to attachments (attachments.cc).

enum class Leave { kOrderly, kForced };
/// Takes one attachment off, now: the volume is available afterwards. kOrderly is FailedPrecondition while
/// the device is used.
absl::Status TakeOff(World& world, const std::string& volume, const std::string& instance, Leave how);
/// The devices of an instance are gone at once, its attachments stay (a stopped or cut-off instance).
absl::Status LoseDevices(World& world, const std::string& instance);
/// Ids of what is attached, or on its way, to the instance.
std::vector<std::string> VolumesOf(const World& world, const std::string& instance);
/// Devices of an instance that starts.
absl::Status ShowDevices(World& world, const std::string& instance);

}  // namespace rexray::ec2sim
