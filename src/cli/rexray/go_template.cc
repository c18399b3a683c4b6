#include "cli/rexray/go_template.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "cli/rexray/terminal_text.h"
#include "nlohmann/json.hpp"

#include "base/status.h"

namespace rexray::cli {

using Json = nlohmann::ordered_json;

struct GoTemplate::Node {
  enum class Kind { kText, kValue, kRange, kIf, kWith };
  Kind kind = Kind::kText;
  std::string text;                ///< kText; kValue of a literal
  bool literal = false;            ///< kValue: print `text`
  std::vector<std::string> path;   ///< the others: field names; empty = "."
  std::vector<std::string> pipes;  ///< functions, in order
  std::vector<Node> children;
  std::vector<Node> otherwise;
};

namespace {

using Node = GoTemplate::Node;

constexpr char kWholeList[] = "D";

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 't') {
      out += '\t';
    } else if (next == 'n') {
      out += '\n';
    } else {
      if (next != '\\' && next != '"') out += '\\';
      out += next;
    }
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

absl::Status NotUnderstood(std::string_view action) {
  return Error(
      absl::StatusCode::kInvalidArgument,
      "--template: \"{{{{{}}}}}\" is not supported; what is: {{{{.Field}}}}, {{{{range .X}}}}, {{{{if "
      ".X}}}}, "
      "{{{{with .X}}}}, {{{{else}}}}, {{{{end}}}}, {{{{\"text\"}}}}, | json, | jsonp, | printAttState",
      TerminalSafe(action));
}

/// A template as alternating text and actions, with the trims done.
struct Piece {
  bool action = false;
  std::string text;
};

absl::StatusOr<std::vector<Piece>> Split(std::string_view text) {
  std::vector<Piece> pieces;
  bool trim_next = false;
  while (true) {
    const size_t open = text.find("{{");
    std::string_view before = text.substr(0, open);
    if (trim_next) {
      while (!before.empty() && std::isspace(static_cast<unsigned char>(before.front())))
        before.remove_prefix(1);
    }
    if (open == std::string_view::npos) {
      pieces.push_back({false, Unescape(before)});
      return pieces;
    }
    const size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) {
      return Error(absl::StatusCode::kInvalidArgument, "--template: \"{{{{\" without its \"}}}}\"");
    }
    std::string_view action = text.substr(open + 2, close - open - 2);
    if (action.substr(0, 2) == "- ") {
      action.remove_prefix(2);
      while (!before.empty() && std::isspace(static_cast<unsigned char>(before.back())))
        before.remove_suffix(1);
    }
    trim_next = action.size() >= 2 && action.substr(action.size() - 2) == " -";
    if (trim_next) action.remove_suffix(2);
    pieces.push_back({false, Unescape(before)});
    pieces.push_back({true, std::string(Trim(action))});
    text.remove_prefix(close + 2);
  }
}

/// ".A.B" into {A, B}; "." into {}. False when it is something else.
bool ParsePath(std::string_view text, std::vector<std::string>* path) {
  if (text.empty() || text[0] != '.') return false;
  if (text == ".") return true;
  while (!text.empty()) {
    text.remove_prefix(1);
    const size_t end = text.find('.');
    const std::string_view name = text.substr(0, end);
    const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '_';
    });
    if (!valid) return false;
    path->emplace_back(name);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  return true;
}

/// ".ID", "\"text\"", ".X | json".
absl::StatusOr<Node> ParsePipeline(std::string_view action, std::string_view whole) {
  Node node;
  node.kind = Node::Kind::kValue;
  if (action.size() >= 2 && action.front() == '"' && action.back() == '"') {
    node.literal = true;
    node.text = Unescape(action.substr(1, action.size() - 2));
    return node;
  }
  size_t bar = action.find('|');
  if (!ParsePath(Trim(action.substr(0, bar)), &node.path)) return NotUnderstood(whole);
  while (bar != std::string_view::npos) {
    action.remove_prefix(bar + 1);
    bar = action.find('|');
    const std::string_view name = Trim(action.substr(0, bar));
    if (name != "json" && name != "jsonp" && name != "printAttState") return NotUnderstood(whole);
    node.pipes.emplace_back(name);
  }
  return node;
}

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  absl::StatusOr<Node> ParseAll() {
    Node root;
    root.kind = Node::Kind::kWith;
    ASSIGN_OR_RETURN(const std::string stopped, ParseBlock(&root.children, 0));
    if (!stopped.empty()) {
      return Error(absl::StatusCode::kInvalidArgument, "--template: {{{{{}}}}} closes nothing", stopped);
    }
    return root;
  }

 private:
  static constexpr int kMaxDepth = 32;

  /// Until {{end}} or {{else}}, whose name it returns, or the end of the template ("").
  absl::StatusOr<std::string> ParseBlock(std::vector<Node>* nodes, int depth) {
    if (depth > kMaxDepth) return Error(absl::StatusCode::kInvalidArgument, "--template: nested too deeply");
    while (next_ < pieces_.size()) {
      const Piece& piece = pieces_[next_++];
      if (!piece.action) {
        Node node;
        node.text = piece.text;
        nodes->push_back(std::move(node));
        continue;
      }
      const std::string& action = piece.text;
      if (action == "end" || action == "else") return action;
      if (action.substr(0, 2) == "/*") continue;
      ASSIGN_OR_RETURN(Node node, ParseAction(action, depth));
      nodes->push_back(std::move(node));
    }
    return std::string();
  }

  absl::StatusOr<Node> ParseAction(const std::string& action, int depth) {
    static constexpr std::pair<std::string_view, Node::Kind> kBlocks[] = {
        {"range ", Node::Kind::kRange}, {"if ", Node::Kind::kIf}, {"with ", Node::Kind::kWith}};
    for (const auto& [word, kind] : kBlocks) {
      if (action.compare(0, word.size(), word) != 0) continue;
      ASSIGN_OR_RETURN(Node node, ParsePipeline(Trim(std::string_view(action).substr(word.size())), action));
      if (node.literal || !node.pipes.empty()) return NotUnderstood(action);
      node.kind = kind;
      ASSIGN_OR_RETURN(std::string stopped, ParseBlock(&node.children, depth + 1));
      if (stopped == "else") {
        ASSIGN_OR_RETURN(stopped, ParseBlock(&node.otherwise, depth + 1));
      }
      if (stopped != "end") {
        return Error(absl::StatusCode::kInvalidArgument, "--template: {{{{{}}}}} lacks its {{{{end}}}}",
                     TerminalSafe(action));
      }
      return node;
    }
    return ParsePipeline(action, action);
  }

  std::vector<Piece> pieces_;
  size_t next_ = 0;
};

