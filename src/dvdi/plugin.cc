#include "dvdi/plugin.h"

#include <algorithm>

#include "base/status.h"

namespace rexray::dvdi {
namespace {

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

/// True when a part between slashes is empty, "." or "..".
bool HasOddPart(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

/// For messages: no control character of a stranger's gets through, and not a page of text either.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, 200));
  std::replace_if(
      shown.begin(), shown.end(),
      [](char c) {
        return HasControl({&c, 1});
      },
      '?');
  if (text.size() > shown.size()) shown += "…";
  return shown;
}

}  // namespace

std::string ShortName(const Endpoint& endpoint) {
  if (endpoint.address.kind == http::Address::Kind::kUnix) return endpoint.address.path;
  return endpoint.address.ToString().substr(std::string_view("tcp://").size());
}

absl::Status CheckPluginName(std::string_view name) {
  std::string_view why;
  if (name.empty()) {
    why = "it is empty";
  } else if (name.front() == '/') {
    why = "it must not begin with a slash";
  } else if (HasControl(name)) {
    why = "it has a control character";
  } else if (HasOddPart(name)) {
    why = "it must not have an empty, \".\" or \"..\" part";
  } else {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kInvalidArgument,
               "volume driver \"{}\" is refused: {}; give a plugin's name, such as rexray or rexray/ebs",
               Shown(name), why);
}

absl::StatusOr<std::string> CheckMountpoint(std::string_view path) {
  const auto refuse = [&](std::string_view why) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "the plugin answered with the mount point \"{}\", which is not usable: {}", Shown(path),
                 why);
  };
  if (path.empty()) return refuse("it is empty, and no error was given");
  if (path.front() != '/') return refuse("it is not an absolute path");
  if (HasControl(path)) return refuse("it has a control character");
  std::string_view clean = path;
  while (clean.size() > 1 && clean.back() == '/') clean.remove_suffix(1);
  if (clean == "/") return refuse("a volume cannot be the root of this host");
  if (HasOddPart(clean.substr(1))) return refuse("it is not normalised (\"//\", \".\" or \"..\")");
  return std::string(clean);
}

std::string OnThisHost(const Plugin& plugin, const std::string& path) {
  if (!plugin.managed || path.empty() || path.front() != '/') return path;
  const ManagedPlugin& managed = *plugin.managed;
  const std::string& inside = managed.propagated_mount;
  const bool below = !inside.empty() && path.starts_with(inside) &&
                     (path.size() == inside.size() || path[inside.size()] == '/' || inside.back() == '/');
  if (!below) return managed.rootfs + path;
  std::string rest = path.substr(inside.size());
  if (!rest.empty() && rest.front() != '/') rest.insert(0, "/");
  return managed.rootfs.substr(0, managed.rootfs.rfind('/')) + "/propagated-mount" + rest;
}

}  // namespace rexray::dvdi
