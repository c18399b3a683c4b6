#pragma once

// The agent's list of modules (Mesos docs/modules.md), as a file or as the flag's text itself:
// {"libraries": [{"file": "/abs/lib.so", "modules": [{"name": "…", "parameters": [...]}]}]}

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray::setup {

extern const char kModuleName[];  ///< com_emccode_mesos_DockerVolumeDriverIsolator

/// The text with our module from `library`. A library that has it already, wherever its file was, gets the
/// new path and keeps its parameters; everything else stays to the byte. Empty text makes a new list. `name`
/// is for messages. InvalidArgument with line and column for what is not JSON, or not a list of modules.
absl::StatusOr<std::string> MergeModule(std::string_view text, std::string_view name,
                                        std::string_view library);

/// The library that a list names for our module; nullopt when it has none.
absl::StatusOr<std::optional<std::string>> LibraryOfModule(std::string_view text, std::string_view name);

/// --modules= takes the JSON itself, a path, or file:// and a path. nullopt when it is the JSON.
std::optional<std::string> PathOfModules(std::string_view flag);

}  // namespace rexray::setup
