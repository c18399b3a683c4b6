#include "config/yaml_file.h"

#include <istream>
#include <map>
#include <memory>
#include <set>
#include <streambuf>
#include <utility>

#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

constexpr size_t kMostKeyBytes = 512;
constexpr size_t kMostFlatBytes = size_t{1} << 20;  // a file may say 256 KiB; aliases may repeat some of it

struct Node;
using NodePtr = std::shared_ptr<Node>;
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  YAML::Mark mark;
  std::string text;
  bool complete = true;        ///< false while the parser is inside it: an alias to it would be a circle
  std::vector<NodePtr> items;  ///< kList: items; kMap: key, value, key, value
};

/// Thrown through yaml-cpp, which has no other way to stop, and caught in this file.
struct Refused {
  YAML::Mark mark;
  std::string why;
};

/// Builds the tree; the depth is counted here, before yaml-cpp goes one level down.
class TreeBuilder final : public YAML::EventHandler {
 public:
  NodePtr root() const { return root_; }
  const std::string& last_key() const { return last_key_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Node::Kind::kNull, mark, anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark, "an alias to an anchor that is not there"};
    if (!found->second->complete) throw Refused{mark, "an alias to a section that it is part of"};
    Attach(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "?" is the tag of a plain scalar; the parser itself reports only an absent value and "~" as null.
    const bool null = tag == "?" && (value == "null" || value == "Null" || value == "NULL" || value == "~");
    Add(null ? Node::Kind::kNull : Node::Kind::kScalar, mark, anchor, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kList, mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMap, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  NodePtr Add(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->mark = mark;
    node->text = text;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    Attach(node);
    return node;
  }

  void Attach(const NodePtr& node) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    std::vector<NodePtr>& items = open_.back()->items;
    if (open_.back()->kind == Node::Kind::kMap && items.size() % 2 == 0) last_key_ = node->text;
    items.push_back(node);
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= static_cast<size_t>(kMostDepth)) {
      throw Refused{mark, fmt::format("nested more than {} levels deep", kMostDepth)};
    }
    const NodePtr node = Add(kind, mark, anchor, "");
    node->complete = false;
    open_.push_back(node);
  }

  void Close() {
    open_.back()->complete = true;
    open_.pop_back();
  }

  NodePtr root_;
  std::vector<NodePtr> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  std::string last_key_;
};

/// The tree as dotted keys. Recursion is bounded by kMostDepth here too: an alias can put deep below deep.
class Flattener {
 public:
  Flattener(std::string_view name, YamlFile& out) : name_(name), out_(out) {}

  void Map(const Node& map, const std::string& prefix, int depth) {
    CheckDepth(map, depth);
    std::map<std::string, int> lines;
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const Node& key = *map.items[i];
      if (key.kind == Node::Kind::kScalar && key.text == "<<") continue;
      const std::string path = Path(key, prefix);
      const auto [seen, fresh] = lines.emplace(Lower(key.text), key.mark.line + 1);
      if (!fresh) {
        out_.warnings.push_back(
            fmt::format("{}:{}: \"{}\" is written a second time (first in line {}); the later "
                        "one counts",
                        name_, key.mark.line + 1, path, seen->second));
      }
      Value(*map.items[i + 1], path, depth);
    }
    Merges(map, prefix, depth, lines);
  }

 private:
  void CheckDepth(const Node& node, int depth) {
    if (depth > kMostDepth)
      throw Refused{node.mark, fmt::format("nested more than {} levels deep", kMostDepth)};
    if (++visited_ > kMostValues) throw Refused{node.mark, fmt::format("more than {} values", kMostValues)};
  }

  std::string Path(const Node& key, const std::string& prefix) {
    if (key.kind != Node::Kind::kScalar || Trim(key.text).empty()) {
      throw Refused{key.mark,
                    fmt::format("a key that is not a name{}{}", prefix.empty() ? "" : " in ", prefix)};
    }
    if (key.text.find_first_of("\t\n\r") != std::string::npos || FindNotText(key.text) != std::string::npos) {
      throw Refused{key.mark, fmt::format("a control character in the key {}", Quoted(key.text))};
    }
    std::string path = prefix.empty() ? key.text : prefix + "." + key.text;
    if (path.size() > kMostKeyBytes) {
      throw Refused{key.mark, fmt::format("a key of more than {} bytes: {}", kMostKeyBytes, Quoted(path))};
    }
    return path;
  }

  void Value(const Node& node, const std::string& path, int depth) {
    CheckDepth(node, depth);
    if (node.kind == Node::Kind::kNull) return;
    if (node.kind == Node::Kind::kMap) return Map(node, path, depth + 1);
    YamlValue value{.key = path, .value = {}, .line = node.mark.line + 1, .column = node.mark.column + 1};
    Count(node, path.size());
    if (node.kind == Node::Kind::kScalar) {
      Count(node, node.text.size());
      value.value.text = node.text;
    } else {
      List(node, value.value);
    }
    out_.values.push_back(std::move(value));
  }

  void List(const Node& node, RawValue& value) {
    value.kind = RawValue::Kind::kList;
    for (const NodePtr& item : node.items) {
      CheckDepth(*item, 0);
      if (item->kind != Node::Kind::kScalar) {
        value.kind = RawValue::Kind::kOther;
        value.items.clear();
        return;
      }
      Count(*item, item->text.size());
      value.items.push_back(item->text);
    }
  }

  /// `<<: *other`, or a list of them: keys that the map itself does not write (YAML 1.1's merge type).
  void Merges(const Node& map, const std::string& prefix, int depth, std::map<std::string, int>& own) {
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const Node& key = *map.items[i];
      if (key.kind != Node::Kind::kScalar || key.text != "<<") continue;
      const Node& from = *map.items[i + 1];
      if (from.kind == Node::Kind::kMap) {
        Merge(from, prefix, depth, own);
      } else if (from.kind == Node::Kind::kList) {
        for (const NodePtr& item : from.items) {
          if (item->kind != Node::Kind::kMap) throw Refused{item->mark, "\"<<\" takes sections"};
          Merge(*item, prefix, depth, own);
        }
      } else {
        throw Refused{from.mark, "\"<<\" takes a section"};
      }
    }
  }

  void Merge(const Node& from, const std::string& prefix, int depth, std::map<std::string, int>& own) {
    CheckDepth(from, depth);
    Node rest = from;
    rest.items.clear();
    for (size_t i = 0; i + 1 < from.items.size(); i += 2) {
      if (own.count(Lower(from.items[i]->text)) != 0) continue;
      rest.items.push_back(from.items[i]);
      rest.items.push_back(from.items[i + 1]);
    }
    for (size_t i = 0; i < rest.items.size(); i += 2)
      own.emplace(Lower(rest.items[i]->text), 0);  // of two sections the first wins
    Map(rest, prefix, depth + 1);
  }

  void Count(const Node& node, size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kMostFlatBytes) throw Refused{node.mark, "aliases make the file too large"};
  }

  std::string name_;
  YamlFile& out_;
  size_t visited_ = 0;
  size_t bytes_ = 0;
};

