#pragma once

#include <string>

#include "base/clock.h"

namespace rexray {

/// "2026-01-31T23:59:59Z": UTC, whole seconds (rounded down). Years 0 to 9999.
std::string FormatRfc3339(WallTime time);

}  // namespace rexray
