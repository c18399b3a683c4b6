#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "config/config.h"
#include "setup/doctor/doctor.h"

namespace rexray::setup::doctor {

/// The configuration that the daemon of this tree would read.
absl::StatusOr<std::unique_ptr<config::Config>> LoadConfigured(const Scene& scene);

}  // namespace rexray::setup::doctor
