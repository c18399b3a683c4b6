#include "cli/rexray/volume_output.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/rexray/terminal_text.h"
#include "cli/rexray/text_table.h"
#include "nlohmann/json.hpp"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

/// GiB as REX-Ray counts them; a part of one counts as one, so that nothing becomes 0.
uint64_t Gib(uint64_t bytes) {
  return bytes / kGiB + (bytes % kGiB == 0 ? 0 : 1);
}

/// 0.11's numbers of AttachmentWord.
int AttachmentNumber(const VolumeInfo& volume) {
  const std::string word = AttachmentWord(volume);
  return word == "attached" ? 2 : word == "available" ? 3 : word == "unavailable" ? 4 : 1;
}

/// "docker:2,cli:1": who holds it, by protocol.
std::string Users(const VolumeInfo& volume) {
  std::map<std::string, int64_t> by_api;
  for (const ConsumerInfo& consumer : volume.consumers) by_api[consumer.api] += 1;
  std::string text;
  for (const auto& [api, count] : by_api) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", api, count);
  return text;
}

/// What a person must know beyond the status: a failure, or what is being waited for.
std::string Note(const VolumeInfo& volume) {
  if (!volume.status_detail.empty()) return volume.status_detail;
  if (volume.usage && !volume.usage->problem.empty()) return volume.usage->problem;
  if (!volume.waiting_for.empty()) return volume.waiting_for;
  if (volume.state == "lost") return "lost: the device is gone from under its users";
  if (volume.state == "lingering") return "waits to be detached";
  return "";
}

std::vector<const VolumeInfo*> SortedByName(const std::vector<VolumeInfo>& volumes) {
  std::vector<const VolumeInfo*> sorted;
  for (const VolumeInfo& volume : volumes) sorted.push_back(&volume);
  std::stable_sort(sorted.begin(), sorted.end(), [](const VolumeInfo* a, const VolumeInfo* b) {
    return std::pair(a->name, a->service) < std::pair(b->name, b->service);
  });
  return sorted;
}

template <typename Predicate>
bool Any(const std::vector<VolumeInfo>& volumes, Predicate predicate) {
  return std::any_of(volumes.begin(), volumes.end(), predicate);
}

std::string TableOf(const std::vector<VolumeInfo>& volumes, const VolumeColumns& columns, bool quiet) {
  const bool services =
      Any(volumes, [&](const VolumeInfo& it) { return it.service != volumes.front().service; });
  const bool encrypted = Any(volumes, [](const VolumeInfo& it) { return it.encrypted; });
  const bool notes = Any(volumes, [](const VolumeInfo& it) { return !Note(it).empty(); });
  TextTable table;
  for (const char* header : {"ID", "Name", "Status"}) table.AddColumn(header);
  table.AddColumn("Size", TextTable::Align::kRight);
  const bool thin = columns.allocated && Any(volumes, [](const VolumeInfo& it) { return it.allocated > 0; });
  if (thin) table.AddColumn("Allocated", TextTable::Align::kRight);
  const std::pair<bool, const char*> more[] = {{services, "Service"},      {encrypted, "Encrypted"},
                                               {columns.users, "Used by"}, {columns.device, "Device"},
                                               {columns.path, "Path"},     {notes, "Note"}};
  for (const auto& [shown, header] : more) {
    if (shown) table.AddColumn(header);
  }
  for (const VolumeInfo* it : SortedByName(volumes)) {
    std::vector<std::string> row = {it->id, it->name, AttachmentWord(*it),
                                    it->size == 0 ? "" : FormatSize(it->size)};
    if (thin) row.push_back(it->allocated == 0 ? "" : FormatSize(it->allocated));
    if (services) row.push_back(it->service);
    if (encrypted) row.push_back(it->encrypted ? "yes" : "no");
    if (columns.users) row.push_back(Users(*it));
    if (columns.device) row.push_back(it->device);
    if (columns.path) row.push_back(it->mount_point);
    if (notes) row.push_back(Note(*it));
    table.AddRow(row);
  }
  return table.Render(quiet);
}

