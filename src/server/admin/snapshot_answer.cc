// Snapshots, and where a volume's space went, as JSON.

#include "base/rfc3339.h"
#include "server/admin/admin_answer.h"

namespace rexray::server::admin {

void WriteSnapshot(const Snapshot& snapshot, JsonWriter& json) {
  json.BeginObject().Key("service").String(snapshot.service).Key("id").String(snapshot.id);
  json.Key("name").String(snapshot.name).Key("description").String(snapshot.description);
  json.Key("sourceVolume").String(snapshot.source_volume).Key("size").Integer(snapshot.size);
  json.Key("allocated").Integer(snapshot.allocated).Key("fsType").String(snapshot.fs_type);
  json.Key("tags").BeginObject();
  for (const auto& [key, value] : snapshot.tags) json.Key(key).String(value);
  json.EndObject().Key("created");
  if (snapshot.created) {
    json.String(FormatRfc3339(*snapshot.created));
  } else {
    json.Null();
  }
  json.Key("status").String(ToString(snapshot.status)).Key("statusDetail").String(snapshot.status_detail);
  json.Key("progressPercent").Integer(snapshot.progress_percent);
  json.Key("encrypted").Bool(snapshot.encrypted).Key("createdByUs").Bool(snapshot.created_by_us).EndObject();
}

http::Response SnapshotAnswer(const Snapshot& snapshot) {
  JsonWriter json;
  json.BeginObject().Key("snapshot");
  WriteSnapshot(snapshot, json);
  json.EndObject();
  return Answer(json);
}

http::Response UsageAnswer(const engine::VolumeUsage& usage, TimePoint now) {
  JsonWriter json;
  json.BeginObject().Key("volume");
  WriteVolume(usage.view, now, json);
  json.Key("fileSystem");
  if (usage.file_system) {
    json.BeginObject().Key("size").Integer(usage.file_system->size);
    json.Key("available").Integer(usage.file_system->available);
    json.Key("files").Integer(usage.file_system->files);
    json.Key("filesAvailable").Integer(usage.file_system->files_available).EndObject();
  } else {
    json.Null();
  }
  json.Key("pool");
  if (usage.pool) {
    json.BeginObject().Key("name").String(usage.pool->name).Key("size").Integer(usage.pool->size);
    json.Key("available").Integer(usage.pool->available);
    json.Key("promised").Integer(usage.pool->promised).EndObject();
  } else {
    json.Null();
  }
  json.Key("problem").String(usage.problem).EndObject();
  return Answer(json);
}

}  // namespace rexray::server::admin
