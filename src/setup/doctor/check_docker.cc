// Docker itself, and the places where it looks for volume plugins.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "absl/strings/strip.h"

#include "base/json.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "dvdi/places.h"
#include "setup/doctor/ask.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/configured.h"
#include "setup/environment_file.h"

namespace rexray::setup::doctor {
namespace {

constexpr const char* kDockerSocket = "/run/docker.sock";
constexpr size_t kMostSockets = 200;

/// What connect(2) says: 0, or an errno. Never waits.
int Knock(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return errno;
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

struct Version {
  int major = 0;
  int minor = 0;
};

Version ParseVersion(const std::string& text) {
  Version version;
  if (std::sscanf(text.c_str(), "%d.%d", &version.major, &version.minor) < 1) return {};
  return version;
}

Diagnosis JudgeVersion(const std::string& text, const std::string& where) {
  const Version version = ParseVersion(text);
  const std::string evidence = fmt::format("version {} ({})", text, where);
  if (version.major == 0) return Unknown("docker", evidence);
  const bool old = version.major == 1 && version.minor < 8;
  if (old) {
    return Broken("docker", evidence + ": volume plugins need 1.8 (CoreOS of DC/OS 1.7 has 1.7.1)",
                  "install a newer Docker on the agents; the Mesos containerizer works without");
  }
  if (version.major == 1 && version.minor < 12) {
    return Warning(
        "docker",
        evidence + ": before 1.12 Docker says neither which container mounts nor shares volumes well",
        "a newer Docker counts its users");
  }
  return Ok("docker", evidence);
}

/// "Version: 5:24.0.7-1~debian" of dpkg's list.
std::string VersionFromPackages(const Tree& tree, std::string& package) {
  const absl::StatusOr<std::string> status = tree.Read("/var/lib/dpkg/status", 64 * 1024 * 1024);
  if (!status.ok()) return "";
  for (const char* name : {"docker-ce", "docker.io", "docker-engine", "lxc-docker"}) {
    const size_t at = ("\n" + *status).find(fmt::format("\nPackage: {}\n", name));
    if (at == std::string::npos) continue;
    const std::string stanza = status->substr(at, status->find("\n\n", at) - at);
    const size_t line = stanza.find("\nVersion: ");
    if (line == std::string::npos || stanza.find("\nStatus: install ok installed") == std::string::npos)
      continue;
    std::string version = stanza.substr(line + 10, stanza.find('\n', line + 1) - line - 10);
    if (const size_t epoch = version.find(':'); epoch != std::string::npos) version.erase(0, epoch + 1);
    package = name;
    return version;
  }
  return "";
}

/// Docker's own answer.
std::optional<Diagnosis> AskDocker(const Scene& scene) {
  const absl::StatusOr<std::string> socket = scene.tree.OnDisk(kDockerSocket);
  if (!scene.tree.IsHost() || !socket.ok() || !scene.tree.Exists(kDockerSocket)) return std::nullopt;
  const auto answer = Ask(scene, "unix://" + *socket, "GET", "/version", scene.patience);
  if (!answer.ok()) {
    return Broken("docker", "does not answer: " + std::string(MessageOf(answer.status())),
                  "look at docker's log");
  }
  const absl::StatusOr<nlohmann::json> body = ParseJson(answer->body);
  if (!body.ok() || !body->is_object() || !body->contains("Version") || !(*body)["Version"].is_string()) {
    return Unknown("docker", "its answer to /version is none");
  }
  return JudgeVersion((*body)["Version"].get<std::string>(), kDockerSocket);
}

/// "Docker version 1.7.1, build 786b29d" of the program on this machine.
std::string VersionFromProgram(const Scene& scene, const std::string& program) {
  if (!scene.tree.IsHost()) return "";
  const absl::StatusOr<CommandResult> said =
      scene.runner.Run({.argv = {program, "--version"},
                        .deadline = Deadline::After(scene.clock, scene.patience),
                        .output_limit = 4096});
  constexpr std::string_view kBefore = "Docker version ";
  if (!said.ok() || !std::string_view(said->out).starts_with(kBefore)) return "";
  return said->out.substr(kBefore.size(), said->out.find_first_of(", \n", kBefore.size()) - kBefore.size());
}

/// CoreOS has no packages: its release says which Docker is in it. 766 is the last one before 1.8, and what
/// DC/OS 1.7's templates started; 899 has 1.9.1.
std::optional<Diagnosis> JudgeCoreOs(const Tree& tree) {
  const absl::StatusOr<std::string> release = tree.Read("/usr/lib/os-release", 64 * 1024);
  if (!release.ok()) return std::nullopt;
  constexpr const char* kFile = "/usr/lib/os-release";
  const auto id = GetVariable(*release, EnvironmentDialect::kShell, "ID", kFile);
  const auto version = GetVariable(*release, EnvironmentDialect::kShell, "VERSION_ID", kFile);
  if (!id.ok() || !version.ok() || id->value_or("") != "coreos" || !version->has_value()) return std::nullopt;
  const int major = ParseVersion(**version).major;
  if (major > 0 && major <= 766) return JudgeVersion("1.7.1 or older", "CoreOS " + **version);
  if (major >= 899) return JudgeVersion("1.9.1 or newer", "CoreOS " + **version);
  return std::nullopt;
}

// --- sockets and spec files ---

void FindSockets(const Tree& tree, const std::string& directory, int depth, std::vector<std::string>& out) {
  const absl::StatusOr<std::vector<std::string>> names = tree.List(directory);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const std::string path = fmt::format("{}/{}", directory, name);
    const absl::StatusOr<FileInfo> info = tree.Stat(path);
    if (!info.ok() || out.size() >= kMostSockets) continue;
    if (info->kind == FileKind::kSocket) out.push_back(path);
    if (info->kind == FileKind::kDirectory && depth > 0) FindSockets(tree, path, depth - 1, out);
  }
}

Diagnosis JudgeSocket(const std::string& path, int error, bool ours) {
  const std::string check = "plugin socket";
  if (error == 0 || error == EAGAIN) return Ok(check, path + " answers");
  if (error == EACCES) return Unknown(check, path + ": permission denied", "run the doctor as root");
  if (error == ECONNREFUSED) {
    const std::string evidence =
        path + " is stale: nobody listens, and everything that asks for a volume waits for it";
    return Broken(check, evidence, ours ? "rexray start" : "start that plugin, or rm " + path);
  }
  return Warning(check, path + ": " + std::strerror(error), "");
}

/// A spec file's address, without blanks; "" when it cannot be read.
std::string AddressIn(const Tree& tree, const std::string& path) {
  const absl::StatusOr<std::string> text = tree.Read(path, 64 * 1024);
  if (!text.ok()) return "";
  return std::string(absl::StripAsciiWhitespace(*text));
}

void CheckSpec(const Tree& tree, const std::string& path, Results& results) {
  const std::string check = "spec file";
  const std::string address = AddressIn(tree, path);
  constexpr std::string_view kUnix = "unix://";
  if (address.find("://") == std::string::npos) {
    results.push_back(Broken(check,
                             fmt::format("{} says \"{}\", which is no address", path, address.substr(0, 80)),
                             "write unix:///run/docker/plugins/NAME.sock, or remove the file"));
    return;
  }
  if (!address.starts_with(kUnix)) {
    results.push_back(Ok(check, fmt::format("{}: {}", path, address)));
    return;
  }
  const std::string socket = address.substr(kUnix.size());
  if (!tree.IsHost()) {
    results.push_back(Ok(check, fmt::format("{}: {}", path, address)));
    return;
  }
  const int error = Knock(socket);
  if (error == 0 || error == EAGAIN || error == EACCES) {
    results.push_back(Ok(check, fmt::format("{}: {}", path, address)));
  } else {
    results.push_back(Warning(
        check, fmt::format("{} names {}, where nobody answers ({})", path, socket, std::strerror(error)),
        "start that plugin, or rm " + path));
  }
}

void CheckSpecs(const Tree& tree, Results& results) {
  for (const std::string& directory : dvdi::SystemPlaces().spec_dirs) {
    const absl::StatusOr<std::vector<std::string>> names = tree.List(directory);
    if (!names.ok()) continue;
    for (const std::string& name : *names) {
      if (name.ends_with(".spec")) CheckSpec(tree, fmt::format("{}/{}", directory, name), results);
    }
  }
}

/// Answers like a volume plugin, as Docker would ask.
Diagnosis Activate(const Scene& scene, const std::string& service, const std::string& host) {
  const std::string check = "plugin " + service;
  const auto answer = Ask(scene, host, "POST", "/Plugin.Activate", scene.patience);
  if (!answer.ok()) {
    const std::string why(MessageOf(answer.status()));
    if (answer.status().code() == absl::StatusCode::kNotFound) {
      return Warning(check, why, "rexray start");
    }
    return Broken(check, why, "rexray restart");
  }
  if (answer->body.find("VolumeDriver") == std::string::npos) {
    return Broken(check, host + " answers, but is no volume plugin", "see who listens there: ss -xlp");
  }
  return Ok(check, host + " answers");
}

}  // namespace

Results CheckDocker(const Scene& scene) {
  if (std::optional<Diagnosis> answer = AskDocker(scene)) return {*std::move(answer)};
  std::string package;
  const std::string version = VersionFromPackages(scene.tree, package);
  if (!version.empty()) return {JudgeVersion(version, "package " + package)};
  for (const char* path : {"/usr/bin/docker", "/usr/bin/dockerd", "/usr/local/bin/docker"}) {
    if (!scene.tree.Exists(path)) continue;
    if (std::optional<Diagnosis> of_coreos = JudgeCoreOs(scene.tree)) return {*std::move(of_coreos)};
    const std::string said = VersionFromProgram(scene, path);
    if (!said.empty()) return {JudgeVersion(said, std::string(path) + ", which does not run")};
    return {
        Unknown("docker", std::string(path) + " is there; it does not run, and no package says its version")};
  }
  return {};
}

Results CheckPlugins(const Scene& scene) {
  Results results;
  std::set<std::string> ours;
  if (const auto config = LoadConfigured(scene); config.ok() && scene.tree.IsHost()) {
    for (const config::ServiceSettings& service : (*config)->settings().services) {
      if (!service.docker_enabled) continue;
      results.push_back(Activate(scene, service.name, service.docker_host));
      ours.insert(std::string(absl::StripPrefix(service.docker_host, "unix://")));
    }
  }
  if (scene.tree.IsHost()) {
    std::vector<std::string> sockets;
    for (const std::string& directory : dvdi::SystemPlaces().socket_dirs)
      FindSockets(scene.tree, directory, 1, sockets);
    for (const std::string& socket : sockets) {
      if (!ours.contains(socket)) results.push_back(JudgeSocket(socket, Knock(socket), false));
    }
  }
  CheckSpecs(scene.tree, results);
  return results;
}

}  // namespace rexray::setup::doctor
