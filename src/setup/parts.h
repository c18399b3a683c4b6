#pragma once

// The parts of a setup: what each one needs to know and plans. None of them touches the tree.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "setup/plan.h"

namespace rexray::setup {

struct PartOptions {
  std::string module;         ///< our module's file for the agent, as the agent sees it; "" = look for it
  std::string mesos_version;  ///< "" = find out
  std::string program;        ///< of the unit's ExecStart; "" = look for it
  bool agent = false;         ///< dcos: this node's role; neither = /etc/mesosphere/roles says it
  bool master = false;
};

/// rexray.service: the unit (packaging/systemd), its link for the boot, the directories.
absl::Status PlanService(Planner& planner, const PartOptions& options);

/// Docker's spec files and podman's containers.conf, for every service that the configuration declares.
absl::Status PlanDocker(Planner& planner, const PartOptions& options);

/// A packaged agent: docker/volume where it has that, else our module.
absl::Status PlanMesos(Planner& planner, const PartOptions& options);

/// DC/OS 1.7: module and isolation, Marathon's feature. 1.8 and newer: the bundled rexray and dvdcli
/// replaced.
absl::Status PlanDcos(Planner& planner, const PartOptions& options);

/// Which parts this machine is for.
std::vector<std::string> DetectParts(const Tree& tree);

/// DC/OS's version from its own file ("1.7-open", "1.13.9"); "" when this is no DC/OS node.
std::string DcosVersion(const Tree& tree);

/// Where the program is: `named`, else the first of the usual directories that has it. NotFound lists them.
absl::StatusOr<std::string> FindProgram(const Tree& tree, std::string_view name, std::string_view named);

/// Our module's file for that Mesos version, looked for in the usual places, or checked when `named`:
/// readable, for this machine, with the module in it, built for exactly that version. The agent would refuse
/// it otherwise, and end.
absl::StatusOr<std::string> FindModule(const Planner& planner, const std::string& mesos_version,
                                       const std::string& named);

}  // namespace rexray::setup
