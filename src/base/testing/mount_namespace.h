#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace rexray {

/// Empty when a test can give a child a mount namespace whose mounts stay there; else a message for
/// GTEST_SKIP(). In a plain chroot "/" is no mount point, so its propagation cannot be changed (mount(2),
/// EINVAL): what a child mounted would be seen outside, too. STATX_ATTR_MOUNT_ROOT: statx(2), since
/// Linux 5.8.
inline std::string WhyNoMountNamespace() {
  if (::geteuid() != 0) return "SKIPPED: not root: no mount namespace of our own";
  struct statx root {};
  if (::statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &root) != 0 ||
      (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) {
    return "SKIPPED: \"/\" is not a mount point (a chroot): no private mount namespace";
  }
  return "";
}

}  // namespace rexray
