#include "dvdi/places.h"

#include <string_view>

namespace rexray::dvdi {
namespace {

bool Usable(const std::string& directory) {
  return !directory.empty() && directory.front() == '/';
}

/// `directory` where the variable is set, else `fallback` below the home directory, else "".
std::string Below(const std::string& directory, const std::string& home, std::string_view fallback,
                  std::string_view rest) {
  if (Usable(directory)) return directory + std::string(rest);
  if (Usable(home)) return home + std::string(fallback) + std::string(rest);
  return {};
}

void AddFront(std::vector<std::string>& list, std::vector<std::string> first) {
  for (std::string& entry : list) first.push_back(std::move(entry));
  list = std::move(first);
}

}  // namespace

PluginPlaces SystemPlaces() {
  return {.socket_dirs = {"/run/docker/plugins"},
          .spec_dirs = {"/etc/docker/plugins", "/usr/lib/docker/plugins"},
          .docker_root = "",
          .default_docker_root = "/var/lib/docker",
          .daemon_json = "/etc/docker/daemon.json",
          .docker_socket = "/var/run/docker.sock"};
}

PluginPlaces RootlessPlaces(const UserDirectories& user) {
  PluginPlaces places = SystemPlaces();
  if (Usable(user.runtime_dir)) {
    AddFront(places.socket_dirs, {user.runtime_dir + "/docker/plugins"});
    places.docker_socket = user.runtime_dir + "/docker.sock";
  }
  std::vector<std::string> specs;
  const std::string config = Below(user.config_home, user.home, "/.config", "/docker");
  if (!config.empty()) {
    specs.push_back(config + "/plugins");
    places.daemon_json = config + "/daemon.json";
  }
  if (Usable(user.home)) specs.push_back(user.home + "/.local/lib/docker/plugins");
  AddFront(places.spec_dirs, std::move(specs));
  const std::string root = Below(user.data_home, user.home, "/.local/share", "/docker");
  if (!root.empty()) places.default_docker_root = root;
  return places;
}

}  // namespace rexray::dvdi
