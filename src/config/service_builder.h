#pragma once

// From the merged values to the services of the daemon: which there are, which is the default one, and what
// each one's settings are.
//
// Where a value of a service is looked for, the first that is written counts:
//   1. rexray.modules.NAME.KEY                (NAME is "default-docker" for the default service)
//   2. libstorage.server.services.NAME.KEY    (for a service that is declared there)
//   3. KEY
//   4. the default

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "config/settings.h"
#include "config/store.h"

namespace rexray::config {

/// What a service is made of, before its settings are read.
struct ServicePlan {
  std::string name;
  std::string driver;
  std::string module;               ///< "default-docker" or its own: host, spec and disabled stand below it
  std::vector<std::string> scopes;  ///< the most specific first; the global one is not among them
};

struct Services {
  std::vector<ServicePlan> plans;         ///< the default one first
  std::vector<ServiceSettings> settings;  ///< in the same order
  std::string default_service = "rexray";
  std::vector<std::string> warnings;
};

absl::StatusOr<Services> BuildServices(std::shared_ptr<const Store> store);

/// REX-Ray's rule for the name of a module's socket: lower case; space & _ = + : become "-"; other characters
/// than letters, digits, "-" and "." go; "--" becomes "-".
std::string CleanServiceName(std::string_view written);

/// 1–64 bytes of [a-z0-9][a-z0-9.-]*.
absl::Status CheckServiceName(std::string_view name);

}  // namespace rexray::config
