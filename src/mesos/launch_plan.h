#pragma once

// What Mesos has to do in the container's own mount namespace before the task starts, in the three forms that
// its generations understand: mounts (1.5 and later), argv commands (1.0.1 to 1.4), shell commands (before).

#include <string>
#include <string_view>
#include <vector>

namespace rexray::mesos {

struct Bind {
  std::string source;      ///< the volume's mount point
  std::string target;      ///< on the host
  bool read_only = false;  ///< bound without what is mounted inside, which could not be made read-only
  unsigned long flags =
      0;  ///< MS_* of the second step, the remount: MS_NOSUID | MS_NODEV and what the source has
};

/// Without binds: the container gets a mount namespace of its own and finds the volume at the plugin's path.
struct LaunchPlan {
  std::vector<Bind> binds;
};

/// MS_NOSUID | MS_NODEV, MS_RDONLY as asked, and what is set on the mount at `source` already (a remount of
/// the bind would take away noexec). A source that cannot be looked at adds nothing.
unsigned long BindFlags(const std::string& source, bool read_only);

/// Makes all mounts slaves first: on a systemd host "/" is shared, and a bind made in the container's
/// namespace would appear on the host and keep the volume busy. Each command starts with an env that leaves
/// nothing of the environment that it is run in, which may be the task's.
std::vector<std::vector<std::string>> MountCommands(const LaunchPlan& plan);

/// The same as shell commands, each word quoted, after a test that ends the launch unless the mount namespace
/// is another than `agent_namespace` ("mnt:[4026531840]"): before Mesos 1.0 the posix launcher ignores
/// namespaces in silence, and the bind would hit the host.
std::vector<std::string> ShellMountCommands(const LaunchPlan& plan, std::string_view agent_namespace);

/// 'it'\''s'
std::string ShellQuoted(std::string_view word);

}  // namespace rexray::mesos
