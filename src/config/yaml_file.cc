#include "config/yaml_file.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/status.h"
#include "config/text.h"
#include "config/yaml_tree.h"

namespace rexray::config {
namespace {

constexpr size_t kMostKeyBytes = 512;
constexpr size_t kMostFlatBytes = size_t{1} << 20;  // a file may say 256 KiB; aliases may repeat some of it

using NodePtr = std::shared_ptr<YamlNode>;

/// The tree as dotted keys. Recursion is bounded by kMostDepth here too: an alias can put deep below deep.
class Flattener {
 public:
  Flattener(std::string_view name, YamlFile& out) : name_(name), out_(out) {}

  absl::Status Map(const YamlNode& map, const std::string& prefix, int depth) {
    RETURN_IF_ERROR(Visit(map, depth));
    std::map<std::string, int> lines;
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const YamlNode& key = *map.items[i];
      if (IsMergeKey(key)) continue;
      ASSIGN_OR_RETURN(const std::string path, Path(key, prefix));
      const auto [seen, fresh] = lines.emplace(Lower(key.text), key.mark.line);
      if (!fresh) {
        out_.warnings.push_back(
            fmt::format("{}:{}: \"{}\" is written a second time (first in line {}); the later one counts",
                        name_, key.mark.line, path, seen->second));
      }
      RETURN_IF_ERROR(Value(*map.items[i + 1], path, depth));
    }
    return Merges(map, prefix, depth, lines);
  }

 private:
  static bool IsMergeKey(const YamlNode& key) {
    return key.kind == YamlNode::Kind::kScalar && key.text == "<<";
  }

  absl::Status Visit(const YamlNode& node, int depth) {
    if (depth > kMostDepth) {
      return YamlError(name_, node.mark, fmt::format("nested more than {} levels deep", kMostDepth));
    }
    if (++visited_ > kMostValues) {
      return YamlError(name_, node.mark, fmt::format("more than {} values", kMostValues));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Path(const YamlNode& key, const std::string& prefix) {
    if (key.kind != YamlNode::Kind::kScalar || Trim(key.text).empty()) {
      const std::string in = prefix.empty() ? "" : " in " + prefix;
      return YamlError(name_, key.mark, fmt::format("a key that is not a name{}", in));
    }
    if (key.text.find_first_of("\t\n\r") != std::string::npos || FindNotText(key.text) != std::string::npos) {
      return YamlError(name_, key.mark, fmt::format("a control character in the key {}", Quoted(key.text)));
    }
    std::string path = prefix.empty() ? key.text : prefix + "." + key.text;
    if (path.size() > kMostKeyBytes) {
      return YamlError(name_, key.mark,
                       fmt::format("a key of more than {} bytes: {}", kMostKeyBytes, Quoted(path)));
    }
    return path;
  }

  absl::Status Value(const YamlNode& node, const std::string& path, int depth) {
    RETURN_IF_ERROR(Visit(node, depth));
    if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    if (node.kind == YamlNode::Kind::kMap) return Map(node, path, depth + 1);
    YamlValue value{.key = path, .value = {}, .line = node.mark.line, .column = node.mark.column};
    RETURN_IF_ERROR(Count(node, path.size() + node.text.size()));
    value.value.text = node.text;
    if (node.kind == YamlNode::Kind::kList) RETURN_IF_ERROR(List(node, value.value));
    out_.values.push_back(std::move(value));
    return absl::OkStatus();
  }

  absl::Status List(const YamlNode& node, RawValue& value) {
    value.kind = RawValue::Kind::kList;
    for (const NodePtr& item : node.items) {
      RETURN_IF_ERROR(Visit(*item, 0));
      if (item->kind != YamlNode::Kind::kScalar) {
        value.kind = RawValue::Kind::kOther;
        value.items.clear();
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(Count(*item, item->text.size()));
      value.items.push_back(item->text);
    }
    return absl::OkStatus();
  }

  /// `<<: *other`, or a list of them: keys that the map itself does not write (YAML 1.1's merge type).
  absl::Status Merges(const YamlNode& map, const std::string& prefix, int depth,
                      std::map<std::string, int>& own) {
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      if (!IsMergeKey(*map.items[i])) continue;
      const NodePtr& from = map.items[i + 1];
      const bool list = from->kind == YamlNode::Kind::kList;
      for (const NodePtr& section : list ? from->items : std::vector<NodePtr>{from}) {
        if (section->kind != YamlNode::Kind::kMap) {
          return YamlError(name_, section->mark, "\"<<\" takes a section or a list of sections");
        }
        RETURN_IF_ERROR(Merge(*section, prefix, depth, own));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Merge(const YamlNode& from, const std::string& prefix, int depth,
                     std::map<std::string, int>& own) {
    YamlNode rest;
    rest.kind = YamlNode::Kind::kMap;
    rest.mark = from.mark;
    std::vector<std::string> fresh;
    for (size_t i = 0; i + 1 < from.items.size(); i += 2) {
      RETURN_IF_ERROR(Visit(*from.items[i], depth));
      std::string key = Lower(from.items[i]->text);
      if (own.count(key) != 0) continue;
      if (!IsMergeKey(*from.items[i])) fresh.push_back(std::move(key));
      rest.items.push_back(from.items[i]);
      rest.items.push_back(from.items[i + 1]);
    }
    for (std::string& key : fresh) own.emplace(std::move(key), 0);  // of two sections the first wins
    return Map(rest, prefix, depth + 1);
  }

  absl::Status Count(const YamlNode& node, size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kMostFlatBytes) return YamlError(name_, node.mark, "aliases make the file too large");
    return absl::OkStatus();
  }

  std::string name_;
  YamlFile& out_;
  size_t visited_ = 0;
  size_t bytes_ = 0;
};

/// yaml-cpp takes 0x04 for the end of its input, and stops at others in odd ways: better said here.
absl::Status CheckText(std::string_view text, std::string_view name) {
  const size_t bad = FindNotText(text);
  if (bad == std::string_view::npos) return absl::OkStatus();
  YamlMark mark;
  for (const char c : text.substr(0, bad)) {
    mark.line += c == '\n' ? 1 : 0;
    mark.column = c == '\n' ? 1 : mark.column + 1;
  }
  return YamlError(name, mark,
                   fmt::format("byte 0x{:02x} is not text: the file must be UTF-8",
                               static_cast<unsigned char>(text[bad])));
}

}  // namespace

absl::StatusOr<YamlFile> ParseYaml(std::string_view text, std::string_view name) {
  if (text.size() > kMostFileBytes) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: the file has more than {} KiB", name,
                 kMostFileBytes >> 10);
  }
  RETURN_IF_ERROR(CheckText(text, name));
  ASSIGN_OR_RETURN(const YamlTree tree, ParseYamlTree(text, name));
  YamlFile file;
  if (tree.root != nullptr && tree.root->kind == YamlNode::Kind::kMap) {
    RETURN_IF_ERROR(Flattener(name, file).Map(*tree.root, "", 1));
  } else if (tree.root != nullptr && tree.root->kind != YamlNode::Kind::kNull) {
    return YamlError(name, tree.root->mark, "the file is not a section of keys (\"key: value\")");
  }
  if (tree.other_root != nullptr) {
    file.warnings.push_back(fmt::format("{}:{}: a second document begins; only the first one counts", name,
                                        tree.other_root->mark.line));
  }
  return file;
}

}  // namespace rexray::config
