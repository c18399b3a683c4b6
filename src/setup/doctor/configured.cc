#include "setup/doctor/configured.h"

namespace rexray::setup::doctor {

absl::StatusOr<std::unique_ptr<config::Config>> LoadConfigured(const Scene& scene) {
  config::LoadRequest request = config::RequestFromProcess();
  request.environment = scene.tree.IsHost() ? scene.environment : std::map<std::string, std::string>{};
  request.root = scene.tree.prefix();
  if (!scene.config_file.empty()) request.file = scene.config_file;
  return config::Load(request);
}

}  // namespace rexray::setup::doctor
