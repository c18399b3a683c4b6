#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/status.h"
#include "config/config.h"
#include "setup/parts.h"

namespace rexray::setup {

namespace {

constexpr char kPodmanFile[] = "/etc/containers/containers.conf.d/50-rexray.conf";

/// Seconds. Podman's own 5 s hold for each call, a Mount too, and it does not ask again: a cloud volume is
/// attached in 10 s or so, and a new one gets its file system on top. The daemon itself answers within 110 s.
constexpr int kPodmanPatience = 120;

absl::StatusOr<std::vector<config::ServiceSettings>> Services(const Tree& tree) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<config::Config> loaded,
      config::Load({.environment = {}, .file = {}, .flags = {}, .uid = 0, .root = tree.prefix()}));
  return loaded->settings().services;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

absl::Status Spec(Planner& planner, const config::ServiceSettings& service) {
  if (service.spec_file.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> there = planner.Read(service.spec_file);
  if (there.ok() && Trim(*there) == service.docker_host) return absl::OkStatus();
  // Without a line's end: to the byte what the daemon itself writes there.
  return planner.SetFile(service.spec_file, service.docker_host, "where docker finds " + service.name);
}

/// The operator's own time-out, where it is in podman's main file and long enough.
bool HasPatience(const Tree& tree) {
  const absl::StatusOr<std::string> text = tree.Read("/etc/containers/containers.conf");
  if (!text.ok()) return false;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = Trim(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    if (!line.starts_with("volume_plugin_timeout")) continue;
    const size_t digit = line.find_first_of("0123456789");
    return digit != std::string_view::npos && atoi(line.substr(digit).data()) >= kPodmanPatience;
  }
  return false;
}

bool IsPlainKey(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return isalnum(c) != 0 || c == '-' || c == '_';
  });
}

absl::Status Podman(Planner& planner, const std::vector<config::ServiceSettings>& services) {
  std::string plugins;
  for (const config::ServiceSettings& service : services) {
    static constexpr std::string_view kUnix = "unix://";
    if (!service.docker_enabled || !service.docker_host.starts_with(kUnix)) continue;
    const std::string key = IsPlainKey(service.name) ? service.name : "\"" + service.name + "\"";
    plugins += key + " = \"" + service.docker_host.substr(kUnix.size()) + "\"\n";
  }
  if (plugins.empty()) return absl::OkStatus();
  std::string text = "# Written by rexray setup.\n";
  if (!HasPatience(planner.tree())) {
    text += fmt::format(
        "[engine]\n# Seconds for each call; podman's own 5 are too few to attach a volume.\n"
        "volume_plugin_timeout = {}\n\n",
        kPodmanPatience);
  }
  return planner.SetFile(kPodmanFile, text + "[engine.volume_plugins]\n" + plugins, "where podman finds it");
}

}  // namespace

absl::Status PlanDocker(Planner& planner, const PartOptions& /*options*/) {
  planner.Begin("docker");
  absl::StatusOr<std::vector<config::ServiceSettings>> services = Services(planner.tree());
  if (!services.ok()) return Annotate(services.status(), "docker: the configuration");
  for (const config::ServiceSettings& service : *services) RETURN_IF_ERROR(Spec(planner, service));
  if (planner.tree().Exists("/usr/bin/podman") || planner.tree().Exists("/usr/local/bin/podman")) {
    RETURN_IF_ERROR(Podman(planner, *services));
  }
  return absl::OkStatus();
}

}  // namespace rexray::setup
