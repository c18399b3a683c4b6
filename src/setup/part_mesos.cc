#include "base/status.h"
#include "setup/environment_file.h"
#include "setup/isolation.h"
#include "setup/mesos_agent.h"
#include "setup/mesos_modules.h"
#include "setup/parts.h"

namespace rexray::setup {

namespace {

constexpr char kOwnModules[] = "/etc/rexray/mesos-modules.json";

/// The flag's place gets another value; without a place, a file in the flags directory.
absl::Status SetFlag(Planner& planner, const MesosAgent& agent, const std::optional<AgentFlag>& flag,
                     const std::string& name, const std::string& value, const std::string& why) {
  if (flag && flag->value == value) return absl::OkStatus();
  if (!flag) return planner.SetFile(agent.flags_directory() + "/" + name, value + "\n", why);
  ASSIGN_OR_RETURN(const std::string text, planner.Read(flag->path));
  if (flag->variable.empty()) {
    const bool line_end = text.empty() || text.back() == '\n';
    return planner.SetFile(flag->path, value + (line_end ? "\n" : ""), why);
  }
  ASSIGN_OR_RETURN(std::string changed,
                   SetVariable(text, EnvironmentDialect::kShell, flag->variable, value, flag->path));
  return planner.SetFile(flag->path, std::move(changed), why);
}

absl::Status AddIsolators(Planner& planner, const MesosAgent& agent,
                          const std::vector<std::string>& isolators, const std::string& why) {
  ASSIGN_OR_RETURN(const std::optional<AgentFlag> flag, FindAgentFlag(planner.tree(), agent, "isolation"));
  return SetFlag(planner, agent, flag, "isolation", MergeIsolation(flag ? flag->value : "", isolators), why);
}

absl::Status MergeInto(Planner& planner, const std::string& path, const std::string& library) {
  absl::StatusOr<std::string> text = planner.Read(path);
  if (absl::IsNotFound(text.status())) text = std::string();
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(std::string merged, MergeModule(*text, path, library));
  return planner.SetFile(path, std::move(merged), "the module's file");
}

absl::Status AddModule(Planner& planner, const MesosAgent& agent, const std::string& library) {
  ASSIGN_OR_RETURN(const std::optional<AgentFlag> directory,
                   FindAgentFlag(planner.tree(), agent, "modules_dir"));
  if (directory) return MergeInto(planner, directory->value + "/rexray.json", library);
  ASSIGN_OR_RETURN(const std::optional<AgentFlag> flag, FindAgentFlag(planner.tree(), agent, "modules"));
  if (!flag) {
    RETURN_IF_ERROR(MergeInto(planner, kOwnModules, library));
    return SetFlag(planner, agent, flag, "modules", kOwnModules, "the module is loaded");
  }
  if (const std::optional<std::string> path = PathOfModules(flag->value)) {
    return MergeInto(planner, *path, library);
  }
  ASSIGN_OR_RETURN(const std::string merged, MergeModule(flag->value, flag->path, library));
  return SetFlag(planner, agent, flag, "modules", merged, "the module is loaded");
}

absl::Status Native(Planner& planner, const MesosAgent& agent) {
  // The agent looks for it on its PATH once, at its start, and ends when it is not there.
  if (absl::Status found = FindProgram(planner.tree(), "dvdcli", "").status(); !found.ok()) {
    return Annotate(found, "mesos: docker/volume executes dvdcli");
  }
  ASSIGN_OR_RETURN(const std::optional<AgentFlag> flag, FindAgentFlag(planner.tree(), agent, "isolation"));
  if (flag && ListHas(flag->value, kModuleName)) {
    planner.notes().push_back(
        fmt::format("{} stays in the isolation list, for applications with DVDI_VOLUME_ "
                    "variables; its file must be built for this agent's version",
                    kModuleName));
  }
  return AddIsolators(planner, agent, {"filesystem/linux", "docker/volume"}, "Mesos's own docker/volume");
}

}  // namespace

absl::Status PlanMesos(Planner& planner, const PartOptions& options) {
  if (!DcosVersion(planner.tree()).empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "mesos: this is a DC/OS node: \"rexray setup dcos\"");
  }
  absl::StatusOr<MesosAgent> agent = FindMesosAgent(planner.tree());
  if (!agent.ok()) return Annotate(agent.status(), "mesos");
  if (!options.mesos_version.empty()) agent->version = options.mesos_version;
  planner.Begin("mesos", {agent->unit()});
  if (agent->HasDockerVolume() && options.module.empty()) return Native(planner, *agent);
  const absl::StatusOr<std::string> library = FindModule(planner, agent->version, options.module);
  if (!library.ok()) return Annotate(library.status(), "mesos");
  RETURN_IF_ERROR(AddModule(planner, *agent, *library));
  return AddIsolators(planner, *agent, {kModuleName}, "the module is called");
}

}  // namespace rexray::setup
