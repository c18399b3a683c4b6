#pragma once

#include <ctime>
#include <string>

#include "absl/status/statusor.h"

namespace rexray::mesos {

/// What distinguishes this run of the host, and of the agent, from others.
struct HostFacts {
  std::string boot_id;          ///< /proc/sys/kernel/random/boot_id
  std::time_t boot_time = 0;    ///< seconds since 1970, /proc/stat
  std::string mount_namespace;  ///< of this process, "mnt:[4026531840]"
};

absl::StatusOr<HostFacts> ReadHostFacts();

}  // namespace rexray::mesos
