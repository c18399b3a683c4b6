#include "dvdi/discovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/status.h"
#include "dvdi/small_file.h"
#include "dvdi/spec_file.h"

namespace rexray::dvdi {
namespace {

/// Docker's engine may be as stuck as its plugins.
constexpr Duration kEngineWait = std::chrono::seconds(5);

/// DIR/NAME.EXT and DIR/NAME/NAME.EXT.
std::vector<std::string> Candidates(const std::string& directory, std::string_view name,
                                    std::string_view extension) {
  return {fmt::format("{}/{}{}", directory, name, extension),
          fmt::format("{}/{}/{}{}", directory, name, name, extension)};
}

absl::StatusOr<Plugin> AtSocket(std::string_view name, const std::string& path) {
  Plugin plugin;
  plugin.name = name;
  plugin.found_at = path;
  ASSIGN_OR_RETURN(plugin.endpoint.address, http::ParseAddress(path));
  return plugin;
}

/// NotFound when there is no such file.
absl::StatusOr<Plugin> AtSpec(std::string_view name, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path));
  absl::StatusOr<Endpoint> endpoint = path.ends_with(".json") ? ParseJsonFile(text) : ParseSpecFile(text);
  if (!endpoint.ok()) {
    // A host that /etc/hosts does not know is NotFound, but the plugin is not: the search ends here.
    return Error(absl::StatusCode::kInvalidArgument, "{}: {}", path, MessageOf(endpoint.status()));
  }
  Plugin plugin;
  plugin.name = name;
  plugin.found_at = path;
  plugin.endpoint = *std::move(endpoint);
  return plugin;
}

bool IsMissing(const absl::Status& status) {
  return status.code() == absl::StatusCode::kNotFound;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string_view StemOf(std::string_view file, std::string_view extension) {
  return file.size() > extension.size() && file.ends_with(extension)
             ? file.substr(0, file.size() - extension.size())
             : std::string_view();
}

}  // namespace

Discovery::Discovery(PluginPlaces places, http::Transport& engine, Clock& clock)
    : places_(std::move(places)), engine_(engine), clock_(clock) {}

absl::StatusOr<Plugin> Discovery::Find(std::string_view name, Deadline deadline) {
  RETURN_IF_ERROR(CheckPluginName(name));
  for (const std::string& directory : places_.socket_dirs) {
    for (const std::string& path : Candidates(directory, name, ".sock")) {
      if (IsSocket(path)) return AtSocket(name, path);
    }
  }
  for (const std::string& directory : places_.spec_dirs) {
    for (const std::string_view extension : {".spec", ".json"}) {
      for (const std::string& path : Candidates(directory, name, extension)) {
        absl::StatusOr<Plugin> plugin = AtSpec(name, path);
        if (plugin.ok() || !IsMissing(plugin.status())) return plugin;
      }
    }
  }
  return FindManaged(name, deadline);
}

absl::StatusOr<Plugin> Discovery::FindManaged(std::string_view name, Deadline deadline) {
  const std::string root = DockerRoot(places_);
  const absl::StatusOr<ManagedEntry> entry = ChooseManagedPlugin(Managed(root, deadline), name);
  if (entry.ok()) return FromEntry(name, *entry);
  if (!IsMissing(entry.status())) return entry.status();
  return NotFound(MessageOf(entry.status()));
}

/// From the files below Docker's root. A running plugin that they do not explain has another root: then
/// Docker itself is asked.
std::vector<ManagedEntry> Discovery::Managed(const std::string& root, Deadline deadline) {
  std::vector<ManagedEntry> entries = ReadManagedPlugins(root);
  bool unexplained = false;
  for (const std::string& directory : places_.socket_dirs) {
    for (const std::string& id : NamesIn(directory)) {
      unexplained =
          unexplained || (IsPluginId(id) && std::none_of(entries.begin(), entries.end(),
                                                         [&](const auto& entry) { return entry.id == id; }));
    }
  }
  if (!unexplained || places_.docker_socket.empty()) return entries;
  absl::StatusOr<std::vector<ManagedEntry>> asked = AskForManagedPlugins(
      engine_, places_.docker_socket, deadline.Earlier(Deadline::After(clock_, kEngineWait)));
  return asked.ok() ? *std::move(asked) : entries;
}

absl::StatusOr<Plugin> Discovery::FromEntry(std::string_view name, const ManagedEntry& entry) const {
  for (const std::string& directory : places_.socket_dirs) {
    const std::string path = fmt::format("{}/{}/{}", directory, entry.id, entry.socket);
    if (!IsSocket(path)) continue;
    ASSIGN_OR_RETURN(Plugin plugin, AtSocket(name, path));
    plugin.managed = ManagedPlugin{entry.id, entry.rootfs, entry.propagated_mount};
    return plugin;
  }
  return NotFound(fmt::format("the managed plugin {} ({}) is enabled, but its socket {} is not there",
                              entry.name, entry.id, entry.socket));
}

absl::Status Discovery::NotFound(std::string_view why) const {
  std::string closed;
  for (const std::string& directory : places_.socket_dirs) {
    if (access(directory.c_str(), X_OK) != 0 && errno == EACCES) {
      closed += fmt::format(" {} is closed to this user, so try as root;", directory);
    }
  }
  return Error(absl::StatusCode::kNotFound,
               "plugin not found (looked for a socket in {}; for a .spec or .json file in {}; for a managed "
               "plugin in {}/plugins: {});{} is it installed and running?",
               Joined(places_.socket_dirs), Joined(places_.spec_dirs), DockerRoot(places_), why, closed);
}

std::vector<std::string> Discovery::AllNames(Deadline deadline) {
  std::set<std::string> names;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && CheckPluginName(name).ok()) names.emplace(name);
  };
  for (const std::string& directory : places_.socket_dirs) {
    for (const std::string& file : NamesIn(directory)) {
      const std::string path = fmt::format("{}/{}", directory, file);
      if (IsSocket(path)) add(StemOf(file, ".sock"));
      if (IsSocket(fmt::format("{}/{}.sock", path, file))) add(file);
    }
  }
  for (const std::string& directory : places_.spec_dirs) {
    for (const std::string& file : NamesIn(directory)) {
      for (const std::string_view extension : {".spec", ".json"}) {
        add(StemOf(file, extension));
        struct stat status {};
        if (stat(fmt::format("{}/{}/{}{}", directory, file, file, extension).c_str(), &status) == 0)
          add(file);
      }
    }
  }
  for (const ManagedEntry& entry : Managed(DockerRoot(places_), deadline)) {
    if (entry.enabled) add(entry.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace rexray::dvdi
