#pragma once

// Who may write into a fresh volume. A file system that was just made belongs to root, and a task that runs
// as somebody else could do nothing with it.

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "mesos/path_walk.h"

namespace rexray::mesos {

enum class ChownPolicy {
  kAuto,    ///< the task's user gets the root of the volume if it is root's and empty (but for lost+found)
  kAlways,  ///< the task's user gets it at each first use on this agent; what is inside stays as it is
  kNever
};

/// "auto", "always", "never".
absl::StatusOr<ChownPolicy> ParseChownPolicy(std::string_view text);

/// True: the directory was given to `owner`, and its owner may read, write and enter it. Never recursive.
/// `mountpoint` itself must not be a link.
absl::StatusOr<bool> GiveToUser(const std::string& mountpoint, const Owner& owner, ChownPolicy policy);

/// From a user's name (or number) to ids. NotFound says which user the agent does not know.
using UserLookup = std::function<absl::StatusOr<Owner>(const std::string& user)>;
absl::StatusOr<Owner> LookUpUser(const std::string& user);

}  // namespace rexray::mesos
