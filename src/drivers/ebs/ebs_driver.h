#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "drivers/ebs/cloud.h"
#include "drivers/ebs/ebs_options.h"
#include "host/linux_host.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::ebs {

/// Amazon EBS volumes on an EC2 instance. Opening asks nobody anything, so that a daemon starts before its
/// network does: who and where this instance is, is found out at the first call that needs it. Unavailable
/// when libcurl is not installed.
absl::StatusOr<std::unique_ptr<StorageDriver>> OpenEbsDriver(const EbsOptions& options,
                                                             const host::Host& host);

DriverCapabilities EbsCapabilities();

/// For tests: over another transport, and, where `cloud` is given (then options.instance and .zone must be,
/// too), sharing it with other nodes' drivers.
std::unique_ptr<StorageDriver> MakeEbsDriver(const EbsOptions& options, const host::Host& host,
                                             std::shared_ptr<HttpTransport> transport,
                                             const EnvironmentLookup& environment,
                                             std::shared_ptr<Cloud> cloud);

}  // namespace rexray::drivers::ebs
