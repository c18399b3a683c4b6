#pragma once

#include <vector>

#include "setup/marathon/app.h"

namespace rexray::setup::marathon {

/// What Marathon does not tell: apps that it accepts and whose tasks then fail, or do not do what is written.
/// Adds to `out`.
void AddUntold(const App& app, Versions versions, std::vector<Finding>& out);

}  // namespace rexray::setup::marathon
