#include "drivers/vfs/record.h"

#include <chrono>

#include "base/json.h"
#include "base/status.h"

namespace rexray::drivers::vfs {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

template <typename T>
void Read(const json& object, const char* key, T& field) {
  if (const auto found = object.find(key); found != object.end()) field = found->get<T>();
}

void Read(const json& object, const char* key, std::optional<uint64_t>& field) {
  if (const auto found = object.find(key); found != object.end()) field = found->get<uint64_t>();
}

}  // namespace

std::string EncodeRecord(const VolumeRecord& record) {
  using std::chrono::microseconds;
  json object = json::object();
  object["version"] = kVersion;
  object["id"] = record.id;
  object["name"] = record.name;
  object["createdMicroseconds"] =
      std::chrono::duration_cast<microseconds>(record.created.time_since_epoch()).count();
  if (!record.fs_type.empty()) object["fsType"] = record.fs_type;
  if (!record.type.empty()) object["type"] = record.type;
  if (record.iops) object["iops"] = *record.iops;
  if (record.throughput) object["throughput"] = *record.throughput;
  if (!record.zone.empty()) object["zone"] = record.zone;
  if (!record.tags.empty()) object["tags"] = record.tags;
  if (!record.mkfs_options.empty()) object["mkfsOptions"] = record.mkfs_options;
  if (!record.mount_options.empty()) object["mountOptions"] = record.mount_options;
  return DumpJson(object) + "\n";
}

absl::StatusOr<VolumeRecord> DecodeRecord(std::string_view text) {
  absl::StatusOr<json> object = ParseJson(text);
  if (!object.ok()) return absl::Status(absl::StatusCode::kDataLoss, object.status().message());
  try {
    const int version = object->at("version").get<int>();
    if (version > kVersion) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "a newer version of rexray wrote it (format {}, this one reads {})", version, kVersion);
    }
    VolumeRecord record;
    record.id = object->at("id").get<std::string>();
    record.name = object->at("name").get<std::string>();
    record.created = WallTime(std::chrono::microseconds(object->at("createdMicroseconds").get<int64_t>()));
    Read(*object, "fsType", record.fs_type);
    Read(*object, "type", record.type);
    Read(*object, "iops", record.iops);
    Read(*object, "throughput", record.throughput);
    Read(*object, "zone", record.zone);
    Read(*object, "tags", record.tags);
    Read(*object, "mkfsOptions", record.mkfs_options);
    Read(*object, "mountOptions", record.mount_options);
    return record;
  } catch (const json::exception& error) {
    return Error(absl::StatusCode::kDataLoss, "{}", error.what());
  }
}

Volume ToVolume(const VolumeRecord& record, const std::string& service) {
  Volume volume;
  volume.key = {service, record.id};
  volume.name = record.name;
  volume.type = record.type;
  volume.fs_type = record.fs_type;
  volume.iops = record.iops;
  volume.throughput = record.throughput;
  volume.zone = record.zone;
  volume.tags = record.tags;
  volume.created = record.created;
  volume.created_by_us = true;  // what is not ours has no volume.json
  volume.mkfs_options = record.mkfs_options;
  volume.mount_options = record.mount_options;
  return volume;
}

}  // namespace rexray::drivers::vfs
