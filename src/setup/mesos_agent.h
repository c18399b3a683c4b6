#pragma once

// A Mesos agent installed from a package: Mesosphere's (mesos-slave) or clusterd's (mesos-agent). Both start
// it with mesos-init-wrapper, which sources /etc/default/mesos and /etc/default/mesos-<slave|agent>, turns
// MASTER, IP, LOGS and ISOLATION into flags, then each regular file in /etc/mesos-<slave|agent> into
// --NAME=CONTENT ("?NAME" into
// --NAME). A flag wins over the environment's MESOS_<NAME>. Facts: clusterd support/packaging/common;
// Mesosphere's package is the same with "slave" for "agent".

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "setup/tree.h"

namespace rexray::setup {

struct MesosAgent {
  std::string role = "slave";  ///< "agent": clusterd's
  std::string version;         ///< "0.28.1"; "" where it cannot be told

  std::string unit() const { return "mesos-" + role + ".service"; }
  std::string flags_directory() const { return "/etc/mesos-" + role; }
  std::string environment_file() const { return "/etc/default/mesos-" + role; }
  /// Mesos 1.0 and newer have docker/volume themselves; a program called mesos-agent is at least that.
  bool HasDockerVolume() const;
};

/// NotFound when no agent is installed in the usual places.
absl::StatusOr<MesosAgent> FindMesosAgent(const Tree& tree);

/// From libmesos's file name below /usr, /usr/local or /opt/mesosphere, else dpkg's list of packages; "" when
/// neither says it.
std::string FindMesosVersion(const Tree& tree);

/// Where a flag stands: a file of the flags directory, or a variable of an environment file.
struct AgentFlag {
  std::string path;
  std::string variable;  ///< "" = the whole file is the value
  std::string value;     ///< blanks around it taken off
};

/// The flag that counts; nullopt when nothing sets it. FailedPrecondition (environment_file.h) when its value
/// is only known to a shell.
absl::StatusOr<std::optional<AgentFlag>> FindAgentFlag(const Tree& tree, const MesosAgent& agent,
                                                       std::string_view name);

}  // namespace rexray::setup
