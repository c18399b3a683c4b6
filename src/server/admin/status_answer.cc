#include "server/admin/status_answer.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>
#include <utility>

#include "base/logging.h"
#include "base/rfc3339.h"
#include "base/status.h"
#include "server/admin/admin_answer.h"

namespace rexray::server::admin {
namespace {

void WriteCapabilities(const absl::StatusOr<DriverCapabilities>& capabilities, JsonWriter& json) {
  json.Key("capabilities");
  if (!capabilities.ok()) {
    json.Null();
    return;
  }
  const bool block = capabilities->kind == DriverCapabilities::Kind::kBlock;
  json.BeginObject().Key("kind").String(block ? "block" : "directory");
  json.Key("scope").String(capabilities->network ? "global" : "local");
  json.Key("sizes").Bool(capabilities->sizes).Key("grow").Bool(capabilities->grow);
  json.Key("growOnline").Bool(capabilities->grow_online).Key("snapshots").Bool(capabilities->snapshots);
  const char* cut = capabilities->cut == SnapshotCut::kAtomic    ? "atomic"
                    : capabilities->cut == SnapshotCut::kInstant ? "instant"
                                                                 : "copy";
  json.Key("clone").Bool(capabilities->clone).Key("snapshotCut").String(cut);
  json.Key("modify").Bool(capabilities->modify).Key("needsRoot").Bool(capabilities->needs_root).EndObject();
}

void WriteVolumeCount(const ServiceVolumes* answer, JsonWriter& json) {
  if (answer != nullptr && answer->second.ok()) {
    json.Key("volumes").Integer(uint64_t{answer->second->size()}).Key("volumesError").String("");
    return;
  }
  json.Key("volumes").Null();
  json.Key("volumesError").String(answer == nullptr ? "" : MessageOf(answer->second.status()));
}

void WriteService(const ServiceStatus& service, const engine::VolumeEngine& engine,
                  const std::vector<ServiceVolumes>& volumes, JsonWriter& json) {
  const auto answer = std::find_if(volumes.begin(), volumes.end(),
                                   [&](const ServiceVolumes& one) { return one.first == service.name; });
  const absl::StatusOr<Readiness> found = engine.ReadinessOf(service.name);
  const Readiness readiness =
      found.ok() ? *found : Readiness{Readiness::Phase::kDown, std::string(MessageOf(found.status()))};
  json.BeginObject().Key("name").String(service.name).Key("driver").String(service.driver);
  json.Key("state").String(ToString(readiness.phase)).Key("error").String(readiness.why);
  WriteVolumeCount(answer == volumes.end() ? nullptr : &*answer, json);
  json.Key("dockerSocket").String(service.docker_socket).Key("specFile").String(service.spec_file);
  const bool down = readiness.phase == Readiness::Phase::kDown;
  WriteCapabilities(down ? absl::UnavailableError("") : engine.CapabilitiesOf(service.name), json);
  json.EndObject();
}

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

void WriteNode(const ServiceStatus& service, const Node& node, JsonWriter& json) {
  json.BeginObject().Key("service").String(service.name).Key("driver").String(service.driver);
  json.Key("id").String(node.id).Key("name").String(HostName());
  json.Key("zone").String(node.zone).Key("region").String(node.region).EndObject();
}

}  // namespace

http::Response NodesAnswer(const std::vector<ServiceStatus>& services,
                           const std::vector<ServiceAnswer<Node>>& nodes) {
  std::vector<std::pair<std::string, absl::Status>> errors;
  JsonWriter json;
  json.BeginObject().Key("nodes").BeginArray();
  for (const ServiceStatus& service : services) {
    const auto answer =
        std::find_if(nodes.begin(), nodes.end(), [&](const auto& one) { return one.first == service.name; });
    if (answer != nodes.end() && answer->second.ok()) {
      WriteNode(service, *answer->second, json);
    } else if (answer != nodes.end()) {
      errors.emplace_back(service.name, answer->second.status());
    }
  }
  json.EndArray().Key("errors").BeginArray();
  for (const auto& [service, status] : errors) WriteServiceError(service, status, json);
  json.EndArray().EndObject();
  return Answer(json);
}

http::Response StatusAnswer(const Parts& parts, const Options& options,
                            const std::vector<ServiceVolumes>& volumes) {
  const config::Settings& settings = parts.config->settings();
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(parts.clock->Now() - options.started);
  std::vector<std::string> warnings = parts.config->warnings();
  warnings.insert(warnings.end(), options.warnings.begin(), options.warnings.end());
  const std::vector<std::string> now = parts.engine->Warnings();
  warnings.insert(warnings.end(), now.begin(), now.end());

  JsonWriter json;
  json.BeginObject()
      .Key("version")
      .String(options.version)
      .Key("pid")
      .Integer(static_cast<int64_t>(getpid()));
  json.Key("startedAt").String(FormatRfc3339(options.started_wall));
  json.Key("uptimeSeconds").Integer(static_cast<int64_t>(uptime.count()));
  json.Key("logLevel").String(LevelName(GetLogLevel())).Key("configFile").String(options.config_file);
  json.Key("runDirectory").String(settings.paths.run).Key("volumesRoot").String(settings.paths.volumes);
  json.Key("defaultService").String(settings.default_service).Key("warnings");
  WriteTexts(warnings, json);
  json.Key("services").BeginArray();
  for (const ServiceStatus& service : options.services) WriteService(service, *parts.engine, volumes, json);
  json.EndArray().EndObject();
  return Answer(json);
}

}  // namespace rexray::server::admin
