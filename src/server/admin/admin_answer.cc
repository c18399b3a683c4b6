#include "server/admin/admin_answer.h"

#include <algorithm>

#include "base/code_table.h"
#include "base/rfc3339.h"
#include "base/status.h"

namespace rexray::server::admin {
namespace {

const char* OriginName(config::Origin::Kind kind) {
  switch (kind) {
    case config::Origin::Kind::kDefault:
      return "default";
    case config::Origin::Kind::kFile:
      return "file";
    case config::Origin::Kind::kEnvironment:
      return "environment";
    case config::Origin::Kind::kFlag:
      return "flag";
  }
  return "unknown";
}

void WriteOptional(const std::optional<uint64_t>& value, JsonWriter& json) {
  if (value) {
    json.Integer(*value);
  } else {
    json.Null();
  }
}

void WriteAttachments(const std::vector<Attachment>& attachments, JsonWriter& json) {
  json.BeginArray();
  for (const Attachment& attachment : attachments) {
    json.BeginObject().Key("node").String(attachment.node).Key("state").String(ToString(attachment.state));
    json.Key("device").String(attachment.device).EndObject();
  }
  json.EndArray();
}

void WriteConsumerFields(const engine::ConsumerRecord& record, JsonWriter& json) {
  json.Key("api").String(ToString(record.consumer.api)).Key("id").String(record.consumer.id);
  json.Key("counted").Bool(record.consumer.counted).Key("count").Integer(record.count);
  json.Key("since").String(FormatRfc3339(record.since));
}

void WriteConsumers(const std::vector<engine::ConsumerRecord>& consumers, JsonWriter& json) {
  json.BeginArray();
  for (const engine::ConsumerRecord& record : consumers) {
    json.BeginObject();
    WriteConsumerFields(record, json);
    json.EndObject();
  }
  json.EndArray();
}

/// What the backend says of it.
void WriteBackendPart(const Volume& volume, JsonWriter& json) {
  json.Key("service").String(volume.key.service).Key("id").String(volume.key.id);
  json.Key("name").String(volume.name).Key("size").Integer(volume.size);
  json.Key("allocated").Integer(volume.allocated).Key("type").String(volume.type);
  json.Key("fsType").String(volume.fs_type).Key("iops");
  WriteOptional(volume.iops, json);
  json.Key("throughput");
  WriteOptional(volume.throughput, json);
  json.Key("zone").String(volume.zone).Key("encrypted").Bool(volume.encrypted).Key("tags").BeginObject();
  for (const auto& [key, value] : volume.tags) json.Key(key).String(value);
  json.EndObject().Key("status").String(ToString(volume.status));
  json.Key("statusDetail").String(volume.status_detail).Key("attachments");
  WriteAttachments(volume.attachments, json);
  json.Key("created");
  if (volume.created) {
    json.String(FormatRfc3339(*volume.created));
  } else {
    json.Null();
  }
  json.Key("createdByUs").Bool(volume.created_by_us).Key("blank").Bool(volume.blank);
  json.Key("mkfsOptions");
  WriteTexts(volume.mkfs_options, json);
  json.Key("mountOptions");
  WriteTexts(volume.mount_options, json);
}

void WriteEvent(const engine::Event& event, JsonWriter& json) {
  json.BeginObject().Key("sequence").Integer(event.sequence).Key("at").String(FormatRfc3339(event.at));
  json.Key("level").String(LevelName(event.level)).Key("kind").String(event.kind);
  json.Key("service").String(event.volume.service).Key("id").String(event.volume.id);
  json.Key("name").String(event.name).Key("text").String(event.text).EndObject();
}

}  // namespace

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

http::Response Answer(JsonWriter& json) {
  return {.status = 200, .content_type = "application/json", .body = json.Take()};
}

void WriteTexts(const std::vector<std::string>& texts, JsonWriter& json) {
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteVolume(const engine::VolumeView& view, TimePoint now, JsonWriter& json) {
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - view.as_of).count();
  json.BeginObject();
  WriteBackendPart(view.volume, json);
  json.Key("state").String(ToString(view.state)).Key("device").String(view.device);
  json.Key("mountPoint").String(view.mount_point).Key("consumers");
  WriteConsumers(view.consumers, json);
  json.Key("waitingFor").String(view.waiting_for);
  json.Key("ageMilliseconds").Integer(std::max<int64_t>(age, 0)).EndObject();
}

http::Response ErrorAnswer(const absl::Status& status) {
  const CodeRow& row = RowOf(status.code());
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject().Key("code").String(row.name);
  json.Key("message").String(MessageOf(status)).EndObject().EndObject();
  return {.status = row.http_status, .content_type = "application/json", .body = json.Take()};
}

http::Response EmptyAnswer() {
  return {.status = 200, .content_type = "application/json", .body = "{}"};
}

http::Response PathAnswer(const std::string& path) {
  JsonWriter json;
  json.BeginObject().Key("path").String(path).EndObject();
  return Answer(json);
}

http::Response VolumeAnswer(const engine::VolumeView& view, TimePoint now) {
  JsonWriter json;
  json.BeginObject().Key("volume");
  WriteVolume(view, now, json);
  json.EndObject();
  return Answer(json);
}

http::Response CreateAnswer(const engine::CreateResult& result, TimePoint now) {
  JsonWriter json;
  json.BeginObject().Key("volume");
  WriteVolume(result.view, now, json);
  json.Key("existed").Bool(result.existed).EndObject();
  return Answer(json);
}

http::Response ConsumersAnswer(const engine::ConsumerReport& report) {
  JsonWriter json;
  json.BeginObject().Key("consumers").BeginArray();
  for (const engine::ConsumerEvidence& evidence : report.consumers) {
    json.BeginObject();
    WriteConsumerFields(evidence.record, json);
    json.Key("verdict").String(ToString(evidence.verdict)).Key("why").String(evidence.why).EndObject();
  }
  json.EndArray().Key("uses").BeginArray();
  for (const host::MountUse& use : report.uses) {
    json.BeginObject().Key("pid").Integer(use.pid).Key("command").String(use.command);
    json.Key("mountNamespace").Integer(use.mount_namespace).Key("target").String(use.target);
    json.Key("how").String(use.how).Key("container").String(use.container).EndObject();
  }
  json.EndArray().EndObject();
  return Answer(json);
}

http::Response EventsAnswer(const std::vector<engine::Event>& events, uint64_t after) {
  JsonWriter json;
  json.BeginObject().Key("events").BeginArray();
  for (const engine::Event& event : events) WriteEvent(event, json);
  json.EndArray().Key("last").Integer(events.empty() ? after : events.back().sequence).EndObject();
  return Answer(json);
}

void WriteServiceError(const std::string& service, const absl::Status& status, JsonWriter& json) {
  json.BeginObject().Key("service").String(service);
  json.Key("code").String(RowOf(status.code()).name).Key("message").String(MessageOf(status)).EndObject();
}

http::Response ConfigAnswer(const config::Config& config) {
  JsonWriter json;
  json.BeginObject().Key("values").BeginArray();
  for (const config::EffectiveValue& value : config.Effective()) {
    json.BeginObject().Key("key").String(value.key).Key("value").String(value.value);
    json.Key("origin").String(OriginName(value.origin.kind)).Key("where").String(value.origin.where);
    json.Key("secret").Bool(value.secret).EndObject();
  }
  json.EndArray().Key("warnings");
  WriteTexts(config.warnings(), json);
  json.EndObject();
  return Answer(json);
}

}  // namespace rexray::server::admin
