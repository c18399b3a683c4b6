#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

constexpr size_t kLongestKey = 128;
constexpr size_t kLongestValue = 256;
constexpr size_t kMostTags = 50;

// Characters, as EC2 counts, not bytes.
size_t Characters(const std::string& text) {
  size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return n;
}

absl::StatusOr<Tags*> TagsOf(World& world, const std::string& id) {
  if (id.substr(0, 4) == "vol-") {
    ASSIGN_OR_RETURN(Volume * volume, KnownVolume(world, id));
    return &volume->tags;
  }
  if (id.substr(0, 5) == "snap-") {
    if (world.SnapshotIsKnown(id)) return &world.EditSnapshot(id)->tags;
    return Ec2Error("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist.", id);
  }
  if (id.substr(0, 2) == "i-") {
    if (Instance* instance = world.EditInstance(id)) return &instance->tags;
    return Ec2Error("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist", id);
  }
  return Ec2Error("InvalidID", "The ID '{}' is not valid", id);
}

absl::StatusOr<std::vector<Tags*>> TagsOfAll(World& world, const ApiRequest& request) {
  std::vector<Tags*> out;
  for (const std::string& id : request.List("ResourceId")) {
    ASSIGN_OR_RETURN(Tags * tags, TagsOf(world, id));
    out.push_back(tags);
  }
  if (out.empty())
    return Ec2Error("MissingParameter", "The request must contain the parameter resourceIdSet");
  return out;
}

// For one kind of resource; `out` collects (id, tags) in order.
void WriteTags(XmlWriter& xml, const std::string& id, const char* type, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    xml.Open("item").Text("resourceId", id).Text("resourceType", type).Text("key", key);
    xml.Text("value", value).Close("item");
  }
}

absl::StatusOr<Tags> SelectedTags(const ApiRequest& request, const std::string& id, const std::string& type,
                                  const Tags& tags) {
  Tags out;
  for (const auto& [key, value] : tags) {
    ASSIGN_OR_RETURN(const bool matches, Matches(request.Filters(),
                                                 [&, &k = key, &v = value](const std::string& name)
                                                     -> std::optional<std::vector<std::string>> {
                                                   if (name == "resource-id")
                                                     return std::vector<std::string>{id};
                                                   if (name == "resource-type")
                                                     return std::vector<std::string>{type};
                                                   if (name == "key") return std::vector<std::string>{k};
                                                   if (name == "value") return std::vector<std::string>{v};
                                                   if (name == "tag:" + k) return std::vector<std::string>{v};
                                                   if (name.substr(0, 4) == "tag:")
                                                     return std::vector<std::string>();
                                                   return std::nullopt;
                                                 }));
    if (matches) out[key] = value;
  }
  return out;
}

}  // namespace

absl::Status CheckTags(const Tags& tags) {
  if (tags.size() > kMostTags) {
    return Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  }
  for (const auto& [key, value] : tags) {
    if (key.empty() || Characters(key) > kLongestKey) {
      return Ec2Error("InvalidParameterValue",
                      "Tag key exceeds the maximum length of {} characters, or is empty", kLongestKey);
    }
    if (Characters(value) > kLongestValue) {
      return Ec2Error("InvalidParameterValue", "Tag value exceeds the maximum length of {} characters",
                      kLongestValue);
    }
    if (key.substr(0, 4) == "aws:") {
      return Ec2Error("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
    }
  }
  return absl::OkStatus();
}

ActionResult CreateTags(World& world, const ApiRequest& request) {
  const Tags wanted = request.TagList("Tag");
  ASSIGN_OR_RETURN(const std::vector<Tags*> targets, TagsOfAll(world, request));
  RETURN_IF_ERROR(CheckTags(wanted));
  for (const Tags* target : targets) {
    Tags merged = wanted;
    merged.insert(target->begin(), target->end());
    RETURN_IF_ERROR(CheckTags(merged));
  }
  if (request.dry_run()) return DryRunOperation();
  for (Tags* target : targets) {
    for (const auto& [key, value] : wanted) (*target)[key] = value;
  }
  return "<return>true</return>";
}

ActionResult DeleteTags(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Tags*> targets, TagsOfAll(world, request));
  if (request.dry_run()) return DryRunOperation();
  const Tags wanted = request.TagList("Tag");
  for (Tags* target : targets) {
    if (wanted.empty()) target->clear();
    for (const auto& [key, value] : wanted) {
      const auto found = target->find(key);
      // With a value, only that one.
      if (found != target->end() && (value.empty() || found->second == value)) target->erase(found);
    }
  }
  return "<return>true</return>";
}

ActionResult DescribeTags(World& world, const ApiRequest& request) {
  XmlWriter xml;
  xml.Open("tagSet");
  for (const auto& entry : world.VolumeView()) {
    const Volume& volume = entry->value;
    ASSIGN_OR_RETURN(const Tags tags, SelectedTags(request, volume.id, "volume", volume.tags));
    WriteTags(xml, volume.id, "volume", tags);
  }
  for (const auto& entry : world.SnapshotView()) {
    const Snapshot& snapshot = entry->value;
    ASSIGN_OR_RETURN(const Tags tags, SelectedTags(request, snapshot.id, "snapshot", snapshot.tags));
    WriteTags(xml, snapshot.id, "snapshot", tags);
  }
  for (const auto& [id, instance] : world.instances()) {
    ASSIGN_OR_RETURN(const Tags tags, SelectedTags(request, id, "instance", instance.tags));
    WriteTags(xml, id, "instance", tags);
  }
  xml.Close("tagSet");
  return xml.Take();
}

}  // namespace rexray::ec2sim
