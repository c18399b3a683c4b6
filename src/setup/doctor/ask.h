#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "base/http/client.h"
#include "setup/doctor/doctor.h"

namespace rexray::setup::doctor {

/// One request to "unix:///PATH", a path, or "tcp://…", within `patience`; the codes of http::Transport, and
/// InvalidArgument for an address that is none.
absl::StatusOr<http::ClientResponse> Ask(const Scene& scene, const std::string& host,
                                         const std::string& method, const std::string& target,
                                         Duration patience);

}  // namespace rexray::setup::doctor
