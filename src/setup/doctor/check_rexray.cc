// Our own configuration, unit and daemon.

#include "base/json.h"
#include "base/status.h"
#include "config/config.h"
#include "setup/doctor/ask.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/configured.h"
#include "setup/doctor/daemon_process.h"
#include "setup/unit_file.h"

namespace rexray::setup::doctor {
namespace {

using nlohmann::json;

Results CheckUnit(const Tree& tree) {
  const absl::StatusOr<UnitSources> unit = FindUnit(tree, "rexray.service");
  if (!unit.ok()) return {};
  std::string options;
  for (const std::string& text : unit->texts) {
    for (const std::string& option : NamespaceOptions(text))
      options += (options.empty() ? "" : ", ") + option;
  }
  if (options.empty()) return {Ok("the unit", unit->path)};
  return {Broken(
      "the unit",
      fmt::format(
          "{}: {} gives the daemon a mount namespace of its own, and its mounts would reach no container",
          unit->path, options),
      "take it out (rexray setup service writes a unit without)")};
}

/// "warning" lines and services of GET /v1/status.
void ReadStatus(const json& status, Results& results) {
  const std::string version = status.value("version", "");
  results.push_back(
      Ok("the daemon", fmt::format("answers: version {}, pid {}", version, status.value("pid", 0))));
  for (const json& warning : status.value("warnings", json::array())) {
    if (warning.is_string())
      results.push_back(Warning("the daemon", warning.get<std::string>(), "see its log"));
  }
  for (const json& service : status.value("services", json::array())) {
    const std::string name = service.value("name", "");
    const std::string driver = service.value("driver", "");
    const std::string error = service.value("error", "");
    const std::string check = fmt::format("service {}", name);
    if (service.value("state", "") == "ready") {
      const std::string trouble = service.value("volumesError", "");
      results.push_back(
          trouble.empty()
              ? Ok(check, driver + ", ready")
              : Warning(check, fmt::format("{}: its backend does not answer: {}", driver, trouble), ""));
    } else {
      results.push_back(
          Broken(check, fmt::format("{}: {}", driver, error), "mend that, then rexray restart"));
    }
  }
}

}  // namespace

Results CheckConfiguration(const Scene& scene) {
  const auto config = LoadConfigured(scene);
  if (!config.ok()) {
    return {Broken("the configuration", std::string(MessageOf(config.status())),
                   "the daemon would not start: correct it")};
  }
  Results results;
  for (const std::string& warning : (*config)->warnings()) {
    results.push_back(Warning("the configuration", warning, ""));
  }
  std::string services;
  for (const config::ServiceSettings& service : (*config)->settings().services) {
    services += fmt::format("{}{} ({})", services.empty() ? "" : ", ", service.name, service.driver);
  }
  if (services.empty()) {
    results.push_back(
        Warning("the configuration", "no service is configured", "rexray.storageDrivers: local"));
  } else if (results.empty()) {
    results.push_back(Ok("the configuration", "sound; services: " + services));
  }
  for (Diagnosis& one : CheckUnit(scene.tree)) results.push_back(std::move(one));
  return results;
}

Results CheckDaemon(const Scene& scene) {
  if (!scene.tree.IsHost()) return {};
  const auto config = LoadConfigured(scene);
  if (!config.ok()) return {};
  const config::Paths& paths = (*config)->settings().paths;
  const auto answer = Ask(scene, paths.admin_socket(), "GET", "/v1/status", scene.patience);
  Results results;
  if (!answer.ok()) {
    const std::string why(MessageOf(answer.status()));
    switch (answer.status().code()) {
      case absl::StatusCode::kNotFound:
        results.push_back(
            Warning("the daemon", "does not run: " + why, "rexray start, or systemctl start rexray"));
        break;
      case absl::StatusCode::kPermissionDenied:
        results.push_back(Unknown("the daemon", why, "run the doctor as root"));
        break;
      case absl::StatusCode::kUnavailable:
        results.push_back(Broken("the daemon", "its socket is there and nobody answers: " + why,
                                 "it was killed or is starting: rexray start"));
        break;
      default:
        results.push_back(Broken("the daemon", "does not answer: " + why, "look at its log; rexray restart"));
    }
    if (PidFileIsStale(paths.pid_file())) {
      results.push_back(
          Ok("the daemon", paths.pid_file() + " is of a process that is gone; the next start replaces it"));
    }
    return results;
  }
  try {
    const absl::StatusOr<json> status = ParseJson(answer->body);
    if (!status.ok() || !status->is_object() || !status->contains("version")) {
      return {Broken("the daemon",
                     fmt::format("{}: something answers that is no rexray", paths.admin_socket()),
                     "see who listens there: ss -xlp")};
    }
    ReadStatus(*status, results);
  } catch (const json::exception&) {
    results.push_back(
        Unknown("the daemon", "its answer has another shape", "use the rexray that came with the daemon"));
  }
  return results;
}

Results CheckDrivers(const Scene& scene) {
  if (!scene.tree.IsHost()) return {};
  const auto config = LoadConfigured(scene);
  if (!config.ok()) return {};
  const auto answer = Ask(scene, (*config)->settings().paths.admin_socket(), "GET",
                          "/v1/diagnoses?timeout=20", std::chrono::seconds(25));
  Results results;
  if (!answer.ok()) return {Unknown("drivers", "their own checks need a running daemon", "rexray start")};
  try {
    const json body = json::parse(answer->body);
    for (const json& one : body.at("diagnoses")) {
      Diagnosis diagnosis;
      const std::string verdict = one.at("verdict");
      diagnosis.verdict = verdict == "ok"        ? Diagnosis::Verdict::kOk
                          : verdict == "warning" ? Diagnosis::Verdict::kWarning
                          : verdict == "broken"  ? Diagnosis::Verdict::kBroken
                                                 : Diagnosis::Verdict::kUnknown;
      diagnosis.check =
          fmt::format("{}: {}", one.at("service").get<std::string>(), one.at("check").get<std::string>());
      diagnosis.evidence = one.at("evidence");
      diagnosis.fix = one.at("fix");
      results.push_back(std::move(diagnosis));
    }
  } catch (const json::exception&) {
    return {Unknown("drivers", "this daemon does not tell", "use the rexray that came with the daemon")};
  }
  return results;
}

}  // namespace rexray::setup::doctor
