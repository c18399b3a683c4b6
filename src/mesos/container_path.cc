#include "mesos/container_path.h"

#include <algorithm>
#include <array>

#include "base/status.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

// /var whole: its lib/, run/ and spool/ hold what setuid programs and daemons believe. Data directories there
// are for the operator to name.
constexpr std::array<std::string_view, 16> kSystem{
    "/bin",  "/boot", "/dev", "/etc",  "/lib", "/lib32", "/lib64", "/libx32", "/opt/mesosphere",
    "/proc", "/root", "/run", "/sbin", "/sys", "/usr",   "/var"};
constexpr std::array<std::string_view, 3> kNeverInAnImage{"/dev", "/proc", "/sys"};

absl::Status Refused(std::string_view path, std::string_view why) {
  return Error(absl::StatusCode::kPermissionDenied, "prepare() failed, containerpath {} {}", Quoted(path),
               why);
}

absl::Status Failed(std::string_view path, const absl::Status& why) {
  return Error(why.code(), "prepare() failed, containerpath {}: {}", Quoted(path), MessageOf(why));
}

bool IsAllowed(std::string_view path, const PathPolicy& policy) {
  return std::any_of(policy.allowed_host_paths.begin(), policy.allowed_host_paths.end(),
                     [path](const std::string& allowed) { return IsInside(path, allowed); });
}

absl::StatusOr<std::string> InSandbox(const std::string& relative, const ContainerPlace& place) {
  WalkRules rules;
  // The sandbox is the task's: whatever link lies there leads where the task wants.
  rules.follow_links = false;
  rules.make_missing = true;
  rules.owner_of_new = place.user;
  auto walked = WalkInRoot(place.sandbox, relative, rules);
  if (!walked.ok()) return Failed(relative, walked.status());
  if (place.rootfs.empty()) return walked->path;

  // Mesos mounts the sandbox into the image before our bind; the place must not be a link out of the image.
  WalkRules in_image;
  in_image.follow_links = false;
  in_image.make_missing = true;
  const auto mounted = WalkInRoot(place.rootfs, place.sandbox_in_container, in_image);
  if (!mounted.ok()) return Failed(relative, mounted.status());
  return mounted->path + "/" + relative;
}

absl::StatusOr<std::string> InImage(const std::string& path, const ContainerPlace& place) {
  for (const std::string_view never : kNeverInAnImage) {
    if (IsInside(path, never)) return Refused(path, fmt::format("lies in {} of the container", never));
  }
  WalkRules rules;
  rules.make_missing = true;
  auto walked = WalkInRoot(place.rootfs, path, rules);
  if (!walked.ok()) return Failed(path, walked.status());
  if (walked->path == place.rootfs) return Refused(path, "leads to the root of the image");
  return walked->path;
}

absl::Status RefusedAsSystem(std::string_view path, std::string_view resolved) {
  const std::string where = path == resolved ? "" : fmt::format(" (it leads to {})", Quoted(resolved));
  return Refused(path,
                 fmt::format("is a system directory of the agent, or holds one{}: use a path relative to the "
                             "sandbox, or let the operator name it in the module parameter "
                             "allow_host_paths",
                             where));
}

absl::StatusOr<std::string> OnHost(const std::string& path, const PathPolicy& policy) {
  const bool allowed = IsAllowed(path, policy);
  if (IsSystemPath(path) && !allowed) return RefusedAsSystem(path, path);
  WalkRules rules;
  rules.make_missing = IsInside(path, "/tmp");
  if (!allowed) rules.only_changed_by = policy.trusted_user;
  auto walked = WalkInRoot(policy.host_root, path, rules);
  if (absl::IsNotFound(walked.status())) {
    return Error(absl::StatusCode::kNotFound,
                 "prepare() failed, containerpaths must pre-exist, or be under /tmp, or be relative to the "
                 "sandbox: {}",
                 MessageOf(walked.status()));
  }
  if (absl::IsPermissionDenied(walked.status())) {
    return Error(absl::StatusCode::kPermissionDenied,
                 "prepare() failed, containerpath {}: {}; use a path relative to the sandbox, or let the "
                 "operator name "
                 "it in the module parameter allow_host_paths",
                 Quoted(path), MessageOf(walked.status()));
  }
  if (!walked.ok()) return Failed(path, walked.status());

  std::string_view resolved = walked->path;
  if (policy.host_root != "/") resolved.remove_prefix(policy.host_root.size());
  if (resolved.empty()) resolved = "/";
  if (IsSystemPath(resolved) && !IsAllowed(resolved, policy)) return RefusedAsSystem(path, resolved);
  return walked->path;
}

}  // namespace

bool IsSystemPath(std::string_view path) {
  return std::any_of(kSystem.begin(), kSystem.end(), [path](std::string_view system) {
    return IsInside(path, system) || IsInside(system, path);
  });
}

absl::StatusOr<std::string> ResolveContainerPath(const std::string& path, const ContainerPlace& place,
                                                 const PathPolicy& policy) {
  if (!path.starts_with('/')) return InSandbox(path, place);
  const std::string& sandbox = place.rootfs.empty() ? place.sandbox : place.sandbox_in_container;
  if (path == sandbox) return Refused(path, "is the sandbox itself; name a directory inside");
  if (IsInside(path, sandbox)) return InSandbox(path.substr(sandbox.size() + 1), place);
  if (!place.rootfs.empty()) return InImage(path, place);
  return OnHost(path, policy);
}

}  // namespace rexray::mesos
