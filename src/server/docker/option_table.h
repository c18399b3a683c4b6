#pragma once

// What people may say in `docker volume create -o NAME=VALUE`. One table for all drivers: REX-Ray 0.3.3's and
// 0.11.4's names and ours, in any letter case.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "volume/volume.h"

namespace rexray::server::docker {

/// As they came in the request.
using Options = std::vector<std::pair<std::string, std::string>>;

enum class UnknownOptions { kRefuse, kWarn };

/// Fills `spec` from `options`. InvalidArgument, naming option and value, for: a name that is not in the
/// table (with the list of those that are; kWarn logs it and goes on), a bad value, and one setting given
/// twice with different values, be it in different letter case ("size", "Size") or under two names ("fs",
/// "fsType"). An empty text ("availabilityZone=") means that the option was not given; an empty number or
/// size is a bad value.
absl::Status ApplyOptions(const Options& options, UnknownOptions unknown, CreateSpec& spec);

/// The canonical name of every option, sorted, as an error lists them.
std::vector<std::string> KnownOptions();

}  // namespace rexray::server::docker
