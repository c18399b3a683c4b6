#pragma once

// What is written in a YAML file, as a tree that is bounded in depth. yaml_tree.cc is the only file that
// includes yaml-cpp.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::config {

inline constexpr int kMostDepth = 32;

struct YamlMark {
  int line = 1;  ///< both from 1
  int column = 1;
};

/// Nodes are shared where the file uses an alias; there are no circles.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  YamlMark mark;
  std::string text;                              ///< kScalar
  std::vector<std::shared_ptr<YamlNode>> items;  ///< kList: items; kMap: key, value, key, value
  int height = 1;  ///< levels below and with it; counted through aliases, and never more than kMostDepth
  bool complete = true;  ///< false while the parser is inside it: an alias to it would be a circle
};

struct YamlTree {
  std::shared_ptr<YamlNode> root;        ///< nullptr: an empty file
  std::shared_ptr<YamlNode> other_root;  ///< of a second document, when there is something in it
};

/// InvalidArgument is one line: "NAME:LINE:COLUMN: what".
absl::StatusOr<YamlTree> ParseYamlTree(std::string_view text, std::string_view name);

/// "NAME:LINE:COLUMN: what"
absl::Status YamlError(std::string_view name, YamlMark mark, std::string_view what);

}  // namespace rexray::config
