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

/// For a key that is not known: is it a known key's section ("rexray.volume"), or below a known key
/// ("rexray.logLevel.x")? "" or a sentence's second half.
std::string ShapeProblem(const ResolvedKey& key);

/// True below the section of a driver that this build does not have: its keys are the driver's own affair.
bool IsForeignSection(const ResolvedKey& key);

}  // namespace rexray::config
