#pragma once

#include <functional>
#include <string>

#include "setup/doctor/checks.h"

namespace rexray::setup::doctor {

/// What `check` returns, run in a child process: after `limit` the child is killed (and left behind where
/// even that does not reach it, in a dead disk's driver), and that is the result, as when it crashes. Call it
/// from a program with one thread.
Results RunGuarded(const std::string& title, Duration limit, const std::function<Results()>& check);

}  // namespace rexray::setup::doctor
