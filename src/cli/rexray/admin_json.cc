#include "cli/rexray/admin_json.h"

#include "nlohmann/json.hpp"

#include "base/code_table.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::json;

const Json& At(const Json& json, const char* key) {
  static const Json kNull;
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() ? *found : kNull;
}

void Read(const Json& json, const char* key, std::string* to) {
  const Json& value = At(json, key);
  if (value.is_string()) *to = value.get<std::string>();
}

void Read(const Json& json, const char* key, bool* to) {
  const Json& value = At(json, key);
  if (value.is_boolean()) *to = value.get<bool>();
}

void Read(const Json& json, const char* key, uint64_t* to) {
  const Json& value = At(json, key);
  if (value.is_number_unsigned()) *to = value.get<uint64_t>();
}

void Read(const Json& json, const char* key, int64_t* to) {
  const Json& value = At(json, key);
  if (value.is_number_integer()) *to = value.get<int64_t>();
}

void Read(const Json& json, const char* key, std::optional<uint64_t>* to) {
  const Json& value = At(json, key);
  if (value.is_number_unsigned()) *to = value.get<uint64_t>();
}

void Read(const Json& json, const char* key, std::vector<std::string>* to) {
  const Json& value = At(json, key);
  if (!value.is_array()) return;
  for (const Json& item : value) {
    if (item.is_string()) to->push_back(item.get<std::string>());
  }
}

void Read(const Json& json, const char* key, std::map<std::string, std::string>* to) {
  const Json& value = At(json, key);
  if (!value.is_object()) return;
  for (const auto& [name, text] : value.items()) {
    if (text.is_string()) (*to)[name] = text.get<std::string>();
  }
}

template <typename T>
std::vector<T> ReadList(const Json& list, T (*one)(const Json&)) {
  std::vector<T> out;
  if (!list.is_array()) return out;
  out.reserve(list.size());
  for (const Json& item : list) out.push_back(one(item));
  return out;
}

AttachmentInfo AttachmentFromJson(const Json& json) {
  AttachmentInfo out;
  Read(json, "node", &out.node);
  Read(json, "state", &out.state);
  Read(json, "device", &out.device);
  return out;
}

ConsumerInfo ConsumerFromJson(const Json& json) {
  ConsumerInfo out;
  Read(json, "api", &out.api);
  Read(json, "id", &out.id);
  Read(json, "counted", &out.counted);
  Read(json, "count", &out.count);
  Read(json, "since", &out.since);
  Read(json, "verdict", &out.verdict);
  Read(json, "why", &out.why);
  return out;
}

UseInfo UseFromJson(const Json& json) {
  UseInfo out;
  Read(json, "pid", &out.pid);
  Read(json, "command", &out.command);
  Read(json, "mountNamespace", &out.mount_namespace);
  Read(json, "target", &out.target);
  Read(json, "how", &out.how);
  Read(json, "container", &out.container);
  return out;
}

NodeInfo NodeFromJson(const Json& json) {
  NodeInfo out;
  Read(json, "service", &out.service);
  Read(json, "driver", &out.driver);
  Read(json, "id", &out.id);
  Read(json, "name", &out.name);
  Read(json, "zone", &out.zone);
  Read(json, "region", &out.region);
  return out;
}

ServiceInfo ServiceFromJson(const Json& json) {
  ServiceInfo out;
  Read(json, "name", &out.name);
  Read(json, "driver", &out.driver);
  Read(json, "state", &out.state);
  Read(json, "error", &out.error);
  Read(json, "volumes", &out.volumes);
  Read(json, "volumesError", &out.volumes_error);
  Read(json, "dockerSocket", &out.docker_socket);
  Read(json, "specFile", &out.spec_file);
  const Json& capabilities = At(json, "capabilities");
  Read(capabilities, "kind", &out.kind);
  Read(capabilities, "scope", &out.scope);
  return out;
}

EventInfo EventFromJson(const Json& json) {
  EventInfo out;
  Read(json, "sequence", &out.sequence);
  Read(json, "at", &out.at);
  Read(json, "level", &out.level);
  Read(json, "kind", &out.kind);
  Read(json, "service", &out.service);
  Read(json, "id", &out.id);
  Read(json, "name", &out.name);
  Read(json, "text", &out.text);
  return out;
}

ServiceError ServiceErrorFromJson(const Json& json) {
  std::string code;
  std::string message = "no reason was given";
  ServiceError out;
  Read(json, "service", &out.service);
  Read(json, "code", &code);
  Read(json, "message", &message);
  out.status = absl::Status(CodeFromName(code).value_or(absl::StatusCode::kUnknown), message);
  return out;
}

void AddText(Json* to, const char* key, const std::string& value) {
  if (!value.empty()) (*to)[key] = value;
}

template <typename T>
void AddOptional(Json* to, const char* key, const std::optional<T>& value) {
  if (value) (*to)[key] = *value;
}

}  // namespace

