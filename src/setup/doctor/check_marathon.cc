// The feature without which Marathon refuses every external volume.

#include "base/status.h"
#include "setup/doctor/checks.h"
#include "setup/environment_file.h"
#include "setup/isolation.h"
#include "setup/unit_file.h"

namespace rexray::setup::doctor {
namespace {

constexpr const char* kCheck = "Marathon's external_volumes";
constexpr const char* kFeature = "external_volumes";

Diagnosis Off(const std::string& where) {
  return Broken(
      kCheck,
      where +
          ": not enabled; apps with volumes are refused with \"Feature external_volumes is not enabled. "
          "Enable "
          "with --enable_features external_volumes)\"",
      "rexray setup dcos --master, or add external_volumes to --enable_features, and restart Marathon");
}

/// Packages: a file per flag, or MARATHON_ENABLE_FEATURES.
Results OfPackage(const Tree& tree) {
  constexpr const char* kFile = "/etc/marathon/conf/enable_features";
  if (const auto text = tree.Read(kFile); text.ok()) {
    std::string list = *text;
    while (!list.empty() && (list.back() == '\n' || list.back() == ' ')) list.pop_back();
    if (ListHas(list, kFeature)) return {Ok(kCheck, std::string(kFile) + ": " + list)};
    return {Off(kFile)};
  }
  constexpr const char* kDefaults = "/etc/default/marathon";
  if (const auto text = tree.Read(kDefaults); text.ok()) {
    const auto value = GetVariable(*text, EnvironmentDialect::kShell, "MARATHON_ENABLE_FEATURES", kDefaults);
    if (!value.ok()) return {Unknown(kCheck, std::string(MessageOf(value.status())))};
    if (*value && ListHas(**value, kFeature)) return {Ok(kCheck, std::string(kDefaults) + ": " + **value)};
  }
  return {Off("/etc/marathon/conf/enable_features and /etc/default/marathon")};
}

}  // namespace

Results CheckMarathon(const Scene& scene) {
  const Tree& tree = scene.tree;
  const absl::StatusOr<UnitSources> dcos = FindUnit(tree, "dcos-marathon.service");
  if (dcos.ok()) {
    for (const std::string& command : Effective(dcos->texts, "ExecStart")) {
      if (!WithFeature(command, kFeature)) return {Ok(kCheck, dcos->path + " enables it")};
      if (command.find("--enable_features") != std::string::npos) return {Off(dcos->path)};
    }
    for (const std::string& text : Effective(dcos->texts, "Environment")) {
      if (text.find("MARATHON_ENABLE_FEATURES") != std::string::npos &&
          text.find(kFeature) != std::string::npos) {
        return {Ok(kCheck, dcos->path + " enables it")};
      }
    }
    for (const char* file : {"/opt/mesosphere/etc/marathon", "/opt/mesosphere/etc/marathon-extras"}) {
      const auto text = tree.Read(file);
      if (!text.ok()) continue;
      const auto value = GetVariable(*text, EnvironmentDialect::kSystemd, "MARATHON_ENABLE_FEATURES", file);
      if (value.ok() && *value && ListHas(**value, kFeature))
        return {Ok(kCheck, std::string(file) + ": " + **value)};
    }
    return {Off(dcos->path)};
  }
  if (tree.Exists("/etc/marathon") || FindUnit(tree, "marathon.service").ok()) return OfPackage(tree);
  return {};
}

}  // namespace rexray::setup::doctor
