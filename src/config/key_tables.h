#pragma once

// The two halves of KnownKeys(); only known_keys.cc includes this.

#include <vector>

#include "config/known_keys.h"

namespace rexray::config {

/// Keys with an effect.
std::vector<KeyInfo> HonouredKeys();

/// Keys that exist in somebody's files and that we do not need.
std::vector<KeyInfo> AcceptedKeys();

}  // namespace rexray::config
