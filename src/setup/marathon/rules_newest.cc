// 1.11: api/v2/validation/AppValidation.scala, SchedulingValidation.scala; providers/DVDIProvider.scala
// (ramlVolume, ramlApp), CSIProvider.scala, ProviderValidationHelpers.scala.

#include <set>

#include "fmt/core.h"
#include "nlohmann/json.hpp"

#include "setup/marathon/rule_words.h"
#include "setup/marathon/rules.h"

namespace rexray::setup::marathon {
namespace {

void CheckDvdi(const App& app, const ExternalVolume& volume, std::vector<Finding>& out) {
  const std::string path = VolumePath(volume.index);
  if (!volume.name) {
    Refuse(out, kNewest, path + "/external/name", "not defined");
  } else if (volume.name->empty()) {
    Refuse(out, kNewest, path + "/external/name", "must not be empty");
  }
  const std::string driver_path = path + "/external/options(\"dvdi/driver\")";
  if (!volume.options.contains("dvdi/driver")) {
    Refuse(out, kNewest, driver_path, "not defined", "add \"dvdi/driver\": \"rexray\"");
  } else if (!IsLabel(volume.Driver())) {
    Refuse(out, kNewest, driver_path, MustMatch(kLabelRegex));
  }
  CheckRexrayOptions(volume, kNewest, path + "/external/options/", "", out);
  if (volume.container_path == "." || volume.container_path == "..") {
    Refuse(out, kNewest, path + "/containerPath", "can not be one of (.,..)");
  }
  if (app.IsMesos()) {
    if (volume.mode == "RO") Refuse(out, kNewest, path + "/mode", "got RO, expected RW");
    return;
  }
  if (volume.options.size() > (volume.options.contains("dvdi/driver") ? 1U : 0U)) {
    Refuse(out, kNewest, path + "/external/options", "must only contain dvdi/driver",
           "create the volume with its options beforehand: docker volume create -d DRIVER -o KEY=VALUE NAME");
  }
  if (volume.size) {
    Refuse(out, kNewest, path + "/external/size", "must be undefined for Docker containers",
           "create the volume with its size beforehand: docker volume create -d DRIVER -o size=N NAME");
  }
}

/// Of a "dvdi" volume, and of one whose provider is not known.
void CheckGeneral(const ExternalVolume& volume, std::vector<Finding>& out) {
  const std::string path = VolumePath(volume.index);
  if (volume.container_path.empty()) Refuse(out, kNewest, path + "/containerPath", "must not be empty");
  if (volume.IsCsi()) return;
  if (!volume.provider) {
    Refuse(out, kNewest, path + "/external/provider", "not defined", "add \"provider\": \"dvdi\"");
  } else if (!IsLabel(*volume.provider)) {
    Refuse(out, kNewest, path + "/external/provider", MustMatch(kLabelRegex));
  }
  for (const auto& [key, value] : volume.options) {
    if (IsOptionKey(key)) continue;
    Refuse(out, kNewest, path + "/external/options", MustMatch(kOptionKeyRegex),
           fmt::format("write \"dvdi/{}\" instead of \"{}\"", key, key));
  }
  if (volume.size && *volume.size <= 0) {
    Refuse(out, kNewest, path + "/external/size", fmt::format("got {}, expected more than 0", *volume.size));
  }
  if (volume.provider && !volume.IsDvdi()) {
    Refuse(out, kNewest, path + "/external/provider", "is unknown provider",
           "there are \"dvdi\" and \"csi\"");
  }
}

std::string TextIn(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool IsKnownAccessMode(const std::string& mode) {
  static const std::set<std::string> kModes{"SINGLE_NODE_WRITER", "SINGLE_NODE_READER_ONLY",
                                            "MULTI_NODE_READER_ONLY", "MULTI_NODE_SINGLE_WRITER",
                                            "MULTI_NODE_MULTI_WRITER"};
  return kModes.contains(mode);
}

void CheckCsi(const App& app, const ExternalVolume& volume, std::vector<Finding>& out) {
  const std::string path = VolumePath(volume.index, "/external");
  const nlohmann::json options = volume.raw->value("options", nlohmann::json::object());
  const nlohmann::json capability =
      options.is_object() ? options.value("capability", nlohmann::json::object()) : nlohmann::json::object();
  if (!volume.name) Refuse(out, kNewest, path + "/name", "error.path.missing");
  if (!options.is_object() || TextIn(options, "pluginName").empty()) {
    Refuse(out, kNewest, path + "/options/pluginName", "error.path.missing", "the CSI plugin's name");
  }
  const std::string mode = capability.is_object() ? TextIn(capability, "accessMode") : "";
  const std::string type = capability.is_object() ? TextIn(capability, "accessType") : "";
  if (!IsKnownAccessMode(mode)) {
    Refuse(out, kNewest, path + "/options/capability/accessMode",
           mode.empty() ? "error.path.missing" : "error.unknown.enum.literal");
  }
  if (type != "mount" && type != "block") {
    Refuse(out, kNewest, path + "/options/capability/accessType",
           type.empty() ? "error.path.missing" : "error.unknown.enum.literal");
  }
  const bool reader = mode == "SINGLE_NODE_READER_ONLY" || mode == "MULTI_NODE_READER_ONLY";
  if (reader && volume.mode == "RW") {
    Refuse(out, kNewest, VolumePath(volume.index),
           "CSI volume must be mounted readonly with a read-only access mode", "\"mode\": \"RO\"");
  }
  const bool shareable = mode.starts_with("MULTI_NODE_");
  if (!shareable && app.instances > 1) {
    Refuse(
        out, kNewest, "/instances",
        fmt::format("got {}, expected 1 or less while non-shareable CSI volumes are defined", app.instances));
  }
  if (mode == "MULTI_NODE_SINGLE_WRITER" && volume.mode == "RW" && app.instances > 1) {
    Refuse(out, kNewest, "/instances",
           fmt::format(
               "got {}, expected 1 or less while a multi-node single-writer volume is defined mounted as "
               "read/write",
               app.instances));
  }
}

void CheckUpgrade(const App& app, std::vector<Finding>& out) {
  bool any = false;
  for (const ExternalVolume& volume : app.volumes) any |= volume.IsDvdi();
  if (!any || !app.upgrade) return;
  const double health = app.upgrade->minimum_health;
  if (health < 0.0 || health > 1.0) {
    Refuse(out, kNewest, "/upgradeStrategy/minimumHealthCapacity",
           fmt::format("got {}, expected between 0.0 and 1.0", ScalaDouble(health)));
  }
  if (app.upgrade->maximum_over != 0.0) {
    Refuse(out, kNewest, "/upgradeStrategy/maximumOverCapacity",
           fmt::format("got {}, expected 0.0", ScalaDouble(app.upgrade->maximum_over)),
           "\"upgradeStrategy\": {\"minimumHealthCapacity\": 0, \"maximumOverCapacity\": 0}");
  }
}

}  // namespace

void ApplyRulesNewest(const App& app, std::vector<Finding>& out) {
  if (app.volumes.empty()) return;
  if (!app.IsMesos() && !app.has_docker) {
    Refuse(out, kNewest, "/container/docker", "not defined",
           "the default type is DOCKER: set \"type\": \"MESOS\", or name an image");
  }
  std::set<std::string> names;
  bool unique = true;
  for (const ExternalVolume& volume : app.volumes) {
    CheckGeneral(volume, out);
    if (volume.IsDvdi()) CheckDvdi(app, volume, out);
    if (volume.IsCsi()) CheckCsi(app, volume, out);
    if (volume.name) unique &= names.insert(*volume.name).second;
  }
  if (!unique) Refuse(out, kNewest, "/container/volumes", "Volume names must be unique");
  CheckInstancesAndNames(app, kNewest, out);
  CheckUpgrade(app, out);
}

void ApplyRootGroupRule(const std::vector<App>& apps, Versions versions, std::vector<AppReport>& reports) {
  for (const Versions version : {k1_1, kNewest}) {
    if ((versions & version) == 0) continue;
    std::map<std::string, std::set<std::string>> users;
    const auto counts = [&](const ExternalVolume& volume) {
      return volume.IsDvdi() && volume.name && !(version == kNewest && volume.shared);
    };
    for (const App& app : apps) {
      for (const ExternalVolume& volume : app.volumes) {
        if (counts(volume)) users[*volume.name].insert(app.id);
      }
    }
    for (size_t i = 0; i < apps.size(); ++i) {
      std::set<std::string> told;
      for (const ExternalVolume& volume : apps[i].volumes) {
        if (!counts(volume) || !told.insert(*volume.name).second) continue;
        std::string others;
        for (const std::string& user : users[*volume.name]) {
          if (user != apps[i].id) others += (others.empty() ? "" : ", ") + user;
        }
        if (others.empty()) continue;
        Refuse(reports[i].findings, version, "/",
               fmt::format("Volume name '{}' in {} conflicts with volume(s) of same name in app(s): {}",
                           *volume.name, apps[i].id, others),
               version == kNewest ? "other name, or \"shared\": true in every app that uses it" : "");
      }
    }
  }
}

}  // namespace rexray::setup::marathon
