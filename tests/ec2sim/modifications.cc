#include <algorithm>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

using Entry = Versions<Volume>::Pointer;

std::string ModificationXml(const Volume& volume) {
  const Modification& m = *volume.modification;
  XmlWriter xml;
  xml.Text("volumeId", volume.id).Text("modificationState", m.state);
  xml.Number("targetSize", m.target_size).Number("targetIops", m.target_iops);
  xml.Text("targetVolumeType", m.target_type);
  if (m.target_throughput != 0) xml.Number("targetThroughput", m.target_throughput);
  xml.Number("originalSize", m.original_size).Number("originalIops", m.original_iops);
  xml.Text("originalVolumeType", m.original_type);
  if (m.original_throughput != 0) xml.Number("originalThroughput", m.original_throughput);
  xml.Number("progress", m.progress).Time("startTime", m.start);
  if (m.end) xml.Time("endTime", *m.end);
  return xml.Take();
}

// The volume after the modification; its performance starts from what it has, but for a change of type.
absl::StatusOr<Volume> Target(const Volume& volume, const ApiRequest& request) {
  Volume target = volume;
  ASSIGN_OR_RETURN(const std::optional<int64_t> size, request.Number("Size"));
  target.size = size.value_or(volume.size);
  if (target.size < volume.size) {
    return Ec2Error("InvalidParameterValue", "New size cannot be smaller than existing size");
  }
  if (request.Has("VolumeType")) target.type = request.Get("VolumeType");
  if (target.type != volume.type) target.throughput = 0;
  if (target.type != volume.type && target.type == "gp3" && !request.Has("Iops")) target.iops = 0;
  RETURN_IF_ERROR(CheckPerformance(request, target.size, target.type, target.iops, target.throughput));
  return target;
}

absl::Status CheckMayModify(World& world, Volume& volume) {
  if (volume.state != "available" && volume.state != "in-use") {
    return Ec2Error("IncorrectState", "The volume '{}' is in the '{}' state.", volume.id, volume.state);
  }
  if (volume.modification && volume.modification->state != "completed" &&
      volume.modification->state != "failed") {
    return Ec2Error(
        "IncorrectModificationState",
        "Volume {} in {} state cannot be modified. You can modify the volume once the modification is "
        "'completed'.",
        volume.id, volume.modification->state);
  }
  const Options& options = world.options;
  std::erase_if(volume.modified_at, [&](TimePoint at) { return world.now() - at >= std::chrono::hours(24); });
  const bool too_many = static_cast<int>(volume.modified_at.size()) >= options.modifications_per_day;
  const bool too_soon =
      !volume.modified_at.empty() && world.now() - volume.modified_at.back() < options.modification_cooldown;
  if (too_many || too_soon) {
    return Ec2Error(
        "VolumeModificationRateExceeded",
        "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between "
        "modifications per EBS volume.");
  }
  if (options.volume_quota_gib != 0 && volume.size > options.volume_quota_gib) {
    return Ec2Error("VolumeModificationSizeLimitExceeded",
                    "You have exceeded your storage modification limit.");
  }
  return absl::OkStatus();
}

// `modifying`, then the new size can be used and it is `optimizing`, then `completed`.
void RunModification(World& world, const std::string& id, const Volume& target) {
  world.After(world.Draw(world.options.modify), [&world, id, target] {
    Volume* volume = world.EditVolume(id);
    if (volume == nullptr || !volume->modification) return;
    if (!world.devices().Grow(*volume, target.size).ok()) {
      volume->modification->state = "failed";
      return;
    }
    volume->size = target.size;
    volume->type = target.type;
    volume->iops = target.iops;
    volume->throughput = target.throughput;
    volume->modification->state = "optimizing";
    volume->modification->progress = 50;
    world.After(world.Draw(world.options.optimize), [&world, id] {
      Volume* done = world.EditVolume(id);
      if (done == nullptr || !done->modification) return;
      done->modification->state = "completed";
      done->modification->progress = 100;
      done->modification->end = world.wall();
    });
  });
}

std::optional<std::vector<std::string>> ModificationFilterValues(const Volume& volume,
                                                                 const std::string& name) {
  using List = std::vector<std::string>;
  const Modification& m = *volume.modification;
  if (name == "volume-id") return List{volume.id};
  if (name == "modification-state") return List{m.state};
  if (name == "target-size") return List{std::to_string(m.target_size)};
  if (name == "target-volume-type") return List{m.target_type};
  if (name == "original-size") return List{std::to_string(m.original_size)};
  return std::nullopt;
}

}  // namespace

ActionResult ModifyVolume(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, request.Need("VolumeId"));
  ASSIGN_OR_RETURN(Volume * volume, KnownVolume(world, id));
  if (!request.Has("Size") && !request.Has("VolumeType") && !request.Has("Iops") &&
      !request.Has("Throughput")) {
    return Ec2Error("MissingParameter",
                    "The request must contain at least one of Size, VolumeType, Iops, "
                    "Throughput");
  }
  ASSIGN_OR_RETURN(const Volume target, Target(*volume, request));
  RETURN_IF_ERROR(CheckMayModify(world, *volume));
  if (request.dry_run()) return DryRunOperation();

  Modification m;
  m.start = world.wall();
  m.original_size = volume->size;
  m.original_iops = volume->iops;
  m.original_throughput = volume->throughput;
  m.original_type = volume->type;
  m.target_size = target.size;
  m.target_iops = target.iops;
  m.target_throughput = target.throughput;
  m.target_type = target.type;
  volume->modification = m;
  volume->modified_at.push_back(world.now());
  RunModification(world, id, target);
  return "<volumeModification>" + ModificationXml(*volume) + "</volumeModification>";
}

ActionResult DescribeVolumesModifications(World& world, const ApiRequest& request) {
  const std::vector<std::string> named = request.List("VolumeId");
  const std::vector<Entry> view = world.VolumeView();
  const auto in_view = [&](const std::string& id) {
    return std::find_if(view.begin(), view.end(), [&](const Entry& e) { return e->value.id == id; });
  };
  for (const std::string& id : named) {
    RETURN_IF_ERROR(CheckId(id, "vol", "Volume"));
    const auto found = in_view(id);
    if (found == view.end()) {
      return Ec2Error("InvalidVolume.NotFound", "The volume '{}' does not exist.", id);
    }
    if (!(*found)->value.modification) {
      return Ec2Error("InvalidVolumeModification.NotFound", "Modification for volume '{}' does not exist.",
                      id);
    }
  }
  std::vector<Entry> chosen;
  std::vector<std::string> ids;
  for (const Entry& entry : view) {
    if (!entry->value.modification) continue;
    if (!named.empty() && std::find(named.begin(), named.end(), entry->value.id) == named.end()) continue;
    ASSIGN_OR_RETURN(const bool matches, Matches(request.Filters(), [&](const std::string& name) {
                       return ModificationFilterValues(entry->value, name);
                     }));
    if (!matches) continue;
    chosen.push_back(entry);
    ids.push_back(entry->value.id);
  }
  ASSIGN_OR_RETURN(const Page page, PageOf(request, ids, 1, 500));
  XmlWriter xml;
  xml.Open("volumeModificationSet");
  for (size_t i = page.begin; i < page.end; ++i) {
    xml.Open("item").Raw(ModificationXml(chosen[i]->value)).Close("item");
  }
  xml.Close("volumeModificationSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

}  // namespace rexray::ec2sim
