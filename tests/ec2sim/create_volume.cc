#include <algorithm>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

constexpr size_t kLongestToken = 64;

// What must be equal for a ClientToken to be the same request.
std::string ParametersText(const ApiRequest& request) {
  std::string out;
  for (const auto& [name, value] : request.parameters()) {
    if (name != "ClientToken" && name != "DryRun") out.append(name).append("=").append(value).append("\n");
  }
  return out;
}

absl::Status CheckZone(const World& world, Volume& volume, const ApiRequest& request) {
  volume.zone = request.Get("AvailabilityZone");
  const auto& zones = world.options.zones;
  if (const std::string id = request.Get("AvailabilityZoneId"); !id.empty()) {
    if (!volume.zone.empty()) {
      return Ec2Error("InvalidParameterCombination",
                      "The parameters AvailabilityZone and AvailabilityZoneId cannot be used together.");
    }
    for (const std::string& zone : zones) {
      if (ZoneIdOf(world, zone) == id) volume.zone = zone;
    }
  }
  if (volume.zone.empty()) {
    return Ec2Error("MissingParameter", "The request must contain the parameter zone");
  }
  if (std::find(zones.begin(), zones.end(), volume.zone) == zones.end()) {
    return Ec2Error("InvalidZone.NotFound", "The zone '{}' does not exist.", volume.zone);
  }
  return absl::OkStatus();
}

absl::Status CheckSource(World& world, Volume& volume, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> size, request.Number("Size"));
  volume.snapshot = request.Get("SnapshotId");
  if (volume.snapshot.empty()) {
    if (!size)
      return Ec2Error("MissingParameter", "The request must contain the parameter size or snapshotId");
    volume.size = *size;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckId(volume.snapshot, "snap", "Snapshot"));
  if (!world.SnapshotIsKnown(volume.snapshot)) {
    return Ec2Error("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist.", volume.snapshot);
  }
  const Snapshot& source = world.snapshots().at(volume.snapshot);
  if (source.state != "completed") {
    return Ec2Error("IncorrectState", "Snapshot is in invalid state - {}", source.state);
  }
  volume.size = size.value_or(source.size);
  if (volume.size < source.size) {
    return Ec2Error(
        "InvalidParameterValue",
        "The size of a volume can't be less than the size of the snapshot it was created from ({} "
        "GiB).",
        source.size);
  }
  volume.encrypted = source.encrypted;
  return absl::OkStatus();
}

absl::Status CheckEncryption(Volume& volume, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const bool encrypted, request.Flag("Encrypted"));
  volume.encrypted = volume.encrypted || encrypted;
  volume.kms_key = request.Get("KmsKeyId");
  if (!volume.kms_key.empty() && !encrypted) {
    return Ec2Error("InvalidParameterDependency",
                    "The parameter KmsKeyId requires the parameter Encrypted to be set.");
  }
  if (volume.encrypted && volume.kms_key.empty()) volume.kms_key = "alias/aws/ebs";
  return absl::OkStatus();
}

absl::Status CheckQuota(const World& world, const Volume& volume) {
  const Options& options = world.options;
  int64_t total = volume.size;
  for (const auto& [id, other] : world.volumes()) total += other.size;
  if ((options.volume_quota != 0 && world.volumes().size() >= options.volume_quota) ||
      (options.volume_quota_gib != 0 && total > options.volume_quota_gib)) {
    return Ec2Error("VolumeLimitExceeded",
                    "You have exceeded your maximum {} storage limit of {} in this region. "
                    "Please contact AWS Support to request an Elastic Block Store service limit increase.",
                    volume.type, options.volume_quota_gib == 0 ? "volumes" : "GiB");
  }
  return absl::OkStatus();
}

absl::StatusOr<Volume> ReadVolume(World& world, const ApiRequest& request) {
  Volume volume;
  volume.type = request.Has("VolumeType") ? request.Get("VolumeType") : "gp2";
  RETURN_IF_ERROR(CheckZone(world, volume, request));
  RETURN_IF_ERROR(CheckSource(world, volume, request));
  RETURN_IF_ERROR(CheckPerformance(request, volume.size, volume.type, volume.iops, volume.throughput));
  RETURN_IF_ERROR(CheckEncryption(volume, request));
  ASSIGN_OR_RETURN(volume.tags, request.TagsFor("volume"));
  RETURN_IF_ERROR(CheckTags(volume.tags));
  ASSIGN_OR_RETURN(volume.multi_attach, request.Flag("MultiAttachEnabled"));
  if (volume.multi_attach && volume.type != "io1" && volume.type != "io2") {
    return Ec2Error("InvalidParameterCombination", "Multi-Attach is not supported for {} volumes.",
                    volume.type);
  }
  return volume;
}

