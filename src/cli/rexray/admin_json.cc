#include "cli/rexray/admin_json.h"

#include <string_view>
#include <utility>

#include "cli/rexray/admin_fields.h"
#include "nlohmann/json.hpp"

#include "base/code_table.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::json;

const Json& At(const Json& json, std::string_view path) {
  static const Json kNull;
  const Json* at = &json;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const auto found = at->is_object() ? at->find(path.substr(0, dot)) : at->end();
    if (!at->is_object() || found == at->end()) return kNull;
    at = &*found;
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return *at;
}

// Each of these says whether the value is what it takes, and otherwise leaves `to` as it is.

bool Take(const Json& value, std::string* to) {
  if (value.is_string()) *to = value.get<std::string>();
  return value.is_string();
}

bool Take(const Json& value, bool* to) {
  if (value.is_boolean()) *to = value.get<bool>();
  return value.is_boolean();
}

bool Take(const Json& value, uint64_t* to) {
  if (value.is_number_unsigned()) *to = value.get<uint64_t>();
  return value.is_number_unsigned();
}

bool Take(const Json& value, int64_t* to) {
  if (value.is_number_integer()) *to = value.get<int64_t>();
  return value.is_number_integer();
}

bool Take(const Json& value, std::map<std::string, std::string>* to) {
  if (!value.is_object()) return false;
  for (const auto& [name, text] : value.items()) {
    if (text.is_string()) (*to)[name] = text.get<std::string>();
  }
  return true;
}

bool Take(const Json& value, ServiceError* to) {
  std::string code;
  std::string message = "no reason was given";
  Take(At(value, "service"), &to->service);
  Take(At(value, "code"), &code);
  Take(At(value, "message"), &message);
  to->status = absl::Status(CodeFromName(code).value_or(absl::StatusCode::kUnknown), message);
  return value.is_object();
}

template <typename T>
requires kHasFields<T>
bool Take(const Json& value, T* to);

template <typename T>
bool Take(const Json& value, std::optional<T>* to) {
  T read{};
  const bool taken = Take(value, &read);
  if (taken) *to = std::move(read);
  return taken;
}

template <typename T>
bool Take(const Json& list, std::vector<T>* to) {
  if (!list.is_array()) return false;
  for (const Json& item : list) {
    T read{};
    if (Take(item, &read)) to->push_back(std::move(read));
  }
  return true;
}

template <typename T>
requires kHasFields<T>
bool Take(const Json& value, T* to) {
  std::apply([&](const auto&... field) { (Take(At(value, field.key), &(to->*field.member)), ...); },
             kFields<T>);
  return value.is_object();
}

template <typename T>
T Read(const Json& json) {
  T out;
  Take(json, &out);
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
  return Read<VolumeInfo>(json);
}

VolumeList VolumeListFromJson(const Json& json) {
  return Read<VolumeList>(json);
}

NodeList NodeListFromJson(const Json& json) {
  return Read<NodeList>(json);
}

SnapshotInfo SnapshotFromJson(const Json& json) {
  return Read<SnapshotInfo>(json);
}

SnapshotListing SnapshotListingFromJson(const Json& json) {
  return Read<SnapshotListing>(json);
}

UsageInfo UsageFromJson(const Json& json) {
  return Read<UsageInfo>(json);
}

DaemonStatus DaemonStatusFromJson(const Json& json) {
  return Read<DaemonStatus>(json);
}

ConsumerList ConsumersFromJson(const Json& json) {
  return Read<ConsumerList>(json);
}

std::vector<EventInfo> EventsFromJson(const Json& json) {
  return Read<std::vector<EventInfo>>(At(json, "events"));
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