/// A stream over text that is not copied.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

absl::Status At(std::string_view name, const YAML::Mark& mark, std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "{}:{}:{}: {}", name, mark.line + 1, mark.column + 1, why);
}

/// yaml-cpp takes 0x04 for the end of its input, and stops at others in odd ways: better said here.
absl::Status CheckText(std::string_view text, std::string_view name) {
  const size_t bad = FindNotText(text);
  if (bad == std::string_view::npos) return absl::OkStatus();
  YAML::Mark mark = YAML::Mark::null_mark();
  mark.line = mark.column = 0;
  for (const char c : text.substr(0, bad)) {
    mark.line += c == '\n' ? 1 : 0;
    mark.column = c == '\n' ? 0 : mark.column + 1;
  }
  return At(name, mark,
            fmt::format("byte 0x{:02x} is not text: the file must be UTF-8",
                        static_cast<unsigned char>(text[bad])));
}

absl::StatusOr<YamlFile> Parse(std::string_view text, std::string_view name, TreeBuilder& builder) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  YamlFile file;
  if (!parser.HandleNextDocument(builder) || builder.root() == nullptr) return file;
  const Node& root = *builder.root();
  if (root.kind == Node::Kind::kMap) {
    Flattener(name, file).Map(root, "", 1);
  } else if (root.kind != Node::Kind::kNull) {
    throw Refused{root.mark, "the file is not a section of keys (\"key: value\")"};
  }
  TreeBuilder rest;
  if (parser.HandleNextDocument(rest) && rest.root() != nullptr && rest.root()->kind != Node::Kind::kNull) {
    file.warnings.push_back(fmt::format("{}:{}: a second document begins; only the first one counts", name,
                                        rest.root()->mark.line + 1));
  }
  return file;
}

}  // namespace

absl::StatusOr<YamlFile> ParseYaml(std::string_view text, std::string_view name) {
  if (text.size() > kMostFileBytes) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: the file has more than {} KiB", name,
                 kMostFileBytes >> 10);
  }
  RETURN_IF_ERROR(CheckText(text, name));
  TreeBuilder builder;
  const auto after = [&builder] {
    return builder.last_key().empty() ? std::string() : " after the key " + Quoted(builder.last_key());
  };
  try {
    return Parse(text, name, builder);
  } catch (const Refused& refused) {
    return At(name, refused.mark, refused.why);
  } catch (const YAML::Exception& error) {
    return At(name, error.mark, fmt::format("not YAML{}: {}", after(), error.msg));
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: not YAML{}: {}", name, after(), error.what());
  }
}

}  // namespace rexray::config
