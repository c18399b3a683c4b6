#include "config/yaml_tree.h"

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

using NodePtr = std::shared_ptr<YamlNode>;

constexpr size_t kMostNodes = 40'000;  // keys and values; a bound on memory

YamlMark From(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

/// Thrown through yaml-cpp, which has no other way to stop, and caught in this file.
struct Refused {
  YamlMark mark;
  std::string why;
};

/// Builds the tree; the depth is counted here, before yaml-cpp goes one level down.
class TreeBuilder final : public YAML::EventHandler {
 public:
  NodePtr root() const { return root_; }

  /// "rexray.volume": the last key of each map that is still open, for messages.
  std::string Path() const {
    std::string path;
    for (const NodePtr& node : open_) {
      if (node->kind != YamlNode::Kind::kMap || node->items.empty()) continue;
      const std::string& key = node->items[(node->items.size() - 1) / 2 * 2]->text;
      path += (path.empty() ? "" : ".") + key;
    }
    return path;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(YamlNode::Kind::kNull, mark, anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{From(mark), "an alias to an anchor that is not there"};
    if (!found->second->complete) throw Refused{From(mark), "an alias to a section that it is part of"};
    CheckDepth(mark, found->second->height);
    Attach(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "?" is the tag of a plain scalar; the parser itself reports only an absent value and "~" as null.
    const bool null = tag == "?" && (value == "null" || value == "Null" || value == "NULL" || value == "~");
    Add(null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar, mark, anchor, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  NodePtr Add(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    if (++nodes_ > kMostNodes) throw Refused{From(mark), "too many values"};
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->mark = From(mark);
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
    open_.back()->items.push_back(node);
  }

  /// Not only for yaml-cpp's recursion: aliases of aliases could make the tree as deep as the file is long,
  /// and then even its destructors would run out of stack.
  void CheckDepth(const YAML::Mark& mark, int height) const {
    if (static_cast<int>(open_.size()) + height > kMostDepth) {
      throw Refused{From(mark), fmt::format("nested more than {} levels deep", kMostDepth)};
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    CheckDepth(mark, 1);
    const NodePtr node = Add(kind, mark, anchor, "");
    node->complete = false;
    open_.push_back(node);
  }

  void Close() {
    YamlNode& node = *open_.back();
    for (const NodePtr& item : node.items) node.height = std::max(node.height, item->height + 1);
    node.complete = true;
    open_.pop_back();
  }

  NodePtr root_;
  std::vector<NodePtr> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  size_t nodes_ = 0;
};

/// A stream over text that is not copied.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

absl::Status YamlError(std::string_view name, YamlMark mark, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "{}:{}:{}: {}", name, mark.line, mark.column, what);
}

absl::StatusOr<YamlTree> ParseYamlTree(std::string_view text, std::string_view name) {
  TreeBuilder first;
  TreeBuilder second;
  const auto not_yaml = [&first](const std::string& why) {
    const std::string path = first.Path();
    const std::string after = path.empty() ? "" : " after the key " + Quoted(path);
    return fmt::format("not YAML{}: {}", after, why);
  };
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    YamlTree tree;
    if (!parser.HandleNextDocument(first)) return tree;
    tree.root = first.root();
    if (parser.HandleNextDocument(second) && second.root() != nullptr &&
        second.root()->kind != YamlNode::Kind::kNull) {
      tree.other_root = second.root();
    }
    return tree;
  } catch (const Refused& refused) {
    return YamlError(name, refused.mark, refused.why);
  } catch (const YAML::Exception& error) {
    return YamlError(name, From(error.mark), not_yaml(error.msg));
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: {}", name, not_yaml(error.what()));
  }
}

}  // namespace rexray::config
