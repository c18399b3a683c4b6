#pragma once

// JSON values as YAML, in the layout that REX-Ray 0.3.3's scripts read (one "key: value" a line, lists not
// indented,
// "[]" for an empty one). Strings that another reader could take for something else are quoted.

#include <string>

#include "nlohmann/json_fwd.hpp"

namespace rexray::cli {

/// Ends with a newline. Never throws; bytes that are not UTF-8 become U+FFFD.
std::string ToYaml(const nlohmann::ordered_json& value);

}  // namespace rexray::cli
