// v1.1.1: state/Volume.scala, state/Container.scala, core/externalvolume/impl/providers/DVDIProvider.scala.

#include "fmt/core.h"

#include "setup/marathon/rule_words.h"
#include "setup/marathon/rules.h"

namespace rexray::setup::marathon {
namespace {

void CheckContainer(const App& app, std::vector<Finding>& out) {
  if (app.IsMesos() && app.has_docker) {
    Refuse(out, k1_1, "/container/docker", "must be empty",
           "Marathon 1.1 has no images for MESOS containers: leave \"docker\" out, or use type DOCKER");
  }
  if (!app.IsMesos() && !app.has_docker) {
    Refuse(out, k1_1, "/container/docker", "must not be empty",
           "the default type is DOCKER: set \"type\": \"MESOS\", or name an image");
  }
}

void CheckExternal(const ExternalVolume& volume, std::vector<Finding>& out) {
  const std::string path = VolumePath(volume.index);
  if (volume.container_path.empty()) Refuse(out, k1_1, path + "/containerPath", "must not be empty");
  if (volume.size && *volume.size <= 0) {
    Refuse(out, k1_1, path + "/external/size", fmt::format("got {}, expected more than 0", *volume.size));
  }
  const std::string name = volume.name.value_or("");
  const std::string provider = volume.provider.value_or("");
  if (!IsLabel(name)) {
    Refuse(out, k1_1, path + "/external/name", MustMatch(kLabelRegex),
           "lower-case letters, digits and \"-\" only; later versions take any name");
  }
  if (!IsLabel(provider)) Refuse(out, k1_1, path + "/external/provider", MustMatch(kLabelRegex));
  for (const auto& [key, value] : volume.options) {
    if (IsOptionKey(key)) continue;
    Refuse(out, k1_1, path + "/external/options", MustMatch(kOptionKeyRegex),
           fmt::format("write \"dvdi/{}\" instead of \"{}\"", key, key));
  }
  if (!volume.IsDvdi()) {
    Refuse(out, k1_1, path + "/external/provider", "is unknown provider", "the only one is \"dvdi\"");
    return;
  }
  if (name.empty()) Refuse(out, k1_1, path + "/external/name", "must not be empty");
  const std::string driver_path = path + "/external/options(\"dvdi/driver\")";
  if (!volume.options.contains("dvdi/driver")) {
    Refuse(out, k1_1, driver_path, "not defined", "add \"dvdi/driver\": \"rexray\"");
  } else if (!IsLabel(volume.Driver())) {
    Refuse(out, k1_1, driver_path, MustMatch(kLabelRegex));
  }
  CheckRexrayOptions(volume, k1_1, path + "/external/options(", ")", out);
}

/// Rules of the provider about the container; their paths count the external volumes alone.
void CheckForContainer(const App& app, const ExternalVolume& volume, std::vector<Finding>& out) {
  if (!volume.IsDvdi()) return;
  const std::string path = VolumePath(volume.ordinal);
  if (app.IsMesos()) {
    if (volume.mode == "RO") Refuse(out, k1_1, path + "/mode", "got RO, expected RW");
    return;
  }
  const bool only_driver =
      volume.options.empty() || (volume.options.size() == 1 && volume.options.contains("dvdi/driver"));
  if (!only_driver) {
    Refuse(out, k1_1, path + "/external/options", "must only contain dvdi/driver",
           "create the volume with its options beforehand: docker volume create -d DRIVER -o KEY=VALUE NAME");
  }
  if (volume.size) {
    Refuse(out, k1_1, path + "/external/size", "must be undefined for Docker containers",
           "create the volume with its size beforehand: docker volume create -d DRIVER -o size=N NAME");
  }
}

void CheckUpgrade(const App& app, std::vector<Finding>& out) {
  if (!app.upgrade) return;
  const auto between = [&](const char* name, double value) {
    if (value >= 0.0 && value <= 1.0) return;
    Refuse(out, k1_1, fmt::format("/upgradeStrategy/{}", name),
           fmt::format("got {}, expected between 0.0 and 1.0", ScalaDouble(value)));
  };
  between("minimumHealthCapacity", app.upgrade->minimum_health);
  between("maximumOverCapacity", app.upgrade->maximum_over);
  bool any = false;
  for (const ExternalVolume& volume : app.volumes) any |= volume.IsDvdi();
  if (!any) return;
  constexpr const char* kFix =
      "\"upgradeStrategy\": {\"minimumHealthCapacity\": 0, \"maximumOverCapacity\": 0}";
  if (app.upgrade->minimum_health > 0.5) {
    Refuse(out, k1_1, "/upgradeStrategy/minimumHealthCapacity",
           fmt::format("got {}, expected 0.5 or less", ScalaDouble(app.upgrade->minimum_health)), kFix);
  }
  if (app.upgrade->maximum_over != 0.0) {
    Refuse(out, k1_1, "/upgradeStrategy/maximumOverCapacity",
           fmt::format("got {}, expected 0.0", ScalaDouble(app.upgrade->maximum_over)), kFix);
  }
}

}  // namespace

void ApplyRules1_1(const App& app, std::vector<Finding>& out) {
  if (app.volumes.empty()) return;
  CheckContainer(app, out);
  for (const ExternalVolume& volume : app.volumes) CheckExternal(volume, out);
  for (const ExternalVolume& volume : app.volumes) CheckForContainer(app, volume, out);
  CheckInstancesAndNames(app, k1_1, out);
  CheckUpgrade(app, out);
}

}  // namespace rexray::setup::marathon
