#include "cli/dvdcli/json_output.h"

#include "base/json.h"

namespace rexray::dvdcli {

std::string VolumeAsJson(std::string_view driver, const dvdi::VolumeInfo& volume) {
  absl::StatusOr<nlohmann::json> object =
      ParseJson(volume.json, {.max_bytes = volume.json.size(), .max_depth = 64});
  nlohmann::json document =
      object.ok() && object->is_object() ? *std::move(object) : nlohmann::json::object();
  document["Driver"] = driver;
  return DumpJson(document);
}

}  // namespace rexray::dvdcli