VolumeInfo VolumeFromJson(const Json& json) {
  VolumeInfo out;
  Read(json, "service", &out.service);
  Read(json, "id", &out.id);
  Read(json, "name", &out.name);
  Read(json, "size", &out.size);
  Read(json, "allocated", &out.allocated);
  Read(json, "type", &out.type);
  Read(json, "fsType", &out.fs_type);
  Read(json, "iops", &out.iops);
  Read(json, "throughput", &out.throughput);
  Read(json, "zone", &out.zone);
  Read(json, "encrypted", &out.encrypted);
  Read(json, "tags", &out.tags);
  Read(json, "status", &out.status);
  Read(json, "statusDetail", &out.status_detail);
  out.attachments = ReadList(At(json, "attachments"), AttachmentFromJson);
  Read(json, "created", &out.created);
  Read(json, "createdByUs", &out.created_by_us);
  Read(json, "blank", &out.blank);
  Read(json, "mkfsOptions", &out.mkfs_options);
  Read(json, "mountOptions", &out.mount_options);
  Read(json, "state", &out.state);
  Read(json, "device", &out.device);
  Read(json, "mountPoint", &out.mount_point);
  out.consumers = ReadList(At(json, "consumers"), ConsumerFromJson);
  Read(json, "waitingFor", &out.waiting_for);
  return out;
}

VolumeList VolumeListFromJson(const Json& json) {
  VolumeList out;
  out.volumes = ReadList(At(json, "volumes"), VolumeFromJson);
  out.errors = ReadList(At(json, "errors"), ServiceErrorFromJson);
  return out;
}

NodeList NodeListFromJson(const Json& json) {
  NodeList out;
  out.nodes = ReadList(At(json, "nodes"), NodeFromJson);
  out.errors = ReadList(At(json, "errors"), ServiceErrorFromJson);
  return out;
}

SnapshotInfo SnapshotFromJson(const Json& json) {
  SnapshotInfo out;
  Read(json, "service", &out.service);
  Read(json, "id", &out.id);
  Read(json, "name", &out.name);
  Read(json, "description", &out.description);
  Read(json, "sourceVolume", &out.source_volume);
  Read(json, "size", &out.size);
  Read(json, "allocated", &out.allocated);
  Read(json, "fsType", &out.fs_type);
  Read(json, "tags", &out.tags);
  Read(json, "created", &out.created);
  Read(json, "status", &out.status);
  Read(json, "statusDetail", &out.status_detail);
  Read(json, "progressPercent", &out.progress_percent);
  Read(json, "encrypted", &out.encrypted);
  Read(json, "createdByUs", &out.created_by_us);
  return out;
}

SnapshotListing SnapshotListingFromJson(const Json& json) {
  SnapshotListing out;
  out.snapshots = ReadList(At(json, "snapshots"), SnapshotFromJson);
  out.errors = ReadList(At(json, "errors"), ServiceErrorFromJson);
  return out;
}

UsageInfo UsageFromJson(const Json& json) {
  const auto space = [](const Json& from) -> std::optional<UsageInfo::Space> {
    if (!from.is_object()) return std::nullopt;
    UsageInfo::Space read;
    Read(from, "size", &read.size);
    Read(from, "available", &read.available);
    return read;
  };
  UsageInfo out;
  out.file_system = space(At(json, "fileSystem"));
  out.pool = space(At(json, "pool"));
  Read(At(json, "pool"), "name", &out.pool_name);
  Read(json, "problem", &out.problem);
  return out;
}

DaemonStatus DaemonStatusFromJson(const Json& json) {
  DaemonStatus out;
  Read(json, "version", &out.version);
  Read(json, "pid", &out.pid);
  Read(json, "startedAt", &out.started_at);
  Read(json, "uptimeSeconds", &out.uptime_seconds);
  Read(json, "logLevel", &out.log_level);
  Read(json, "configFile", &out.config_file);
  Read(json, "runDirectory", &out.run_directory);
  Read(json, "volumesRoot", &out.volumes_root);
  Read(json, "defaultService", &out.default_service);
  Read(json, "warnings", &out.warnings);
  out.services = ReadList(At(json, "services"), ServiceFromJson);
  return out;
}

ConsumerList ConsumersFromJson(const Json& json) {
  return {ReadList(At(json, "consumers"), ConsumerFromJson), ReadList(At(json, "uses"), UseFromJson)};
}

std::vector<EventInfo> EventsFromJson(const Json& json) {
  return ReadList(At(json, "events"), EventFromJson);
}

Json CreateToJson(const std::string& name, const CreateOptions& options) {
  Json body = {{"name", name}};
  AddOptional(&body, "size", options.size);
  AddText(&body, "fsType", options.fs_type);
  AddText(&body, "type", options.type);
  AddOptional(&body, "iops", options.iops);
  AddOptional(&body, "throughput", options.throughput);
  AddText(&body, "zone", options.zone);
  AddOptional(&body, "encrypted", options.encrypted);
  AddText(&body, "kmsKey", options.kms_key);
  AddText(&body, "sourceSnapshot", options.source_snapshot);
  AddText(&body, "sourceVolume", options.source_volume);
  if (options.freeze_source) body["freezeSource"] = true;
  if (options.thick) body["thick"] = true;
  if (options.overwrite_fs) body["overwriteFs"] = true;
  if (!options.mkfs_options.empty()) body["mkfsOptions"] = options.mkfs_options;
  if (!options.mount_options.empty()) body["mountOptions"] = options.mount_options;
  if (!options.tags.empty()) body["tags"] = options.tags;
  return body;
}

}  // namespace rexray::cli
