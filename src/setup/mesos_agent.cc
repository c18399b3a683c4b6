#include "setup/mesos_agent.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "base/status.h"
#include "setup/environment_file.h"

namespace rexray::setup {

namespace {

constexpr const char* kUnitDirectories[] = {"/etc/systemd/system/", "/usr/lib/systemd/system/",
                                            "/lib/systemd/system/"};

/// "0.28.1" at the front of the text; "" when it does not begin with three numbers.
std::string VersionAt(std::string_view text) {
  size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return "";
    const size_t begin = at;
    while (at < text.size() && isdigit(static_cast<unsigned char>(text[at])) != 0) ++at;
    if (at == begin) return "";
  }
  return std::string(text.substr(0, at));
}

std::string VersionFromLibrary(const Tree& tree) {
  for (const char* directory : {"/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu",
                                "/usr/lib/aarch64-linux-gnu", "/opt/mesosphere/lib"}) {
    const absl::StatusOr<std::vector<std::string>> names = tree.List(directory);
    if (!names.ok()) continue;
    for (std::string_view name : *names) {
      for (const std::string_view prefix : {"libmesos-", "libmesos.so."}) {  // libtool's and CMake's way
        if (!name.starts_with(prefix)) continue;
        if (std::string version = VersionAt(name.substr(prefix.size())); !version.empty()) return version;
      }
    }
  }
  return "";
}

/// "Package: mesos" … "Version: 1.11.0-2.0.1.ubuntu1804" of /var/lib/dpkg/status.
std::string VersionFromDpkg(const Tree& tree) {
  const absl::StatusOr<std::string> status = tree.Read("/var/lib/dpkg/status", 64 * 1024 * 1024);
  if (!status.ok()) return "";
  for (const std::string package : {"mesos", "clusterd"}) {
    const size_t at = ("\n" + *status).find("\nPackage: " + package + "\n");
    if (at == std::string::npos) continue;
    const size_t end = std::min(status->find("\n\n", at), status->size());
    const std::string_view stanza = std::string_view(*status).substr(at, end - at);
    const size_t version = stanza.find("\nVersion: ");
    if (version != std::string_view::npos) return VersionAt(stanza.substr(version + 10));
  }
  return "";
}

bool Installed(const Tree& tree, const std::string& role) {
  const std::string name = "mesos-" + role;
  if (tree.Exists("/etc/" + name)) return true;
  return std::any_of(std::begin(kUnitDirectories), std::end(kUnitDirectories),
                     [&](const char* directory) { return tree.Exists(directory + name + ".service"); });
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string UpperCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return toupper(c); });
  return out;
}

}  // namespace

bool MesosAgent::HasDockerVolume() const {
  if (version.empty()) return role == "agent";
  return atoi(version.c_str()) >= 1;
}

std::string FindMesosVersion(const Tree& tree) {
  std::string version = VersionFromLibrary(tree);
  return version.empty() ? VersionFromDpkg(tree) : version;
}

absl::StatusOr<MesosAgent> FindMesosAgent(const Tree& tree) {
  for (const std::string role : {"agent", "slave"}) {
    if (Installed(tree, role)) return MesosAgent{role, FindMesosVersion(tree)};
  }
  return Error(absl::StatusCode::kNotFound,
               "no Mesos agent is installed here: there is neither {}/etc/mesos-slave nor /etc/mesos-agent, "
               "nor a unit "
               "of that name",
               tree.prefix());
}

absl::StatusOr<std::optional<AgentFlag>> FindAgentFlag(const Tree& tree, const MesosAgent& agent,
                                                       std::string_view name) {
  const std::string file = agent.flags_directory() + "/" + std::string(name);
  if (const absl::StatusOr<std::string> text = tree.Read(file); text.ok()) {
    return AgentFlag{file, "", std::string(Trim(*text))};
  }
  const std::string upper = UpperCase(name);
  std::vector<std::string> variables = {"MESOS_" + upper};
  if (name == "isolation") variables.insert(variables.begin(), upper);  // a flag, and so the stronger one
  for (const std::string& variable : variables) {
    for (const std::string& path : {agent.environment_file(), std::string("/etc/default/mesos")}) {
      const absl::StatusOr<std::string> text = tree.Read(path);
      if (!text.ok()) continue;
      ASSIGN_OR_RETURN(const std::optional<std::string> value,
                       GetVariable(*text, EnvironmentDialect::kShell, variable, path));
      if (value) return AgentFlag{path, variable, std::string(Trim(*value))};
    }
  }
  return std::nullopt;
}

}  // namespace rexray::setup
