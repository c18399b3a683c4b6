#pragma once

#include <string>
#include <vector>

#include "cli/rexray/command_info.h"

namespace rexray::cli {

/// A script that bash sources: commands, flags and, where a command takes them, the volumes that there are.
/// It needs no other package.
std::string BashCompletion(const std::vector<CommandInfo>& commands);

}  // namespace rexray::cli
