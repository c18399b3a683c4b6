#pragma once

// The Mesos agent of a node as it would start: which flags it gets, and from where. DC/OS's units read
// several environment files, the later the stronger (mesos.md 6.1, 6.2); packages have a directory of flags.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "setup/mesos_agent.h"
#include "setup/tree.h"

namespace rexray::setup::doctor {

struct AgentView {
  bool dcos = false;
  std::string unit;                        ///< "dcos-mesos-slave.service"
  std::string version;                     ///< Mesos's; "" = unknown
  std::map<std::string, AgentFlag> flags;  ///< isolation, modules, modules_dir, work_dir, log_dir
  std::vector<std::string> path;           ///< where it looks for programs
  std::vector<std::string> problems;       ///< files that cannot be understood

  const AgentFlag* Flag(const std::string& name) const;
  /// The flag's value, else Mesos's own default for this version ("" where it has none).
  std::string ValueOf(const std::string& name) const;
  /// docker/volume can be used: Mesos 1.0 and later.
  bool HasDockerVolume() const;
};

/// nullopt: there is no agent here.
std::optional<AgentView> LookAtAgent(const Tree& tree);

}  // namespace rexray::setup::doctor
