#pragma once

// The manual pages, written from what the program knows: `rexray_pages` puts them into the packages.

#include <string>
#include <vector>

#include "cli/rexray/command_info.h"

#include "config/known_keys.h"

namespace rexray::cli {

/// rexray(1), in man(7)'s language.
std::string CommandsPage(const std::vector<CommandInfo>& commands);

/// rexray.yml(5).
std::string SettingsPage(const std::vector<config::KeyInfo>& keys);

}  // namespace rexray::cli
