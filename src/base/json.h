#pragma once

// JSON from outside: bounded before it is parsed. nlohmann/json.hpp is slow to compile: include this header
// only in .cc files, and nlohmann/json_fwd.hpp in headers.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace rexray {

struct JsonLimits {
  size_t max_bytes = 1024 * 1024;
  int max_depth = 32;
};

/// InvalidArgument says what is wrong and at which byte (from 1); it never holds the input itself. Duplicate
/// keys: the last wins (as in Go and JavaScript).
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, const JsonLimits& limits = {});

/// The same for a file that a person wrote: errors begin "NAME:LINE:COLUMN: " (both from 1; a column is a
/// character), and a comma before a closing bracket, the commonest mistake, is called that.
absl::StatusOr<nlohmann::json> ParseJsonFile(std::string_view text, std::string_view name,
                                             const JsonLimits& limits = {});

/// Never throws: bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const nlohmann::json& value);

}  // namespace rexray
