#include "dvdi/managed_plugins.h"

#include <algorithm>
#include <functional>

#include "base/json.h"
#include "base/status.h"
#include "dvdi/json_members.h"
#include "dvdi/plugin.h"
#include "dvdi/small_file.h"

namespace rexray::dvdi {
namespace {

using nlohmann::json;

constexpr size_t kShortestIdPrefix = 4;

/// "docker.io/rexray/ebs" is "rexray/ebs" to Docker (reference.FamiliarString).
std::string_view Familiar(std::string_view name) {
  for (const std::string_view prefix : {"docker.io/", "index.docker.io/", "library/"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return name;
}

bool HasTag(std::string_view name) {
  const size_t slash = name.rfind('/');
  return name.find(':', slash == std::string_view::npos ? 0 : slash) != std::string_view::npos;
}

std::string_view WithoutTag(std::string_view name) {
  return HasTag(name) ? name.substr(0, name.rfind(':')) : name;
}

/// "docker.volumedriver/1.0", or the same as an object.
bool IsVolumeDriver(const json& type) {
  if (type.is_string()) return type.get<std::string>().starts_with("docker.volumedriver/");
  return StringMember(type, "Prefix") == "docker" && StringMember(type, "Capability") == "volumedriver";
}

/// `plugin` is the engine's types.Plugin, in config.json and in the API alike.
ManagedEntry EntryOf(const json& plugin, const std::string& docker_root) {
  ManagedEntry entry;
  entry.id = StringMember(plugin, "Id");
  entry.name = StringMember(plugin, "Name");
  entry.reference = StringMember(plugin, "PluginReference");
  entry.enabled = BoolMember(plugin, "Enabled");
  entry.rootfs = docker_root + "/plugins/" + entry.id + "/rootfs";
  const json* const config = FindMember(plugin, "Config");
  if (config == nullptr) return entry;
  entry.propagated_mount = StringMember(*config, "PropagatedMount");
  const json* const interface = FindMember(*config, "Interface");
  if (interface == nullptr) return entry;
  entry.socket = StringMember(*interface, "Socket");
  const json* const types = FindMember(*interface, "Types");
  entry.volume_driver = types != nullptr && std::any_of(types->begin(), types->end(), IsVolumeDriver);
  return entry;
}

bool Usable(const ManagedEntry& entry) {
  return IsPluginId(entry.id) && entry.volume_driver && CheckPluginName(entry.socket).ok();
}

absl::StatusOr<json> Ask(http::Transport& transport, const std::string& socket, std::string target,
                         Deadline deadline) {
  ASSIGN_OR_RETURN(const http::Address address, http::ParseAddress(socket));
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  ASSIGN_OR_RETURN(const http::ClientResponse response, transport.Send(address, request, deadline));
  if (response.status != 200) {
    return Error(absl::StatusCode::kInternal, "GET {} on {}: HTTP status {}", request.target, socket,
                 response.status);
  }
  return ParseJson(response.body, {.max_bytes = 16 * 1024 * 1024, .max_depth = 64});
}

std::string Listed(const std::vector<const ManagedEntry*>& entries) {
  std::string text;
  for (const ManagedEntry* const entry : entries) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", entry->id, entry->name);
  }
  return text;
}

}  // namespace

bool IsPluginId(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string DockerRoot(const PluginPlaces& places) {
  if (!places.docker_root.empty()) return places.docker_root;
  if (!places.daemon_json.empty()) {
    const absl::StatusOr<std::string> text = ReadSmallFile(places.daemon_json);
    const absl::StatusOr<json> document = text.ok() ? ParseJson(*text) : text.status();
    // "graph" is what "data-root" was called before Docker 17.05.
    for (const char* const key : {"data-root", "graph"}) {
      if (!document.ok()) break;
      std::string root = StringMember(*document, key);
      while (root.size() > 1 && root.back() == '/') root.pop_back();
      if (!root.empty()) return root;
    }
  }
  return places.default_docker_root;
}

std::vector<ManagedEntry> ReadManagedPlugins(const std::string& docker_root) {
  std::vector<ManagedEntry> entries;
  for (const std::string& id : NamesIn(docker_root + "/plugins")) {
    if (!IsPluginId(id)) continue;
    const absl::StatusOr<std::string> text = ReadSmallFile(docker_root + "/plugins/" + id + "/config.json");
    if (!text.ok()) continue;
    const absl::StatusOr<json> document = ParseJson(*text, {.max_bytes = 1024 * 1024, .max_depth = 64});
    const json* const plugin = document.ok() ? FindMember(*document, "plugin") : nullptr;
    if (plugin == nullptr) continue;
    ManagedEntry entry = EntryOf(*plugin, docker_root);
    if (entry.id == id && Usable(entry)) entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::vector<ManagedEntry>> AskForManagedPlugins(http::Transport& transport,
                                                               const std::string& docker_socket,
                                                               Deadline deadline) {
  ASSIGN_OR_RETURN(const json plugins, Ask(transport, docker_socket, "/plugins", deadline));
  std::vector<ManagedEntry> entries;
  if (!plugins.is_array() || plugins.empty()) return entries;
  ASSIGN_OR_RETURN(const json info, Ask(transport, docker_socket, "/info", deadline));
  const std::string root = StringMember(info, "DockerRootDir");
  if (root.empty()) {
    return Error(absl::StatusCode::kInternal, "GET /info on {}: no DockerRootDir in the answer",
                 docker_socket);
  }
  for (const json& plugin : plugins) {
    ManagedEntry entry = EntryOf(plugin, root);
    if (Usable(entry)) entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<ManagedEntry> ChooseManagedPlugin(const std::vector<ManagedEntry>& entries,
                                                 std::string_view name) {
  const std::string_view wanted = Familiar(name);
  const std::string latest = HasTag(wanted) ? std::string(wanted) : fmt::format("{}:latest", wanted);
  // From the plainest meaning of the name to the loosest; the first that fits any plugin decides.
  const std::vector<std::function<bool(const ManagedEntry&)>> meanings = {
      [&](const ManagedEntry& entry) { return entry.id == name; },
      [&](const ManagedEntry& entry) { return Familiar(entry.name) == latest; },
      [&](const ManagedEntry& entry) { return WithoutTag(Familiar(entry.name)) == wanted; },
      [&](const ManagedEntry& entry) { return Familiar(entry.reference) == latest; },
      [&](const ManagedEntry& entry) { return WithoutTag(Familiar(entry.reference)) == wanted; },
      [&](const ManagedEntry& entry) {
        return name.size() >= kShortestIdPrefix && std::string_view(entry.id).starts_with(name);
      },
  };
  for (const auto& means : meanings) {
    std::vector<const ManagedEntry*> fitting;
    std::vector<const ManagedEntry*> enabled;
    for (const ManagedEntry& entry : entries) {
      if (!means(entry)) continue;
      fitting.push_back(&entry);
      if (entry.enabled) enabled.push_back(&entry);
    }
    if (fitting.empty()) continue;
    if (enabled.size() == 1) return *enabled.front();
    if (enabled.size() > 1) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "\"{}\" means more than one managed plugin: {}; give the whole name with its tag, or the id", name,
          Listed(enabled));
    }
    return Error(
        absl::StatusCode::kNotFound,
        "the managed plugin {} is installed but not enabled; enable it with: docker plugin enable {}",
        Listed(fitting), fitting.front()->name);
  }
  return Error(absl::StatusCode::kNotFound, "no managed plugin is called \"{}\"", name);
}

}  // namespace rexray::dvdi
