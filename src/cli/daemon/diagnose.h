#pragma once

// `rexrayd --diagnose`: the drivers' own checks for `rexray doctor`, where no daemon runs that could be
// asked. Here and not in `rexray`, which loads no driver. Changes nothing.

#include <string>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "config/config.h"

namespace rexray::daemon {

/// Puts "NAME=VALUE", each ended by a NUL, into this process's environment: the doctor starts us without any,
/// and secrets do not belong on a command line. What is no such text is left out.
void TakeEnvironment(const std::string& text);

/// The checks of each configured service, as GET /v1/diagnoses gives them.
absl::StatusOr<std::string> DiagnoseServices(const config::LoadRequest& request, Clock& clock,
                                             Deadline deadline);

}  // namespace rexray::daemon
