#include <algorithm>
#include <set>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

using Entry = Versions<Snapshot>::Pointer;

constexpr int kProgressSteps = 4;

std::string SnapshotXml(const World& world, const Snapshot& snapshot) {
  XmlWriter xml;
  xml.Text("snapshotId", snapshot.id).Text("volumeId", snapshot.volume).Text("status", snapshot.state);
  xml.Time("startTime", snapshot.start).Text("progress", std::to_string(snapshot.progress) + "%");
  xml.Text("ownerId", world.options.account).Number("volumeSize", snapshot.size);
  xml.Text("description", snapshot.description).Flag("encrypted", snapshot.encrypted);
  xml.Raw(TagSetXml(snapshot.tags)).Text("storageTier", "standard");
  return xml.Take();
}

// The bytes are taken at once; what takes time is the copy to where snapshots live.
void Progress(World& world, const std::string& id, int step, Duration each) {
  world.After(each, [&world, id, step, each] {
    Snapshot* snapshot = world.EditSnapshot(id);
    if (snapshot == nullptr || snapshot->state != "pending") return;
    snapshot->progress = 100 * step / kProgressSteps;
    if (step < kProgressSteps) {
      Progress(world, id, step + 1, each);
    } else {
      snapshot->state = "completed";
    }
  });
}

std::optional<std::vector<std::string>> SnapshotFilterValues(const World& world, const Snapshot& snapshot,
                                                             const std::string& name) {
  using List = std::vector<std::string>;
  if (name == "snapshot-id") return List{snapshot.id};
  if (name == "volume-id") return List{snapshot.volume};
  if (name == "status") return List{snapshot.state};
  if (name == "description") return List{snapshot.description};
  if (name == "owner-id") return List{world.options.account};
  if (name == "volume-size") return List{std::to_string(snapshot.size)};
  if (name == "progress") return List{std::to_string(snapshot.progress) + "%"};
  if (name == "encrypted") return List{snapshot.encrypted ? "true" : "false"};
  if (name == "start-time") return List{FormatEc2Time(snapshot.start)};
  return TagFilterValues(snapshot.tags, name);
}

// Only our own account has snapshots here.
bool OwnerMatches(const World& world, const ApiRequest& request) {
  const std::vector<std::string> owners = request.List("Owner");
  return owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const std::string& owner) {
           return owner == "self" || owner == world.options.account;
         });
}

absl::StatusOr<std::vector<Entry>> SelectedSnapshots(World& world, const ApiRequest& request) {
  const std::vector<Entry> view = world.SnapshotView();
  const std::vector<std::string> named = request.List("SnapshotId");
  for (const std::string& id : named) {
    RETURN_IF_ERROR(CheckId(id, "snap", "Snapshot"));
    if (std::none_of(view.begin(), view.end(), [&](const Entry& e) { return e->value.id == id; })) {
      return Ec2Error("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist.", id);
    }
  }
  const std::set<std::string> wanted(named.begin(), named.end());
  const std::vector<Filter> filters = request.Filters();
  std::vector<Entry> out;
  if (!OwnerMatches(world, request)) return out;
  for (const Entry& entry : view) {
    if (!wanted.empty() && !wanted.contains(entry->value.id)) continue;
    ASSIGN_OR_RETURN(const bool matches, Matches(filters, [&](const std::string& name) {
                       return SnapshotFilterValues(world, entry->value, name);
                     }));
    if (matches) out.push_back(entry);
  }
  return out;
}

}  // namespace

ActionResult CreateSnapshot(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string volume_id, request.Need("VolumeId"));
  ASSIGN_OR_RETURN(const Volume* volume, KnownVolume(world, volume_id));
  if (volume->state != "available" && volume->state != "in-use") {
    return Ec2Error("IncorrectState", "The volume '{}' is in the '{}' state.", volume_id, volume->state);
  }
  Snapshot made;
  ASSIGN_OR_RETURN(made.tags, request.TagsFor("snapshot"));
  RETURN_IF_ERROR(CheckTags(made.tags));
  if (world.options.snapshot_quota != 0 && world.snapshots().size() >= world.options.snapshot_quota) {
    return Ec2Error("SnapshotLimitExceeded", "The maximum number of snapshots ({}) has been reached.",
                    world.options.snapshot_quota);
  }
  if (request.dry_run()) return DryRunOperation();
  made.id = world.NewId("snap");
  made.volume = volume_id;
  made.size = volume->size;
  made.encrypted = volume->encrypted;
  made.description = request.Get("Description");
  made.start = world.wall();
  ASSIGN_OR_RETURN(made.backing, world.devices().MakeSnapshot(*volume, made.id));
  const Snapshot& snapshot = world.AddSnapshot(std::move(made));
  Progress(world, snapshot.id, 1, world.Draw(world.options.snapshot) / kProgressSteps);
  return SnapshotXml(world, snapshot);
}

ActionResult DeleteSnapshot(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, request.Need("SnapshotId"));
  RETURN_IF_ERROR(CheckId(id, "snap", "Snapshot"));
  if (!world.SnapshotIsKnown(id)) {
    return Ec2Error("InvalidSnapshot.NotFound", "The snapshot '{}' does not exist.", id);
  }
  if (request.dry_run()) return DryRunOperation();
  world.devices().RemoveFile(world.snapshots().at(id).backing);
  world.RemoveSnapshot(id);
  return "<return>true</return>";
}

ActionResult DescribeSnapshots(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Entry> snapshots, SelectedSnapshots(world, request));
  std::vector<std::string> ids;
  for (const Entry& entry : snapshots) ids.push_back(entry->value.id);
  ASSIGN_OR_RETURN(const Page page, PageOf(request, ids, 5, 1000));
  XmlWriter xml;
  xml.Open("snapshotSet");
  for (size_t i = page.begin; i < page.end; ++i) {
    xml.Open("item").Raw(SnapshotXml(world, snapshots[i]->value)).Close("item");
  }
  xml.Close("snapshotSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

}  // namespace rexray::ec2sim
