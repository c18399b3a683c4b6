#pragma once

// A YAML file as the flat list of its keys, in the order they are written. Safe against hostile files:
// bounded in bytes, depth, number and length of what it says (aliases counted as often as they are used),
// never recursing deeper than the limit.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "config/value.h"
#include "config/yaml_tree.h"  // kMostDepth

namespace rexray::config {

inline constexpr size_t kMostFileBytes = size_t{256} << 10;
inline constexpr size_t kMostValues = 10'000;

struct YamlValue {
  std::string key;  ///< segments joined by ".", as written
  RawValue value;
  int line = 0;  ///< both from 1, of the value
  int column = 0;
};

struct YamlFile {
  std::vector<YamlValue> values;      ///< keys without a value (null) and empty sections are left out
  std::vector<std::string> warnings;  ///< what the parser took and a person should know; with file and line
};

/// `name` is what messages call the file. Errors are one line: "NAME:LINE:COLUMN: what" with the key where
/// there is one. Merge keys (`<<`) work as in YAML 1.1; only the first document of a file counts.
absl::StatusOr<YamlFile> ParseYaml(std::string_view text, std::string_view name);

}  // namespace rexray::config
