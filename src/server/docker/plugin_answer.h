#pragma once

// The bodies of the protocol's answers. Errors are always HTTP 500 *and* {"Err": "…"}: podman looks at the
// status alone, Docker at the text.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "base/http/message.h"
#include "engine/volume_engine.h"

namespace rexray::server::docker {

http::Response ErrorAnswer(const absl::Status& status);
http::Response NoSuchPath(std::string_view target);

http::Response ActivateAnswer();
http::Response EmptyAnswer();  ///< Create, Remove, Unmount
http::Response MountpointAnswer(std::string_view path);
http::Response CapabilitiesAnswer(bool global);
http::Response GetAnswer(const engine::VolumeView& view);

/// Volumes without a name cannot be asked for and are left out; an ambiguous name is listed once (`views`
/// come by name).
http::Response ListAnswer(const std::vector<engine::VolumeView>& views);

}  // namespace rexray::server::docker
