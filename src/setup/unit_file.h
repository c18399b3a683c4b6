#pragma once

// systemd's unit files, as far as setup changes what others wrote (systemd.syntax(7), systemd.service(5)).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "setup/tree.h"

namespace rexray::setup {

struct UnitSetting {
  std::string section;  ///< "Service"
  std::string key;
  std::string value;  ///< on one line: "\" at a line's end joined
};

/// Every assignment in order; comments and empty lines are left out.
std::vector<UnitSetting> ParseUnit(std::string_view text);

/// What systemd takes for the [Service] key of several files read one after the other: an empty value forgets
/// the ones before it.
std::vector<std::string> Effective(const std::vector<std::string>& texts, std::string_view key);

/// Options of a [Service] that give it a mount namespace of its own ("PrivateTmp=yes", "ReadWritePaths=/x"),
/// in which our mounts would reach no container. "PrivateTmp=no" is none.
std::vector<std::string> NamespaceOptions(std::string_view text);

/// The unit and its drop-ins by systemd's order: /etc, /run, /usr/local/lib, /usr/lib, /lib; also where DC/OS
/// links its units (dcos.target.wants). `except`: a drop-in's file name that is left out. NotFound without a
/// unit.
struct UnitSources {
  std::string path;                ///< of the unit, as it was found
  std::vector<std::string> texts;  ///< the unit, then its drop-ins as they apply
};
absl::StatusOr<UnitSources> FindUnit(const Tree& tree, const std::string& unit, std::string_view except = "");

/// An ExecStart with `feature` added to the list behind --enable_features (Marathon), which is added itself
/// when it is not there. nullopt when the feature is in the list already.
std::optional<std::string> WithFeature(std::string_view command, std::string_view feature);

}  // namespace rexray::setup