/// To the letter: sizes in GiB, true and false.
std::string OldTableOf(const std::vector<VolumeInfo>& volumes, bool path, bool quiet) {
  const bool encrypted = Any(volumes, [](const VolumeInfo& it) { return it.encrypted; });
  TextTable table;
  for (const char* header : {"ID", "Name", "Status", "Size"}) table.AddColumn(header);
  if (encrypted) table.AddColumn("Encrypted");
  if (path) table.AddColumn("Path");
  for (const VolumeInfo* it : SortedByName(volumes)) {
    std::vector<std::string> row = {it->id, it->name, AttachmentWord(*it), std::to_string(Gib(it->size))};
    if (encrypted) row.emplace_back(it->encrypted ? "true" : "false");
    if (path) row.push_back(it->mount_point);
    table.AddRow(row);
  }
  return table.Render(quiet);
}

Json FieldsOf(const VolumeInfo& volume) {
  Json fields = Json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) fields[key] = value;
  };
  add("service", volume.service);
  add("sizeBytes", std::to_string(volume.size));
  if (volume.allocated > 0) add("allocatedBytes", std::to_string(volume.allocated));
  add("fsType", volume.fs_type);
  if (volume.usage && volume.usage->file_system) {
    add("fileSystemBytes", std::to_string(volume.usage->file_system->size));
    add("fileSystemAvailableBytes", std::to_string(volume.usage->file_system->available));
  }
  if (volume.usage && volume.usage->pool) {
    add("poolBytes", std::to_string(volume.usage->pool->size));
    add("poolAvailableBytes", std::to_string(volume.usage->pool->available));
  }
  if (volume.usage) add("spaceProblem", volume.usage->problem);
  if (volume.throughput) add("throughput", std::to_string(*volume.throughput));
  add("state", volume.state);
  add("device", volume.device);
  add("mountPoint", volume.mount_point);
  add("consumers", Users(volume));
  add("waitingFor", volume.waiting_for);
  add("statusDetail", volume.status_detail);
  add("created", volume.created);
  fields["createdByRexray"] = volume.created_by_us ? "true" : "false";
  for (const auto& [key, value] : volume.tags) fields["tag." + key] = value;
  return fields;
}

Json NewAttachments(const VolumeInfo& volume) {
  Json list = Json::array();
  for (const AttachmentInfo& it : volume.attachments) {
    Json one = {{"deviceName", it.device}};
    if (volume.attachments.size() == 1 && !volume.mount_point.empty()) one["mountPoint"] = volume.mount_point;
    one["instanceID"] = {{"id", it.node}};
    one["status"] = it.state;
    one["volumeID"] = volume.id;
    list.push_back(std::move(one));
  }
  return list;
}

/// 0.11's JSON leaves empty values out (`sparse`); templates want every field.
Json NewVolume(const VolumeInfo& volume, bool sparse) {
  Json out = Json::object();
  const auto add = [&](const char* key, Json value) {
    const bool empty = value.is_null() || value == 0 || value == false ||
                       (value.is_string() && value.get_ref<const std::string&>().empty()) ||
                       (value.is_structured() && value.empty());
    if (!sparse || !empty) out[key] = std::move(value);
  };
  add("attachments", NewAttachments(volume));
  if (sparse) {
    add("attachmentState", AttachmentNumber(volume));
  } else {
    add("attachmentState", AttachmentWord(volume));
  }
  add("availabilityZone", volume.zone);
  add("encrypted", volume.encrypted);
  add("iops", volume.iops.value_or(0));
  out["name"] = volume.name;
  add("networkName", "");
  add("size", Gib(volume.size));
  add("status", volume.status);
  out["id"] = volume.id;
  out["type"] = volume.type;
  add("fields", FieldsOf(volume));
  return out;
}

Json NewList(const std::vector<VolumeInfo>& volumes, bool sparse, bool path) {
  Json list = Json::array();
  for (const VolumeInfo& volume : volumes) {
    Json one = NewVolume(volume, sparse);
    if (path) one["Path"] = volume.mount_point;
    list.push_back(std::move(one));
  }
  return list;
}

