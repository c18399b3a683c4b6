#include "drivers/local/record.h"

#include <chrono>

#include "base/json.h"
#include "base/status.h"

namespace rexray::drivers::local {
namespace {

using nlohmann::json;

template <typename T>
void Read(const json& object, const char* key, T& field) {
  if (const auto found = object.find(key); found != object.end()) field = found->get<T>();
}

void Read(const json& object, const char* key, std::optional<uint64_t>& field) {
  if (const auto found = object.find(key); found != object.end()) field = found->get<uint64_t>();
}

}  // namespace

std::string EncodeDetails(const VolumeRecord& record) {
  json details = json::object();
  if (record.thick) details["thick"] = true;
  if (!record.fs_type.empty()) details["fsType"] = record.fs_type;
  if (!record.type.empty()) details["type"] = record.type;
  if (record.iops) details["iops"] = *record.iops;
  if (record.throughput) details["throughput"] = *record.throughput;
  if (!record.zone.empty()) details["zone"] = record.zone;
  if (!record.tags.empty()) details["tags"] = record.tags;
  if (!record.mkfs_options.empty()) details["mkfsOptions"] = record.mkfs_options;
  if (!record.mount_options.empty()) details["mountOptions"] = record.mount_options;
  if (!record.description.empty()) details["description"] = record.description;
  if (!record.source_volume.empty()) details["sourceVolume"] = record.source_volume;
  return DumpJson(details);
}

absl::Status DecodeDetails(std::string_view text, VolumeRecord& record) {
  absl::StatusOr<json> details = ParseJson(text);
  if (!details.ok()) {
    return Error(absl::StatusCode::kDataLoss, "volume {}: its details cannot be read: {}", record.id,
                 MessageOf(details.status()));
  }
  try {
    Read(*details, "thick", record.thick);
    Read(*details, "fsType", record.fs_type);
    Read(*details, "type", record.type);
    Read(*details, "iops", record.iops);
    Read(*details, "throughput", record.throughput);
    Read(*details, "zone", record.zone);
    Read(*details, "tags", record.tags);
    Read(*details, "mkfsOptions", record.mkfs_options);
    Read(*details, "mountOptions", record.mount_options);
    Read(*details, "description", record.description);
    Read(*details, "sourceVolume", record.source_volume);
  } catch (const json::exception& error) {
    return Error(absl::StatusCode::kDataLoss, "volume {}: its details cannot be read: {}", record.id,
                 error.what());
  }
  return absl::OkStatus();
}

Volume ToVolume(const VolumeRecord& record, const std::string& service) {
  Volume volume;
  volume.key = {service, record.id};
  volume.name = record.name;
  volume.size = record.size;
  volume.type = record.type;
  volume.fs_type = record.fs_type;
  volume.iops = record.iops;
  volume.throughput = record.throughput;
  volume.zone = record.zone;
  volume.tags = record.tags;
  volume.created = record.created;
  volume.created_by_us = true;  // nobody else makes images here
  volume.blank = record.blank;
  volume.needs_new_uuid = record.needs_new_uuid;
  volume.mkfs_options = record.mkfs_options;
  volume.mount_options = record.mount_options;
  return volume;
}

int64_t ToMicroseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

WallTime FromMicroseconds(int64_t microseconds) {
  return WallTime(std::chrono::microseconds(microseconds));
}

}  // namespace rexray::drivers::local
