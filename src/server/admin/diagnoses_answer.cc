#include "server/admin/diagnoses_answer.h"

#include "server/admin/admin_answer.h"
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

http::Response DiagnosesAnswer(
    const std::vector<std::pair<std::string, std::shared_ptr<StorageDriver>>>& drivers, Deadline deadline) {
  JsonWriter json;
  json.BeginObject().Key("diagnoses").BeginArray();
  for (const auto& [service, driver] : drivers) {
    for (const Diagnosis& one : driver->Diagnose({.deadline = deadline})) {
      json.BeginObject().Key("service").String(service).Key("check").String(one.check);
      json.Key("verdict").String(WordOf(one.verdict)).Key("evidence").String(one.evidence);
      json.Key("fix").String(one.fix).EndObject();
    }
  }
  json.EndArray().EndObject();
  return Answer(json);
}

}  // namespace rexray::server::admin
