#pragma once

// One app as Marathon reads it: what concerns volumes, and what is wrong with the JSON's shape.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json_fwd.hpp"

#include "setup/marathon/check.h"

namespace rexray::setup::marathon {

struct ExternalVolume {
  size_t index = 0;    ///< in container.volumes
  size_t ordinal = 0;  ///< among the external ones, which some of Marathon's paths count
  std::string container_path;
  std::string mode;  ///< upper case: "RW", "RO"
  std::optional<int64_t> size;
  std::optional<std::string> name;
  std::optional<std::string> provider;
  std::map<std::string, std::string> options;  ///< those with a text; CSI's are in `raw`
  bool shared = false;
  const nlohmann::json* raw = nullptr;  ///< the "external" object

  bool IsDvdi() const { return provider == "dvdi"; }
  bool IsCsi() const { return provider == "csi"; }
  std::string Driver() const;  ///< "" when there is none
};

struct UpgradeStrategy {
  double minimum_health = 1.0;
  double maximum_over = 1.0;
};

struct App {
  std::string id;
  bool is_pod = false;
  std::string container_type = "DOCKER";  ///< Marathon's default
  bool has_docker = false;                ///< container.docker
  int64_t instances = 1;
  std::optional<UpgradeStrategy> upgrade;
  std::vector<ExternalVolume> volumes;
  std::vector<std::pair<std::string, std::string>> environment;  ///< by name
  std::vector<Finding> shape;  ///< errors for which Marathon answers 400, "Invalid JSON"
  size_t pod_external = 0;     ///< volumes of a pod that say "external"

  bool IsMesos() const { return container_type == "MESOS"; }
};

/// `json` outlives the app.
App ReadApp(const nlohmann::json& json, std::string id);

/// "/container/volumes(2)" + rest.
std::string VolumePath(size_t index, std::string_view rest = "");

}  // namespace rexray::setup::marathon
