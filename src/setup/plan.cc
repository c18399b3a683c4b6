#include "setup/plan.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace rexray::setup {

void Planner::Begin(std::string part, std::vector<std::string> units) {
  part_ = std::move(part);
  units_ = std::move(units);
}

absl::StatusOr<Node> Planner::Current(const std::string& located) const {
  for (const Change& change : plan_.changes) {
    if (change.path == located) return change.after;
  }
  return ReadNode(tree_, located);
}

absl::StatusOr<std::string> Planner::Read(std::string_view path) const {
  ASSIGN_OR_RETURN(const std::string located, tree_.Locate(path));
  for (const Change& change : plan_.changes) {
    if (change.path == located && change.after.kind == Node::Kind::kFile) return change.after.content;
  }
  return tree_.Read(path);
}

bool Planner::Exists(std::string_view path) const {
  const absl::StatusOr<std::string> located = tree_.Locate(path);
  if (!located.ok()) return false;
  const absl::StatusOr<Node> node = Current(*located);
  return node.ok() && node->kind != Node::Kind::kAbsent;
}

absl::Status Planner::MakeDirectory(std::string_view path, std::string why, mode_t mode) {
  ASSIGN_OR_RETURN(const std::string located, tree_.Locate(path));
  ASSIGN_OR_RETURN(const Node before, Current(located));
  if (before.kind == Node::Kind::kDirectory) return absl::OkStatus();
  if (before.kind != Node::Kind::kAbsent) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is in the way of a directory; move it away",
                 located);
  }
  const size_t slash = located.rfind('/');
  if (slash > 0) RETURN_IF_ERROR(MakeDirectory(located.substr(0, slash), "", 0755));
  return Set(located, Node{Node::Kind::kDirectory, "", mode, geteuid(), getegid()}, std::move(why));
}

absl::Status Planner::SetFile(std::string_view path, std::string text, std::string why, mode_t mode) {
  ASSIGN_OR_RETURN(const std::string located, tree_.Locate(path));
  ASSIGN_OR_RETURN(Node node, Current(located));
  if (node.kind == Node::Kind::kDirectory) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is a directory where a file belongs", located);
  }
  if (node.kind == Node::Kind::kAbsent) {
    RETURN_IF_ERROR(MakeDirectory(located.substr(0, std::max<size_t>(located.rfind('/'), 1)), ""));
    node = Node{Node::Kind::kFile, "", mode, geteuid(), getegid()};
  } else if (node.content == text) {
    return absl::OkStatus();
  }
  node.content = std::move(text);
  return Set(located, std::move(node), std::move(why));
}

absl::Status Planner::SetLink(std::string_view path, std::string target, std::string why) {
  ASSIGN_OR_RETURN(const std::string located, tree_.LocateLink(path));
  ASSIGN_OR_RETURN(const Node before, Current(located));
  if (before.kind == Node::Kind::kLink && before.content == target) return absl::OkStatus();
  if (before.kind == Node::Kind::kDirectory) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is a directory where a link belongs", located);
  }
  RETURN_IF_ERROR(MakeDirectory(located.substr(0, std::max<size_t>(located.rfind('/'), 1)), ""));
  return Set(located, Node{Node::Kind::kLink, std::move(target), 0, 0, 0}, std::move(why));
}

absl::Status Planner::Set(const std::string& located, Node after, std::string why) {
  const auto same = std::find_if(plan_.changes.begin(), plan_.changes.end(),
                                 [&](const Change& change) { return change.path == located; });
  if (same != plan_.changes.end()) {
    same->after = std::move(after);
    same->why += same->why.empty() || why.empty() ? why : "; " + why;
    for (const std::string& unit : units_) {
      if (std::find(same->units.begin(), same->units.end(), unit) == same->units.end())
        same->units.push_back(unit);
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Node before, ReadNode(tree_, located));
  plan_.changes.push_back({located, std::move(before), std::move(after), std::move(why), part_, units_});
  return absl::OkStatus();
}

}  // namespace rexray::setup
