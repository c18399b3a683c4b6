#pragma once

// The grammar as data: for the manual pages, the completion of the shell, and the test that holds
// docs/compatibility.md to it.

#include <string>
#include <vector>

namespace rexray::cli {

struct FlagInfo {
  std::vector<std::string> names;  ///< with their dashes: "-f", "--format"
  std::string value;               ///< "FORMAT"; "" = it takes none
  std::string description;
  bool hidden = false;
};

struct CommandInfo {
  std::string name;                  ///< "rexray volume create"
  std::vector<std::string> aliases;  ///< of its last word: "c", "new"
  std::string description;
  std::string argument;         ///< "VOLUME"; "" = it takes none
  std::vector<FlagInfo> flags;  ///< its own; those of its parents work too
  bool hidden = false;
  bool runs = false;  ///< it does something when it stands alone
};

/// Every command and every level above it, parents first.
std::vector<CommandInfo> DescribeCommands();

}  // namespace rexray::cli
