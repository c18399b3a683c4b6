#include "ec2sim/actions.h"

#include <algorithm>

#include "base/status.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

struct Entry {
  const char* name;
  Action action;
};

constexpr Entry kActions[] = {
    {"AttachVolume", AttachVolume},
    {"CreateSnapshot", CreateSnapshot},
    {"CreateTags", CreateTags},
    {"CreateVolume", CreateVolume},
    {"DeleteSnapshot", DeleteSnapshot},
    {"DeleteTags", DeleteTags},
    {"DeleteVolume", DeleteVolume},
    {"DescribeAvailabilityZones", DescribeAvailabilityZones},
    {"DescribeInstanceTypes", DescribeInstanceTypes},
    {"DescribeInstances", DescribeInstances},
    {"DescribeSnapshots", DescribeSnapshots},
    {"DescribeTags", DescribeTags},
    {"DescribeVolumeStatus", DescribeVolumeStatus},
    {"DescribeVolumes", DescribeVolumes},
    {"DescribeVolumesModifications", DescribeVolumesModifications},
    {"DetachVolume", DetachVolume},
    {"ModifyVolume", ModifyVolume},
};

}  // namespace

Action FindAction(const std::string& name) {
  for (const Entry& entry : kActions) {
    if (name == entry.name) return entry.action;
  }
  return nullptr;
}

std::vector<std::string> ActionNames() {
  std::vector<std::string> out;
  for (const Entry& entry : kActions) out.emplace_back(entry.name);
  return out;
}

absl::Status DryRunOperation() {
  return Ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
}

absl::Status CheckId(const std::string& id, const std::string& prefix, const std::string& kind) {
  const std::string start = prefix + "-";
  const bool shaped = id.substr(0, start.size()) == start && id.size() > start.size() &&
                      std::all_of(id.begin() + static_cast<ptrdiff_t>(start.size()), id.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (shaped) return absl::OkStatus();
  return Ec2Error("Invalid" + kind + "ID.Malformed", "Invalid id: \"{}\" (expecting \"{}-...\")", id, prefix);
}

absl::StatusOr<Volume*> KnownVolume(World& world, const std::string& id) {
  RETURN_IF_ERROR(CheckId(id, "vol", "Volume"));
  if (!world.VolumeIsKnown(id)) {
    return Ec2Error("InvalidVolume.NotFound", "The volume '{}' does not exist.", id);
  }
  return world.EditVolume(id);
}

std::string TagSetXml(const Tags& tags) {
  if (tags.empty()) return "";
  XmlWriter xml;
  xml.Open("tagSet");
  for (const auto& [key, value] : tags) {
    xml.Open("item").Text("key", key).Text("value", value).Close("item");
  }
  xml.Close("tagSet");
  return xml.Take();
}

std::string ZoneIdOf(const World& world, const std::string& zone) {
  const auto& zones = world.options.zones;
  const auto found = std::find(zones.begin(), zones.end(), zone);
  return fmt::format("use1-az{}", found - zones.begin() + 1);
}

}  // namespace rexray::ec2sim
