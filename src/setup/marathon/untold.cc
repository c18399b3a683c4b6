#include "setup/marathon/untold.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/str_split.h"
#include "fmt/core.h"

#include "setup/marathon/received.h"
#include "setup/marathon/rule_words.h"

namespace rexray::setup::marathon {
namespace {

/// docs/mesos.md: over these (and what holds or is in them) the module binds nothing.
constexpr std::array<std::string_view, 12> kSystem{"/bin", "/boot",           "/dev",  "/etc",
                                                   "/lib", "/opt/mesosphere", "/proc", "/root",
                                                   "/run", "/sbin",           "/sys",  "/usr"};

class Untold {
 public:
  Untold(const App& app, Versions versions, std::vector<Finding>& out)
      : app_(app), versions_(versions), out_(out) {}

  void Check() {
    if (app_.is_pod) return CheckPod();
    for (const ExternalVolume& volume : app_.volumes) {
      if (volume.IsCsi()) {
        CheckCsi(volume);
        continue;
      }
      CheckPath(volume);
      CheckOptions(volume);
      CheckWords(volume);
    }
    if (app_.volumes.empty()) return CheckByHand();
    CheckMany();
    CheckDrivers();
    CheckEnvironment();
    CheckUpgrade();
  }

 private:
  void Say(Severity severity, Versions versions, std::string path, std::string text, std::string fix = "") {
    if ((versions & versions_) == 0) return;
    out_.push_back({severity, versions & versions_, std::move(path), std::move(text), std::move(fix)});
  }

  void CheckPod() {
    if (app_.pod_external == 0) return;
    Say(Severity::kFails, kBoth, "/volumes", "pods have no external volumes, in any version of Marathon",
        "write an app instead of a pod");
  }

  void CheckCsi(const ExternalVolume& volume) {
    Say(Severity::kNotice, kNewest, VolumePath(volume.index, "/external"),
        "only Mesos 1.11 and later with the isolator volume/csi mounts CSI volumes, and only through a "
        "plugin that "
        "attaches in its node service");
  }

  static bool HasDots(std::string_view path) {
    for (const absl::string_view part : absl::StrSplit(absl::string_view(path.data(), path.size()), '/')) {
      if (part == "..") return true;
    }
    return false;
  }

  static bool IsSystem(std::string_view path) {
    return std::any_of(kSystem.begin(), kSystem.end(), [&](std::string_view system) {
      const auto inside = [](std::string_view outer, std::string_view inner) {
        return inner == outer ||
               (inner.starts_with(outer) && inner.size() > outer.size() && inner[outer.size()] == '/');
      };
      return inside(system, path) || inside(path, system) || path == "/" || path == "/var" ||
             path == "/opt" || path.starts_with("/lib");
    });
  }

  void CheckPath(const ExternalVolume& volume) {
    const std::string where = VolumePath(volume.index, "/containerPath");
    const std::string& path = volume.container_path;
    if (path.empty()) return;
    if (HasDots(path)) {
      Say(Severity::kFails, kBoth, where,
          "has a \"..\" part: the module refuses it, and elsewhere it leads out of the "
          "sandbox",
          "write the path without \"..\"");
    } else if (path.front() != '/') {
      CheckRelative(where);
    } else {
      CheckAbsolute(path, where);
    }
  }

  void CheckRelative(const std::string& where) {
    if (app_.IsMesos()) {
      Say(Severity::kNotice, k1_1, where,
          "a relative path: the original module (mesos-module-dvdi) fails the task with \"containerpaths "
          "must start "
          "with /\"; this project's module makes the directory in the task's sandbox",
          "with the original module write \"/tmp/…\"");
    } else {
      Say(Severity::kFails, k1_1, where,
          "a relative path: docker refuses it, since Mesos 0.28 hands it on as it is",
          "write an absolute path");
    }
  }

  void CheckAbsolute(const std::string& path, const std::string& where) {
    if (!app_.IsMesos()) return;
    if (IsSystem(path)) {
      Say(Severity::kFails, k1_1, where,
          "a system directory of the agent: the module binds no volume over it (nor, unless allow_host_paths "
          "names "
          "it, over what holds or is in one)",
          "write a relative path or \"/tmp/…\"");
    } else if (!path.starts_with("/tmp/")) {
      Say(Severity::kNotice, k1_1, where,
          "must exist on every agent, or the task fails with \"containerpaths must pre-exist, or be under "
          "/tmp\"",
          "write a relative path or \"/tmp/…\"");
    }
    if (!app_.has_docker) {
      Say(Severity::kNotice, kNewest, where,
          fmt::format(
              "without an image it must exist on every agent, or the task fails with \"Absolute container "
              "path '{}' does not exist\"",
              path),
          "write a relative path, or give the container an image");
    }
  }

