#pragma once

// From a path that a task wrote to a directory that really is where it seems to be: part by part, with
// openat(2) and O_NOFOLLOW, so that no symbolic link can lead out of the root. This is what openat2(2) does
// with RESOLVE_IN_ROOT, for kernels that do not have it (before 5.6: every DC/OS 1.7 host) and with rules
// about who could change the way afterwards.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace rexray::mesos {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct WalkRules {
  bool follow_links = true;                ///< inside the root; false: a link is PermissionDenied
  bool make_missing = false;               ///< mkdir 0755
  std::optional<Owner> owner_of_new = {};  ///< of directories that are made; else the process
  /// Set: each step must be one that only this user can change (its directory is his, and others cannot write
  /// there, or it is sticky and the entry is his), else PermissionDenied.
  std::optional<uid_t> only_changed_by = {};
};

struct WalkedPath {
  std::string path;  ///< the root, then the way in normal form, without a link or ".." in it
  UniqueFd directory;
};

/// `root` is an existing directory, taken as it is. NotFound when a part is missing, FailedPrecondition when
/// one is not a directory, PermissionDenied as said above.
absl::StatusOr<WalkedPath> WalkInRoot(const std::string& root, std::string_view path, const WalkRules& rules);

}  // namespace rexray::mesos
