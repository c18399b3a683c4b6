#pragma once

// `--help`: what the command does, how it is called, its commands and flags, and where the flags of its
// parents are.

#include <string>

namespace CLI {
class App;
}

namespace rexray::cli {

/// "rexray volume create".
std::string FullName(const CLI::App* app);

std::string HelpPage(const CLI::App* app);

}  // namespace rexray::cli
