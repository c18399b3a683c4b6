#pragma once

// What happens to instances from outside the API that the product uses.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "ec2sim/world.h"

namespace rexray::ec2sim {

struct InstanceSpec {
  Instance instance;     ///< an empty id or zone is chosen
  int64_t root_gib = 8;  ///< the root volume, nameless, on /dev/xvda, which counts as attached; 0 = none
};

absl::StatusOr<std::string> LaunchInstance(World& world, InstanceSpec spec);
/// The power goes: the devices of a running instance are lost, its attachments stay.
absl::Status StopInstance(World& world, const std::string& id);
absl::Status StartInstance(World& world, const std::string& id);
/// Attachments go, root volumes are deleted; the instance is listed for an hour more.
absl::Status TerminateInstance(World& world, const std::string& id);
/// No network, no disks: its calls hang, its file systems are dead, and EC2 says that it runs.
absl::Status CutOffInstance(World& world, const std::string& id);
absl::Status ReconnectInstance(World& world, const std::string& id);

}  // namespace rexray::ec2sim
