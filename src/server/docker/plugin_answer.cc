#include "server/docker/plugin_answer.h"

#include "base/rfc3339.h"
#include "base/status.h"
#include "server/json_writer.h"
#include "volume/volume_name.h"

namespace rexray::server::docker {
namespace {

constexpr char kContentType[] = "application/vnd.docker.plugins.v1.2+json";

http::Response Answer(int status, std::string body) {
  return {.status = status, .content_type = kContentType, .body = std::move(body)};
}

void WriteConsumers(const std::vector<engine::ConsumerRecord>& consumers, JsonWriter& json) {
  json.Key("consumers").BeginArray();
  for (const engine::ConsumerRecord& record : consumers) {
    json.BeginObject().Key("api").String(ToString(record.consumer.api)).Key("id").String(record.consumer.id);
    json.Key("count").Integer(record.count).Key("since").String(FormatRfc3339(record.since)).EndObject();
  }
  json.EndArray();
}

void WriteStatus(const engine::VolumeView& view, JsonWriter& json) {
  const Volume& volume = view.volume;
  json.Key("Status").BeginObject();
  json.Key("service").String(volume.key.service).Key("id").String(volume.key.id);
  json.Key("size").Integer(volume.size).Key("fsType").String(volume.fs_type);
  json.Key("state").String(ToString(view.state));
  WriteConsumers(view.consumers, json);
  if (!volume.type.empty()) json.Key("type").String(volume.type);
  if (!volume.zone.empty()) json.Key("availabilityZone").String(volume.zone);
  if (!view.device.empty()) json.Key("device").String(view.device);
  if (!view.waiting_for.empty()) json.Key("waitingFor").String(view.waiting_for);
  if (volume.status == VolumeStatus::kError) json.Key("error").String(volume.status_detail);
  json.EndObject();
}

}  // namespace

http::Response ErrorAnswer(const absl::Status& status) {
  JsonWriter json;
  json.BeginObject().Key("Err").String(MessageOf(status)).EndObject();
  return Answer(500, json.Take());
}

http::Response NoSuchPath(std::string_view target) {
  JsonWriter json;
  json.BeginObject().Key("Err").String("no such call: \"" + Printable(target) + "\"").EndObject();
  return Answer(404, json.Take());
}

http::Response ActivateAnswer() {
  return Answer(200, R"({"Implements":["VolumeDriver"]})");
}

http::Response EmptyAnswer() {
  return Answer(200, R"({"Err":""})");
}

http::Response MountpointAnswer(std::string_view path) {
  JsonWriter json;
  json.BeginObject().Key("Mountpoint").String(path).Key("Err").String("").EndObject();
  return Answer(200, json.Take());
}

http::Response CapabilitiesAnswer(bool global) {
  return Answer(200, global ? R"({"Capabilities":{"Scope":"global"},"Err":""})"
                            : R"({"Capabilities":{"Scope":"local"},"Err":""})");
}

http::Response GetAnswer(const engine::VolumeView& view) {
  JsonWriter json;
  json.Reserve(512);
  json.BeginObject().Key("Volume").BeginObject();
  json.Key("Name").String(view.volume.name);
  if (!view.mount_point.empty()) json.Key("Mountpoint").String(view.mount_point);
  if (view.volume.created) json.Key("CreatedAt").String(FormatRfc3339(*view.volume.created));
  WriteStatus(view, json);
  json.EndObject().Key("Err").String("").EndObject();
  return Answer(200, json.Take());
}

http::Response ListAnswer(const std::vector<engine::VolumeView>& views) {
  JsonWriter json;
  json.Reserve(64 + views.size() * 64);
  json.BeginObject().Key("Volumes").BeginArray();
  const std::string* previous = nullptr;
  for (const engine::VolumeView& view : views) {
    const std::string& name = view.volume.name;
    if (name.empty() || (previous != nullptr && *previous == name)) continue;
    previous = &name;
    json.BeginObject().Key("Name").String(name);
    if (!view.mount_point.empty()) json.Key("Mountpoint").String(view.mount_point);
    json.EndObject();
  }
  json.EndArray().Key("Err").String("").EndObject();
  return Answer(200, json.Take());
}

}  // namespace rexray::server::docker
