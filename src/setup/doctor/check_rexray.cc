// Our own configuration, unit and daemon.

#include <algorithm>

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

/// A link in some NAME.wants or NAME.requires.
bool StartsAtBoot(const Tree& tree, const std::string& unit) {
  constexpr const char* kUnits = "/etc/systemd/system";
  const absl::StatusOr<std::vector<std::string>> names = tree.List(kUnits);
  if (!names.ok()) return false;
  return std::any_of(names->begin(), names->end(), [&](const std::string& name) {
    const bool pulls = name.ends_with(".wants") || name.ends_with(".requires");
    return pulls && tree.StatLink(fmt::format("{}/{}/{}", kUnits, name, unit)).ok();
  });
}

/// `rexray start` by hand is gone after a boot. A master needs no daemon; DC/OS 1.8 and newer bring a unit.
Results CheckStart(const Tree& tree, bool has_unit) {
  const auto exists = [&](const char* path) { return tree.Exists(path); };
  const bool systemd =
      exists("/etc/systemd/system") || exists("/usr/lib/systemd/system") || exists("/lib/systemd/system");
  const bool needs_none =
      exists("/etc/mesosphere/roles/master") || FindUnit(tree, "dcos-rexray.service").ok();
  if (!systemd || needs_none) return {};
  if (!has_unit) {
    return {Warning("the unit",
                    "there is no rexray.service: nobody starts the daemon when this machine boots",
                    "rexray setup service")};
  }
  if (StartsAtBoot(tree, "rexray.service")) return {};
  return {Warning("the unit", "rexray.service is not enabled: nobody starts it when this machine boots",
                  "systemctl enable rexray")};
}

Results CheckUnit(const Tree& tree) {
  const absl::StatusOr<UnitSources> unit = FindUnit(tree, "rexray.service");
  Results start = CheckStart(tree, unit.ok());
  if (!unit.ok()) return start;
  std::string options;
  for (const std::string& text : unit->texts) {
    for (const std::string& option : NamespaceOptions(text))
      options += (options.empty() ? "" : ", ") + option;
  }
  if (options.empty() && !start.empty()) return start;
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
    const std::string state = service.value("state", "");
    if (state == "starting") {
      results.push_back(Warning(check, fmt::format("{} is starting: {}", driver, error),
                                "look whether the disk or the network below it answers"));
    } else if (state == "ready") {
      const std::string trouble = service.value("volumesError", "");
      results.push_back(
          trouble.empty()
              ? Ok(check, driver + ", ready")
              : Warning(check, fmt::format("{}: its backend does not answer: {}", driver, trouble), ""));
    } else {
      results.push_back(Broken(check, fmt::format("{}: {}", driver, error),
                               "mend that, then rexray restart (what may pass is tried again by itself)"));
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

}  // namespace rexray::setup::doctor
