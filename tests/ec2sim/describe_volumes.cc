#include <algorithm>
#include <set>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

using Entry = Versions<Volume>::Pointer;

std::string AttachmentXml(const Volume& volume) {
  XmlWriter xml;
  xml.Open("attachmentSet");
  for (const Attachment& attachment : volume.attachments) {
    xml.Open("item").Text("volumeId", volume.id).Text("instanceId", attachment.instance);
    xml.Text("device", attachment.device).Text("status", attachment.state);
    xml.Time("attachTime", attachment.since);
    xml.Flag("deleteOnTermination", attachment.delete_on_termination).Close("item");
  }
  xml.Close("attachmentSet");
  return xml.Take();
}

template <typename Member>
std::vector<std::string> OfAttachments(const Volume& volume, Member member) {
  std::vector<std::string> out;
  for (const Attachment& attachment : volume.attachments) out.push_back(attachment.*member);
  return out;
}

std::optional<std::vector<std::string>> VolumeFilterValues(const Volume& volume, const std::string& name) {
  using List = std::vector<std::string>;
  if (name == "volume-id") return List{volume.id};
  if (name == "availability-zone") return List{volume.zone};
  if (name == "status") return List{volume.state};
  if (name == "size") return List{std::to_string(volume.size)};
  if (name == "snapshot-id") return List{volume.snapshot};
  if (name == "volume-type") return List{volume.type};
  if (name == "encrypted") return List{volume.encrypted ? "true" : "false"};
  if (name == "multi-attach-enabled") return List{volume.multi_attach ? "true" : "false"};
  if (name == "create-time") return List{FormatEc2Time(volume.created)};
  if (name == "attachment.instance-id") return OfAttachments(volume, &Attachment::instance);
  if (name == "attachment.device") return OfAttachments(volume, &Attachment::device);
  if (name == "attachment.status") return OfAttachments(volume, &Attachment::state);
  if (name == "attachment.delete-on-termination") {
    List out;
    for (const Attachment& a : volume.attachments)
      out.emplace_back(a.delete_on_termination ? "true" : "false");
    return out;
  }
  return TagFilterValues(volume.tags, name);
}

// One unknown id fails the whole call; EC2 names all that it does not know.
absl::Status CheckNamed(const std::vector<std::string>& ids, const std::vector<Entry>& view) {
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    RETURN_IF_ERROR(CheckId(id, "vol", "Volume"));
    const auto at =
        std::lower_bound(view.begin(), view.end(), id,
                         [](const Entry& entry, const std::string& x) { return entry->value.id < x; });
    if (at == view.end() || (*at)->value.id != id) missing.push_back(id);
  }
  if (missing.empty()) return absl::OkStatus();
  if (missing.size() == 1) {
    return Ec2Error("InvalidVolume.NotFound", "The volume '{}' does not exist.", missing.front());
  }
  std::string names;
  for (const std::string& id : missing) names += (names.empty() ? "" : ", ") + id;
  return Ec2Error("InvalidVolume.NotFound", "The volumes '{}' do not exist.", names);
}

absl::StatusOr<std::vector<Entry>> SelectedVolumes(World& world, const ApiRequest& request) {
  const std::vector<Entry> view = world.VolumeView();
  const std::vector<std::string> named = request.List("VolumeId");
  RETURN_IF_ERROR(CheckNamed(named, view));
  const std::set<std::string> wanted(named.begin(), named.end());
  const std::vector<Filter> filters = request.Filters();
  std::vector<Entry> out;
  for (const Entry& entry : view) {
    if (!wanted.empty() && !wanted.contains(entry->value.id)) continue;
    ASSIGN_OR_RETURN(const bool matches, Matches(filters, [&](const std::string& name) {
                       return VolumeFilterValues(entry->value, name);
                     }));
    if (matches) out.push_back(entry);
  }
  return out;
}

absl::StatusOr<Page> PageOfVolumes(const ApiRequest& request, const std::vector<Entry>& volumes) {
  std::vector<std::string> ids;
  ids.reserve(volumes.size());
  for (const Entry& entry : volumes) ids.push_back(entry->value.id);
  return PageOf(request, ids, 5, 1000);
}

}  // namespace

std::string VolumeXml(const Volume& volume) {
  XmlWriter xml;
  xml.Text("volumeId", volume.id).Number("size", volume.size).Text("snapshotId", volume.snapshot);
  xml.Text("availabilityZone", volume.zone).Text("status", volume.state).Time("createTime", volume.created);
  xml.Raw(AttachmentXml(volume)).Raw(TagSetXml(volume.tags)).Text("volumeType", volume.type);
  if (volume.iops != 0) xml.Number("iops", volume.iops);
  if (volume.throughput != 0) xml.Number("throughput", volume.throughput);
  xml.Flag("encrypted", volume.encrypted);
  if (volume.encrypted) xml.Text("kmsKeyId", volume.kms_key);
  xml.Flag("multiAttachEnabled", volume.multi_attach);
  return xml.Take();
}

ActionResult DescribeVolumes(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Entry> volumes, SelectedVolumes(world, request));
  ASSIGN_OR_RETURN(const Page page, PageOfVolumes(request, volumes));
  XmlWriter xml;
  xml.Open("volumeSet");
  for (size_t i = page.begin; i < page.end; ++i) {
    const auto& entry = *volumes[i];
    if (entry.xml.empty()) entry.xml = "<item>" + VolumeXml(entry.value) + "</item>";
    xml.Raw(entry.xml);
  }
  xml.Close("volumeSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

ActionResult DescribeVolumeStatus(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Entry> volumes, SelectedVolumes(world, request));
  ASSIGN_OR_RETURN(const Page page, PageOfVolumes(request, volumes));
  XmlWriter xml;
  xml.Open("volumeStatusSet");
  for (size_t i = page.begin; i < page.end; ++i) {
    const Volume& volume = volumes[i]->value;
    xml.Open("item").Text("volumeId", volume.id).Text("availabilityZone", volume.zone);
    xml.Open("volumeStatus")
        .Text("status", volume.state == "error" ? "impaired" : "ok")
        .Close("volumeStatus");
    xml.Close("item");
  }
  xml.Close("volumeStatusSet");
  if (!page.next.empty()) xml.Text("nextToken", page.next);
  return xml.Take();
}

}  // namespace rexray::ec2sim