bool Truthy(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::string Print(const Json& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_string()) return TerminalSafe(value.get_ref<const std::string&>());
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

absl::StatusOr<const Json*> Find(const Json& data, const std::vector<std::string>& path) {
  const Json* at = &data;
  for (const std::string& name : path) {
    if (!at->is_object() || !at->contains(name)) {
      std::string known;
      if (at->is_object()) {
        for (const auto& [key, value] : at->items()) known += (known.empty() ? "" : ", ") + TerminalSafe(key);
      }
      return Error(absl::StatusCode::kInvalidArgument, "--template: there is no field \"{}\"{}{}", name,
                   known.empty() ? "" : "; there are ", known);
    }
    at = &(*at)[name];
  }
  return at;
}

absl::Status Render(const std::vector<Node>& nodes, const Json& data, std::string* out);

absl::Status RenderValue(const Node& node, const Json& data, std::string* out) {
  if (node.literal) {
    *out += node.text;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Json* value, Find(data, node.path));
  std::string text = Print(*value);
  for (const std::string& pipe : node.pipes) {
    if (pipe == "printAttState") continue;  // attachment states are words already
    text = value->dump(pipe == "jsonp" ? 2 : -1, ' ', true, Json::error_handler_t::replace);
  }
  *out += text;
  return absl::OkStatus();
}

absl::Status RenderNode(const Node& node, const Json& data, std::string* out) {
  if (node.kind == Node::Kind::kText) {
    *out += node.text;
    return absl::OkStatus();
  }
  if (node.kind == Node::Kind::kValue) return RenderValue(node, data, out);
  ASSIGN_OR_RETURN(const Json* value, Find(data, node.path));
  if (!Truthy(*value)) return Render(node.otherwise, data, out);
  if (node.kind != Node::Kind::kRange) {
    return Render(node.children, node.kind == Node::Kind::kWith ? *value : data, out);
  }
  if (!value->is_structured()) {
    return Error(absl::StatusCode::kInvalidArgument, "--template: range over something that is not a list");
  }
  for (const Json& item : *value) RETURN_IF_ERROR(Render(node.children, item, out));
  return absl::OkStatus();
}

absl::Status Render(const std::vector<Node>& nodes, const Json& data, std::string* out) {
  for (const Node& node : nodes) RETURN_IF_ERROR(RenderNode(node, data, out));
  return absl::OkStatus();
}

}  // namespace

GoTemplate::GoTemplate(std::unique_ptr<Node> root) : root_(std::move(root)) {}
GoTemplate::GoTemplate(GoTemplate&&) noexcept = default;
GoTemplate& GoTemplate::operator=(GoTemplate&&) noexcept = default;
GoTemplate::~GoTemplate() = default;

absl::StatusOr<GoTemplate> GoTemplate::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(std::vector<Piece> pieces, Split(text));
  ASSIGN_OR_RETURN(Node root, Parser(std::move(pieces)).ParseAll());
  for (Node& node : root.children) {  // no element is a list: "range ." can only mean the list itself
    if (node.kind == Node::Kind::kRange && node.path.empty()) node.path = {kWholeList};
  }
  return GoTemplate(std::make_unique<Node>(std::move(root)));
}

absl::StatusOr<std::string> GoTemplate::Render(const Json& data) const {
  std::string out;
  RETURN_IF_ERROR(cli::Render(root_->children, data, &out));
  return out;
}

bool GoTemplate::UsesWholeList() const {
  return std::any_of(root_->children.begin(), root_->children.end(),
                     [](const Node& node) { return !node.path.empty() && node.path[0] == kWholeList; });
}

}  // namespace rexray::cli
