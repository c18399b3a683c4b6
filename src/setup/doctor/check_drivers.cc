// Each driver's own checks (StorageDriver::Diagnose): of the daemon where one runs. For a service that it
// does not have, or without a daemon, of `rexrayd --diagnose`, which opens nothing for use.

#include <set>

#include "base/json.h"
#include "base/status.h"
#include "config/config.h"
#include "setup/doctor/ask.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/configured.h"

namespace rexray::setup::doctor {
namespace {

using nlohmann::json;

Diagnosis::Verdict VerdictOf(const std::string& word) {
  if (word == "ok") return Diagnosis::Verdict::kOk;
  if (word == "warning") return Diagnosis::Verdict::kWarning;
  return word == "broken" ? Diagnosis::Verdict::kBroken : Diagnosis::Verdict::kUnknown;
}

/// Adds what is about the services in `wanted`, and takes these out of it. False when `text` is not what was
/// asked for.
bool Read(const std::string& text, std::set<std::string>& wanted, Results& results) {
  std::set<std::string> seen;
  try {
    const json body = json::parse(text);
    for (const json& one : body.at("diagnoses")) {
      const std::string service = one.at("service");
      if (!wanted.contains(service)) continue;
      const std::string check = one.at("check");
      const Diagnosis::Verdict verdict = VerdictOf(one.at("verdict"));
      // A driver that could not be opened says no more than why (volume/late_driver.h): one looks without it.
      const bool is_down = check.starts_with("driver ") && verdict == Diagnosis::Verdict::kBroken;
      if (!is_down) seen.insert(service);
      results.push_back({verdict, fmt::format("{}: {}", service, check), one.at("evidence"), one.at("fix")});
    }
  } catch (const json::exception&) {
    return false;
  }
  for (const std::string& service : seen) wanted.erase(service);
  return true;
}

/// The runner gives a program no environment; the configuration and the credentials need ours.
std::string Packed(const std::map<std::string, std::string>& environment) {
  std::string text;
  for (const auto& [name, value] : environment) {
    text.append(name).append("=").append(value).push_back('\0');
  }
  return text;
}

void AskProgram(const Scene& scene, std::set<std::string>& wanted, Results& results) {
  if (scene.daemon_program.empty()) {
    results.push_back(
        Unknown("drivers", "rexrayd, which has the drivers, is not installed", "install the whole package"));
    return;
  }
  Command command{.argv = {scene.daemon_program, "--diagnose"},
                  .input = Packed(scene.environment),
                  .deadline = Deadline::After(scene.clock, std::chrono::seconds(25)),
                  .output_limit = 1024 * 1024};
  if (!scene.config_file.empty()) command.argv.insert(command.argv.end(), {"--config", scene.config_file});
  const absl::StatusOr<CommandResult> said = scene.runner.Run(command);
  if (!said.ok()) {
    results.push_back(Unknown("drivers", std::string(MessageOf(said.status())), "see the other checks"));
  } else if (!Read(said->out, wanted, results)) {
    results.push_back(Unknown("drivers", scene.daemon_program + " does not tell",
                              "use the rexray and the rexrayd of one package"));
  }
}

}  // namespace

Results CheckDrivers(const Scene& scene) {
  if (!scene.tree.IsHost()) return {};
  const auto config = LoadConfigured(scene);
  if (!config.ok()) return {};
  std::set<std::string> wanted;
  for (const config::ServiceSettings& service : (*config)->settings().services) wanted.insert(service.name);
  const auto answer = Ask(scene, (*config)->settings().paths.admin_socket(), "GET",
                          "/v1/diagnoses?timeout=20", std::chrono::seconds(25));
  if (absl::IsPermissionDenied(answer.status())) {
    return {Unknown("drivers", std::string(MessageOf(answer.status())), "run the doctor as root")};
  }
  if (absl::IsDeadlineExceeded(answer.status())) {
    return {Unknown("drivers", std::string(MessageOf(answer.status())), "look at the daemon's log")};
  }
  Results results;
  if (answer.ok() && !Read(answer->body, wanted, results)) {
    return {Unknown("drivers", "this daemon does not tell", "use the rexray that came with the daemon")};
  }
  if (!wanted.empty()) AskProgram(scene, wanted, results);
  return results;
}

}  // namespace rexray::setup::doctor
