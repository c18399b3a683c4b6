#pragma once

// Where a written key belongs: which setting it is, under which of its names, and for which service.

#include <string>
#include <string_view>

#include "config/known_keys.h"

namespace rexray::config {

inline constexpr char kModules[] = "rexray.modules.";
inline constexpr char kServices[] = "libstorage.server.services.";

struct ResolvedKey {
  const KeyInfo* info = nullptr;  ///< nullptr: unknown
  int rank = 0;                   ///< place among NamesOf(info): 0 is the strongest name
  /// "" for the whole daemon; else lower-case "rexray.modules.NAME" or "libstorage.server.services.NAME".
  std::string scope;
  std::string name;  ///< NAME of the scope, lower-case
  /// What the setting is called inside its scope, lower-case and by its canonical name: "docker.size",
  /// "host". For an unknown key the written one.
  std::string setting;

  /// One text for scope and setting.
  std::string id() const { return scope.empty() ? setting : scope + "." + setting; }
};

ResolvedKey ResolveKey(std::string_view written);

/// "; the nearest known key is rexray.logLevel", or "" when nothing is near.
std::string NearestKeyHint(std::string_view written);

struct KeyShape {
  bool known = false;        ///< part of something that we know: no warning
  std::string problem = {};  ///< what is wrong with it; "" for nothing
};

/// For a key that is not in the table: a section of it ("rexray.volume"), below a key of it
/// ("rexray.logLevel.x"), or in the section of a driver that this build does not have.
KeyShape ShapeOf(const ResolvedKey& key);

}  // namespace rexray::config
