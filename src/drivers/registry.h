#pragma once

// The only list of drivers. A driver that is not named here does not exist for the program.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "host/linux_host.h"
#include "volume/storage_driver.h"

namespace rexray::drivers {

/// One configured service.
struct DriverRequest {
  std::string service;      ///< "rexray": what the volumes' keys carry
  std::string driver_name;  ///< as configured; letter case and upstream's aliases do not matter
  /// A setting of this service, by its dotted key ("local.directory"); nullopt when it is not set.
  std::function<std::optional<std::string>(std::string_view key)> setting{};
  std::string lib_directory = "/var/lib/rexray";  ///< where a driver keeps its things ("local" below it)
  std::string node_id{};                          ///< empty: the driver finds out
};

/// NotFound names the drivers that there are. Other errors are the driver's own.
absl::StatusOr<std::unique_ptr<StorageDriver>> MakeDriver(const DriverRequest& request,
                                                          const host::Host& host);

/// The driver's own checks without a daemon, for `rexray doctor`: nothing is opened for use, made, repaired
/// or locked. What MakeDriver would refuse is a result as well.
std::vector<Diagnosis> Diagnose(const DriverRequest& request, const host::Host& host,
                                const CallContext& context);

/// What a driver can do as far as that is known before it is opened: its kind, and whether its volumes come
/// over a network. Of a name that `MakeDriver` does not take: the defaults.
DriverCapabilities ExpectedCapabilities(std::string_view driver_name);

/// The names that `MakeDriver` takes, without aliases, sorted.
std::vector<std::string> KnownDrivers();

/// The name that a driver goes by here: "EC2", "aws" -> "ebs"; "gce" -> "gcepd"; "openstack" -> "cinder". A
/// name without an alias comes back in lower case, known or not.
std::string CanonicalDriverName(std::string_view name);

}  // namespace rexray::drivers
