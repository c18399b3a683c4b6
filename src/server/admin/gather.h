#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "engine/volume_engine.h"

namespace rexray::server::admin {

using ServiceVolumes = std::pair<std::string, absl::StatusOr<std::vector<engine::VolumeView>>>;

/// Lists several services at once; `done` gets all answers, in the order of `services`, when the last one is
/// there (or the deadline has passed). Never blocks.
void ListServices(engine::VolumeEngine& engine, const std::vector<std::string>& services, Deadline deadline,
                  std::function<void(std::vector<ServiceVolumes>)> done);

}  // namespace rexray::server::admin