/// 0.3.3 prints nothing at all for an empty list.
std::string OldYaml(const Json& list) {
  return list.empty() ? "" : Encode(list, Format::kYaml);
}

}  // namespace

const char* AttachmentWord(const VolumeInfo& volume) {
  if (volume.status == "error") return "unknown";
  if (volume.AttachedHere()) return "attached";
  if (volume.status == "creating" || volume.status == "deleting") return "unknown";
  return volume.attachments.empty() ? "available" : "unavailable";
}

Json OldAttachments(const VolumeInfo& volume) {
  Json list = Json::array();
  for (const AttachmentInfo& it : volume.attachments) {
    list.push_back(
        {{"volumeid", volume.id}, {"instanceid", it.node}, {"devicename", it.device}, {"status", it.state}});
  }
  return list;
}

Json OldVolume(const VolumeInfo& volume) {
  Json out = Json::object();
  out["name"] = volume.name;
  out["volumeid"] = volume.id;
  out["availabilityzone"] = volume.zone;
  out["status"] = volume.status;
  out["volumetype"] = volume.type;
  out["iops"] = volume.iops.value_or(0);
  out["size"] = std::to_string(Gib(volume.size));
  out["networkname"] = "";
  out["attachments"] = OldAttachments(volume);
  return out;
}

absl::StatusOr<std::string> RenderVolumes(const std::vector<VolumeInfo>& volumes, const OutputFormat& output,
                                          const VolumeColumns& columns) {
  switch (output.format) {
    case Format::kTable:
      return TableOf(volumes, columns, output.quiet);
    case Format::kOldTable:
      return OldTableOf(volumes, columns.path, output.quiet);
    case Format::kYaml: {
      Json list = Json::array();
      for (const VolumeInfo& volume : volumes) list.push_back(OldVolume(volume));
      return OldYaml(list);
    }
    case Format::kTemplate:
      return ApplyTemplate(output, NewList(volumes, false, columns.path));
    default:
      return Encode(NewList(volumes, true, false), output.format);
  }
}

absl::StatusOr<std::string> RenderMounted(const std::vector<VolumeInfo>& volumes,
                                          const OutputFormat& output) {
  if (output.format == Format::kYaml && volumes.size() == 1)
    return Encode(volumes[0].mount_point, Format::kYaml);
  if (output.format == Format::kTable || output.format == Format::kYaml) {
    std::string lines;
    for (const VolumeInfo& volume : volumes) lines += volume.mount_point + "\n";
    return lines;
  }
  if (output.format == Format::kOldTable) return OldTableOf(volumes, true, output.quiet);
  if (output.format == Format::kTemplate) return ApplyTemplate(output, NewList(volumes, false, true));
  return Encode(NewList(volumes, true, true), output.format);
}

absl::StatusOr<std::string> RenderMap(const std::vector<VolumeInfo>& volumes, const OutputFormat& output) {
  Json list = Json::array();
  TextTable table;
  for (const char* header : {"Service", "Instance", "Volume", "Device", "Status"}) table.AddColumn(header);
  for (const VolumeInfo& volume : volumes) {
    AttachmentInfo here;  // the backend's word may be a moment older than ours
    here.state = "attached";
    if (!volume.attachments.empty()) here = volume.attachments.front();
    table.AddRow({volume.service, here.node, volume.id, volume.device, here.state});
    list.push_back({{"providername", volume.service},
                    {"instanceid", here.node},
                    {"volumeid", volume.id},
                    {"devicename", volume.device},
                    {"region", ""},
                    {"status", here.state},
                    {"networkname", ""}});
  }
  if (output.format == Format::kTable || output.format == Format::kOldTable)
    return table.Render(output.quiet);
  if (output.format == Format::kTemplate) return ApplyTemplate(output, list);
  if (output.format == Format::kYaml) return OldYaml(list);
  return Encode(list, output.format);
}

}  // namespace rexray::cli
