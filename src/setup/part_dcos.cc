#include <algorithm>
#include <cstdlib>

#include "base/json.h"
#include "base/status.h"
#include "setup/environment_file.h"
#include "setup/isolation.h"
#include "setup/mesos_agent.h"
#include "setup/mesos_modules.h"
#include "setup/parts.h"
#include "setup/unit_file.h"

namespace rexray::setup {

namespace {

// DC/OS's own files are links into shared, read-only packages, and an upgrade replaces them. The units read
// this one last, and upgrades leave it alone.
constexpr char kStock[] = "/opt/mesosphere/etc/mesos-slave-common";
constexpr char kOverrides[] = "/var/lib/dcos/mesos-slave-common";
constexpr char kOwnModules[] = "/var/lib/dcos/rexray-mesos-modules.json";
constexpr char kDropIn[] = "50-rexray.conf";
constexpr auto kDialect = EnvironmentDialect::kSystemd;

std::string DropInOf(const std::string& unit) {
  return "/etc/systemd/system/" + unit + ".d/" + kDropIn;
}

/// The value in a file; "" without the file or the line.
absl::StatusOr<std::string> Variable(const Planner& planner, const char* path, const char* name) {
  const absl::StatusOr<std::string> text = planner.Read(path);
  if (absl::IsNotFound(text.status())) return std::string();
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(const std::optional<std::string> value, GetVariable(*text, kDialect, name, path));
  return value.value_or("");
}

absl::Status Override(Planner& planner, const char* name, const std::string& value, const std::string& why) {
  absl::StatusOr<std::string> text = planner.Read(kOverrides);
  if (absl::IsNotFound(text.status())) text = std::string();
  if (!text.ok()) return text.status();
  ASSIGN_OR_RETURN(std::string changed, SetVariable(*text, kDialect, name, value, kOverrides));
  return planner.SetFile(kOverrides, std::move(changed), why);
}

/// Agents and public agents read the same files; a node has one of the two units.
std::vector<std::string> AgentUnits(const Tree& tree) {
  std::vector<std::string> out;
  for (const char* unit : {"dcos-mesos-slave.service", "dcos-mesos-slave-public.service"}) {
    if (FindUnit(tree, unit).ok()) out.emplace_back(unit);
  }
  return out;
}

/// What DC/OS lists plus what stands in the overrides already, plus ours.
absl::Status MergeOverridesIsolation(Planner& planner, const std::vector<std::string>& add) {
  ASSIGN_OR_RETURN(std::string list, Variable(planner, kOverrides, "MESOS_ISOLATION"));
  ASSIGN_OR_RETURN(const std::string stock, Variable(planner, kStock, "MESOS_ISOLATION"));
  if (list.empty()) list = stock;
  const std::string merged = MergeIsolation(list, add);
  const bool in_stock_only = merged == stock && !planner.Exists(kOverrides);
  if (in_stock_only && add.front() != kModuleName) return absl::OkStatus();
  return Override(planner, "MESOS_ISOLATION", merged, "the isolator is called");
}

absl::Status AddModule(Planner& planner, const std::string& library) {
  ASSIGN_OR_RETURN(std::string list, Variable(planner, kOverrides, "MESOS_MODULES"));
  ASSIGN_OR_RETURN(const std::string stock, Variable(planner, kStock, "MESOS_MODULES"));
  // Merged from DC/OS's list each time: after an upgrade of DC/OS its modules are the new ones.
  if (list.empty() || PathOfModules(list) == kOwnModules) list = stock;
  const std::optional<std::string> path = PathOfModules(list);
  std::string text = path ? "" : list;
  if (path) {
    ASSIGN_OR_RETURN(text, planner.Read(*path));
  }
  ASSIGN_OR_RETURN(std::string merged, MergeModule(text, path.value_or(kStock), library));
  RETURN_IF_ERROR(planner.SetFile(kOwnModules, std::move(merged), "DC/OS's modules and ours"));
  return Override(planner, "MESOS_MODULES", std::string("file://") + kOwnModules, "the module is loaded");
}

absl::Status OldAgent(Planner& planner, const PartOptions& options) {
  planner.Begin("dcos", AgentUnits(planner.tree()));
  const std::string version =
      options.mesos_version.empty() ? FindMesosVersion(planner.tree()) : options.mesos_version;
  const absl::StatusOr<std::string> library = FindModule(planner, version, options.module);
  if (!library.ok()) return Annotate(library.status(), "dcos");
  RETURN_IF_ERROR(AddModule(planner, *library));
  RETURN_IF_ERROR(MergeOverridesIsolation(planner, {kModuleName}));
  ASSIGN_OR_RETURN(const std::string stock, Variable(planner, kStock, "MESOS_ISOLATION"));
  if (ListHas(stock, kModuleName)) {
    planner.notes().push_back(
        fmt::format("{} was edited by hand: an upgrade of DC/OS undoes that; {} now says the same and stays",
                    kStock, kOverrides));
  }
  return absl::OkStatus();
}

std::string BundledUnit(const std::string& program) {
  return "# Written by rexray setup: DC/OS's unit with this rexray. DC/OS's LD_LIBRARY_PATH would give it "
         "alien libraries.\n"
         "[Service]\nType=notify\nKillMode=process\nExecStart=\nExecStart=/usr/bin/env -u LD_LIBRARY_PATH " +
         program + " start -f\n";
}

absl::Status NewAgent(Planner& planner, const PartOptions& options) {
  const Tree& tree = planner.tree();
  ASSIGN_OR_RETURN(const std::string rexray, FindProgram(tree, "rexray", options.program));
  ASSIGN_OR_RETURN(const std::string dvdcli, FindProgram(tree, "dvdcli", ""));
  // The agent remembers the link's name, not what it leads to: it needs no restart.
  planner.Begin("dcos", {"dcos-rexray.service"});
  RETURN_IF_ERROR(planner.SetFile(DropInOf("dcos-rexray.service"), BundledUnit(rexray),
                                  "this rexray in place of the bundled one"));
  planner.UnitFilesChange();
  RETURN_IF_ERROR(planner.SetLink("/opt/mesosphere/bin/rexray", rexray, "the command line too"));
  RETURN_IF_ERROR(planner.SetLink("/opt/mesosphere/bin/dvdcli", dvdcli, "what the agent executes"));
  planner.Begin("dcos", AgentUnits(tree));
  ASSIGN_OR_RETURN(const std::string own, Variable(planner, kOverrides, "MESOS_ISOLATION"));
  ASSIGN_OR_RETURN(const std::string stock, Variable(planner, kStock, "MESOS_ISOLATION"));
  if (ListHas(own.empty() ? stock : own, "docker/volume")) return absl::OkStatus();
  return MergeOverridesIsolation(planner, {"filesystem/linux", "docker/volume"});
}

/// From 1.8 the feature is on, by MARATHON_ENABLE_FEATURES of /opt/mesosphere/etc/marathon or by the flag.
absl::StatusOr<bool> FeatureInEnvironment(const Planner& planner) {
  for (const char* path : {"/var/lib/dcos/marathon/environment", "/opt/mesosphere/etc/marathon"}) {
    ASSIGN_OR_RETURN(const std::string list, Variable(planner, path, "MARATHON_ENABLE_FEATURES"));
    if (!list.empty()) return ListHas(list, "external_volumes");
  }
  return false;
}

absl::Status Master(Planner& planner) {
  constexpr char kUnit[] = "dcos-marathon.service";
  planner.Begin("dcos", {kUnit});
  const absl::StatusOr<UnitSources> sources = FindUnit(planner.tree(), kUnit, kDropIn);
  if (!sources.ok()) return Annotate(sources.status(), "dcos");
  const std::vector<std::string> commands = Effective(sources->texts, "ExecStart");
  if (commands.size() != 1) {
    return Error(absl::StatusCode::kFailedPrecondition, "dcos: {} has {} ExecStart lines; one was expected",
                 sources->path, commands.size());
  }
  ASSIGN_OR_RETURN(const bool in_environment, FeatureInEnvironment(planner));
  const std::optional<std::string> command = WithFeature(commands.front(), "external_volumes");
  const bool has_flag = commands.front().find("--enable_features") != std::string::npos;
  if (!command || (!has_flag && in_environment)) {
    planner.notes().push_back("Marathon has external_volumes enabled already");
    return absl::OkStatus();
  }
  planner.UnitFilesChange();
  return planner.SetFile(DropInOf(kUnit),
                         "# Written by rexray setup: " + sources->path +
                             " with external_volumes.\n[Service]\nExecStart=\nExecStart=" + *command + "\n",
                         "Marathon accepts external volumes");
}

/// 1.7 and older have neither rexray nor the isolator of their own.
bool BringsRexray(const Planner& planner, const std::string& version) {
  if (FindUnit(planner.tree(), "dcos-rexray.service").ok()) return true;
  const size_t dot = version.find('.');
  return atoi(version.c_str()) > 1 || (dot != std::string::npos && atoi(version.c_str() + dot + 1) >= 8);
}

}  // namespace

std::string DcosVersion(const Tree& tree) {
  const absl::StatusOr<std::string> text = tree.Read("/opt/mesosphere/etc/dcos-version.json");
  if (text.ok()) {
    const absl::StatusOr<nlohmann::json> document = ParseJson(*text);
    if (document.ok() && document->is_object() && document->contains("version")) {
      const nlohmann::json& version = document->at("version");
      if (version.is_string()) return version.get<std::string>();
    }
  }
  return tree.Exists(kStock) || tree.Exists("/opt/mesosphere/environment") ? "unknown" : "";
}

absl::Status PlanDcos(Planner& planner, const PartOptions& options) {
  const Tree& tree = planner.tree();
  const std::string version = DcosVersion(tree);
  if (version.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "dcos: this is no DC/OS node: there is no {}/opt/mesosphere", tree.prefix());
  }
  bool agent = options.agent;
  bool master = options.master;
  if (!agent && !master) {
    agent = tree.Exists("/etc/mesosphere/roles/slave") || tree.Exists("/etc/mesosphere/roles/slave_public");
    master = tree.Exists("/etc/mesosphere/roles/master");
  }
  if (!agent && !master) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "dcos: {}/etc/mesosphere/roles does not say which node this is: --agent or --master",
                 tree.prefix());
  }
  if (agent)
    RETURN_IF_ERROR(BringsRexray(planner, version) ? NewAgent(planner, options) : OldAgent(planner, options));
  return master ? Master(planner) : absl::OkStatus();
}

std::vector<std::string> DetectParts(const Tree& tree) {
  std::vector<std::string> parts;
  const bool dcos = !DcosVersion(tree).empty();
  const bool is_master = dcos && tree.Exists("/etc/mesosphere/roles/master");
  if (!is_master && !FindUnit(tree, "dcos-rexray.service").ok()) parts.emplace_back("service");
  const bool containers = tree.Exists("/usr/bin/docker") || tree.Exists("/usr/bin/dockerd") ||
                          tree.Exists("/usr/bin/podman") || tree.Exists("/usr/local/bin/docker");
  if (containers && !is_master) parts.emplace_back("docker");
  if (dcos) {
    parts.emplace_back("dcos");
  } else if (FindMesosAgent(tree).ok()) {
    parts.emplace_back("mesos");
  }
  return parts;
}

}  // namespace rexray::setup
