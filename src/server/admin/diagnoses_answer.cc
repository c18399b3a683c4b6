#include "server/admin/diagnoses_answer.h"

#include "server/json_writer.h"

namespace rexray::server::admin {
namespace {

const char* WordOf(Diagnosis::Verdict verdict) {
  switch (verdict) {
    case Diagnosis::Verdict::kOk:
      return "ok";
    case Diagnosis::Verdict::kWarning:
      return "warning";
    case Diagnosis::Verdict::kBroken:
      return "broken";
    default:
      return "unknown";
  }
}

}  // namespace

std::string DiagnosesText(const std::vector<std::pair<std::string, std::vector<Diagnosis>>>& services) {
  JsonWriter json;
  json.BeginObject().Key("diagnoses").BeginArray();
  for (const auto& [service, diagnoses] : services) {
    for (const Diagnosis& one : diagnoses) {
      json.BeginObject().Key("service").String(service).Key("check").String(one.check);
      json.Key("verdict").String(WordOf(one.verdict)).Key("evidence").String(one.evidence);
      json.Key("fix").String(one.fix).EndObject();
    }
  }
  json.EndArray().EndObject();
  return json.Take();
}

http::Response DiagnosesAnswer(
    const std::vector<std::pair<std::string, std::shared_ptr<StorageDriver>>>& drivers, Deadline deadline) {
  std::vector<std::pair<std::string, std::vector<Diagnosis>>> services;
  for (const auto& [service, driver] : drivers) {
    services.emplace_back(service, driver->Diagnose({.deadline = deadline}));
  }
  return {.status = 200, .content_type = "application/json", .body = DiagnosesText(services)};
}

}  // namespace rexray::server::admin