  void CheckOptions(const ExternalVolume& volume) {
    const std::string where = VolumePath(volume.index, "/external/options");
    for (const auto& [key, value] : volume.options) {
      if (!key.starts_with("dvdi/")) {
        if (!IsOptionKey(key)) continue;
        Say(Severity::kNotice, kBoth, where,
            fmt::format("\"{}\" reaches nobody: only dvdi/… options do", key));
      } else if (value.find(',') != std::string::npos && app_.IsMesos()) {
        Say(Severity::kNotice, k1_1, where,
            fmt::format("the value of \"{}\" has a comma, at which Marathon 1.1's options are split again",
                        key));
      }
    }
    if (const auto size = volume.options.find("dvdi/size"); size != volume.options.end()) {
      if (volume.size) {
        Say(Severity::kNotice, kBoth, where, "\"dvdi/size\" is overridden by \"size\"",
            "leave one of them out");
      } else if (!IsNaturalNumber(Trimmed(size->second))) {
        Say(Severity::kNotice, kBoth, where,
            fmt::format("\"dvdi/size\" is \"{}\": Marathon does not check it, the volume's driver will",
                        size->second),
            "a number of GiB");
      }
    }
    if (volume.size && *volume.size > 16384) {
      Say(Severity::kNotice, kBoth, VolumePath(volume.index, "/external/size"),
          fmt::format("{} GiB: Marathon hands the number on as it is, and drivers take it for GiB",
                      *volume.size));
    }
  }

  static std::string Trimmed(const std::string& text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  }

  /// The original's list (docker_volume_driver_isolator.hpp, prohibitedchars).
  void CheckWords(const ExternalVolume& volume) {
    if (!app_.IsMesos()) return;
    constexpr std::string_view kProhibited = "%/:;<>|`$'?^& {\"}[]\n\t\v\b\r\\";
    std::string options;
    for (const auto& [key, value] : OptionsOf(volume)) options += fmt::format("{}={},", key, value);
    if (options.find_first_of(kProhibited) == std::string::npos) return;
    Say(Severity::kNotice, k1_1, VolumePath(volume.index, "/external/options"),
        "the options have a character that the original module refuses (\"prohibited characters\"); this "
        "project's "
        "module takes it");
  }

  void CheckMany() {
    const std::optional<Variables> variables = EnvironmentOf(app_);
    if (!app_.IsMesos() || !variables) return;
    const bool has_ten = std::any_of(variables->begin(), variables->end(), [](const auto& variable) {
      const std::string_view name = variable.first;
      return name.starts_with("DVDI_VOLUME_NAME") &&
             name.size() > std::string_view("DVDI_VOLUME_NAME").size() + 1;
    });
    if (!has_ten) return;
    Say(Severity::kNotice, k1_1, "/container/volumes",
        "a variable with a number of two digits (DVDI_VOLUME_NAME10): the original module fails the task "
        "with \"illegal "
        "VOL_NAME_ENV_VAR_NAME\"; this project's module takes any number");
  }

  void CheckDrivers() {
    std::set<std::string> drivers;
    for (const ExternalVolume& volume : app_.volumes) {
      if (volume.IsDvdi()) drivers.insert(volume.Driver());
    }
    if (app_.IsMesos() || drivers.empty()) return;
    if (drivers.size() > 1) {
      Say(Severity::kFails, k1_1, "/container/volumes",
          "two drivers in one DOCKER container: docker gets the last one for all volumes",
          "one driver per app");
      Say(Severity::kFails, kNewest, "/container/volumes",
          "two drivers in one DOCKER container: the agent fails the task with \"Only one volume driver is "
          "supported\"",
          "one driver per app");
    }
    Say(Severity::kNotice, k1_1, "/container/type",
        "DOCKER with volumes needs docker 1.8 or later on the agents (DC/OS 1.7 came with 1.7.1)");
    Say(Severity::kNotice, kBoth, "/container/type",
        "options do not reach docker: a volume that does not exist is created with the driver's defaults",
        "create it beforehand: docker volume create -d DRIVER -o size=N NAME");
  }

  void CheckEnvironment() {
    if (!app_.IsMesos()) return;
    if (!EnvironmentOf(app_)) {
      Say(Severity::kFails, k1_1, "/env",
          "a variable that begins with DVDI_VOLUME_NAME goes on with something that is no number: Marathon "
          "throws "
          "while it launches the task, again and again",
          "rename the variable");
    }
    const bool by_hand =
        std::any_of(app_.environment.begin(), app_.environment.end(),
                    [](const auto& variable) { return variable.first.starts_with("DVDI_VOLUME_"); });
    if (by_hand) {
      Say(Severity::kNotice, kNewest, "/env",
          "DVDI_VOLUME_* variables are read by the isolator module alone, not by Mesos's docker/volume "
          "isolator");
    }
  }

  /// An app that drives the module by itself, as before Marathon 1.0.
  void CheckByHand() {
    for (const auto& [name, value] : app_.environment) {
      if (!name.starts_with("DVDI_VOLUME_")) continue;
      Say(Severity::kNotice, kBoth, "/env",
          "volumes by DVDI_VOLUME_* variables: only the isolator module reads them, and Marathon checks "
          "nothing (two "
          "apps with one volume, several instances)");
      return;
    }
  }

  void CheckUpgrade() {
    const bool dvdi = std::any_of(app_.volumes.begin(), app_.volumes.end(),
                                  [](const ExternalVolume& volume) { return volume.IsDvdi(); });
    if (app_.upgrade || !dvdi) return;
    Say(Severity::kNotice, kBoth, "/upgradeStrategy",
        "not given: Marathon fills in minimumHealthCapacity 0.5 and maximumOverCapacity 0");
  }

  const App& app_;
  const Versions versions_;
  std::vector<Finding>& out_;
};

}  // namespace

void AddUntold(const App& app, Versions versions, std::vector<Finding>& out) {
  Untold(app, versions, out).Check();
}

}  // namespace rexray::setup::marathon
