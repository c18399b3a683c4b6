#include "setup/doctor/agent_view.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

#include "base/status.h"
#include "setup/environment_file.h"
#include "setup/parts.h"
#include "setup/unit_file.h"

namespace rexray::setup::doctor {
namespace {

constexpr const char* kFlags[] = {"isolation", "modules", "modules_dir", "work_dir", "log_dir"};

/// In the order in which the unit reads them.
constexpr const char* kDcosFiles[] = {
    "/opt/mesosphere/environment",      "/opt/mesosphere/etc/mesos-slave-common",
    "/opt/mesosphere/etc/mesos-slave",  "/opt/mesosphere/etc/mesos-slave-common-extras",
    "/var/lib/dcos/mesos-slave-common", "/run/dcos/etc/mesos-slave",
    "/etc/mesosphere/mesos/agent.env"};

std::vector<std::string> SplitPath(const std::string& text) {
  return absl::StrSplit(text, ':', absl::SkipEmpty());
}

std::optional<std::string> Variable(const Tree& tree, const std::string& path, const std::string& name,
                                    AgentView& view) {
  const absl::StatusOr<std::string> text = tree.Read(path);
  if (!text.ok()) return std::nullopt;
  const auto value = GetVariable(*text, EnvironmentDialect::kSystemd, name, path);
  if (!value.ok()) {
    view.problems.emplace_back(MessageOf(value.status()));
    return std::nullopt;
  }
  return *value;
}

AgentView LookAtDcos(const Tree& tree, const std::string& unit) {
  AgentView view;
  view.dcos = true;
  view.unit = unit;
  view.version = FindMesosVersion(tree);
  for (const char* file : kDcosFiles) {
    for (const char* flag : kFlags) {
      const std::string name = "MESOS_" + absl::AsciiStrToUpper(flag);
      if (const auto value = Variable(tree, file, name, view)) view.flags[flag] = {file, name, *value};
    }
    if (const auto value = Variable(tree, file, "PATH", view)) view.path = SplitPath(*value);
  }
  return view;
}

AgentView LookAtPackage(const Tree& tree, const MesosAgent& agent) {
  AgentView view;
  view.unit = agent.unit();
  view.version = agent.version;
  for (const char* name : kFlags) {
    const auto flag = FindAgentFlag(tree, agent, name);
    if (!flag.ok()) {
      view.problems.emplace_back(MessageOf(flag.status()));
    } else if (*flag) {
      view.flags[name] = **flag;
    }
  }
  return view;
}

}  // namespace

const AgentFlag* AgentView::Flag(const std::string& name) const {
  const auto found = flags.find(name);
  return found == flags.end() ? nullptr : &found->second;
}

std::string AgentView::ValueOf(const std::string& name) const {
  if (const AgentFlag* flag = Flag(name)) return flag->value;
  if (name == "isolation") return "posix/cpu,posix/mem";
  if (name == "work_dir" && !version.empty() && atoi(version.c_str()) == 0) return "/tmp/mesos";
  return "";
}

bool AgentView::HasDockerVolume() const {
  return MesosAgent{unit.find("agent") != std::string::npos ? "agent" : "slave", version}.HasDockerVolume();
}

std::optional<AgentView> LookAtAgent(const Tree& tree) {
  std::optional<AgentView> view;
  for (const char* unit : {"dcos-mesos-slave.service", "dcos-mesos-slave-public.service"}) {
    if (FindUnit(tree, unit).ok()) view = LookAtDcos(tree, unit);
  }
  const bool dcos_files = tree.Exists("/opt/mesosphere/etc/mesos-slave-common") &&
                          !DcosVersion(tree).empty() && !tree.Exists("/etc/mesosphere/roles/master");
  if (!view && dcos_files) view = LookAtDcos(tree, "dcos-mesos-slave.service");
  if (!view) {
    const absl::StatusOr<MesosAgent> agent = FindMesosAgent(tree);
    if (agent.ok()) view = LookAtPackage(tree, *agent);
  }
  // What systemd gives a service without a PATH of its own (systemd.exec(5)).
  if (view && view->path.empty()) {
    view->path = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
  }
  return view;
}

}  // namespace rexray::setup::doctor