// The answer that an earlier call with the token got, if any.
absl::StatusOr<std::optional<std::string>> Repeated(World& world, const ApiRequest& request) {
  const std::string token = request.Get("ClientToken");
  if (token.size() > kLongestToken) {
    return Ec2Error("InvalidParameterValue", "Client token must be shorter than {} ASCII characters.",
                    kLongestToken + 1);
  }
  std::erase_if(world.tokens(), [&](const auto& entry) {
    return world.now() - entry.second.at > world.options.client_token_life;
  });
  const auto found = token.empty() ? world.tokens().end() : world.tokens().find(token);
  if (found == world.tokens().end()) return std::optional<std::string>();
  const TokenUse& use = found->second;
  if (use.failed || use.parameters != ParametersText(request)) {
    return Ec2Error(
        "IdempotentParameterMismatch",
        "Client token already used before. Another request with the same client token but different "
        "parameters was made earlier.");
  }
  // The volume as it is now; one that has been deleted since is answered as it was made.
  const auto volume = world.volumes().find(use.volume);
  return std::optional(volume == world.volumes().end() ? use.answer : VolumeXml(volume->second));
}

void FailLater(World& world, const std::string& id) {
  world.After(world.Draw(world.options.create), [&world, id] {
    Volume* volume = world.EditVolume(id);
    if (volume == nullptr) return;
    for (auto& [token, use] : world.tokens()) use.failed = use.failed || use.volume == id;
    world.devices().RemoveFile(volume->backing);
    volume->state = "error";
    if (world.options.bad_kms_vanishes) world.RemoveVolume(id);
  });
}

void BecomeAvailable(World& world, const std::string& id) {
  world.After(world.Draw(world.options.create), [&world, id] {
    Volume* volume = world.EditVolume(id);
    if (volume != nullptr && volume->state == "creating") volume->state = "available";
  });
}

}  // namespace

ActionResult CreateVolume(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> repeated, Repeated(world, request));
  if (repeated) return *repeated;
  ASSIGN_OR_RETURN(Volume made, ReadVolume(world, request));
  RETURN_IF_ERROR(CheckQuota(world, made));
  if (request.dry_run()) return DryRunOperation();

  made.id = world.NewId("vol");
  made.created = world.wall();
  const std::string source = made.snapshot.empty() ? "" : world.snapshots().at(made.snapshot).backing;
  ASSIGN_OR_RETURN(made.backing, world.devices().MakeBacking(made.id, made.size, source));
  const Volume& volume = world.AddVolume(std::move(made));
  std::string answer = VolumeXml(volume);
  if (const std::string token = request.Get("ClientToken"); !token.empty()) {
    world.tokens()[token] = {ParametersText(request), volume.id, answer, world.now(), false};
  }
  const bool bad_key = volume.encrypted && !world.options.kms_keys.contains(volume.kms_key);
  if (bad_key) {
    FailLater(world, volume.id);
  } else {
    BecomeAvailable(world, volume.id);
  }
  return answer;
}

ActionResult DeleteVolume(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, request.Need("VolumeId"));
  ASSIGN_OR_RETURN(Volume * volume, KnownVolume(world, id));
  if (!volume->attachments.empty()) {
    return Ec2Error("VolumeInUse", "Volume {} is currently attached to {}", id,
                    volume->attachments.front().instance);
  }
  if (volume->state != "available" && volume->state != "error") {
    return Ec2Error("IncorrectState", "The volume '{}' is in the '{}' state.", id, volume->state);
  }
  if (request.dry_run()) return DryRunOperation();
  volume->state = "deleting";
  world.devices().RemoveFile(volume->backing);
  world.After(world.Draw(world.options.remove), [&world, id] { world.RemoveVolume(id); });
  return "<return>true</return>";
}

}  // namespace rexray::ec2sim
