#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "host/mounter.h"

namespace rexray::host {

/// Whether a mount made below `root` in the namespace of `ours` arrives in the namespace of `hosts` (nullptr:
/// what is mounted there cannot be seen, and sharing at all is taken for enough). Peer groups:
/// mount_namespaces(7).
absl::Status CheckPropagation(const std::vector<MountEntry>& ours, const std::vector<MountEntry>* hosts,
                              const std::string& root);

}  // namespace rexray::host
