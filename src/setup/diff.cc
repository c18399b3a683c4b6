// The plan as a person reads it.

#include <sstream>
#include <string>
#include <vector>

#include "fmt/core.h"

#include "dtl/dtl.hpp"
#include "setup/plan.h"

namespace rexray::setup {

namespace {

/// A last line without an end carries diff(1)'s remark.
std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      lines.push_back(std::string(text) + "\n\\ No newline at end of file");
      break;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string Whole(char sign, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string out = sign == '+' ? fmt::format("@@ -0,0 +1,{} @@\n", lines.size())
                                : fmt::format("@@ -1,{} +0,0 @@\n", lines.size());
  for (const std::string& line : lines) out += sign + line + "\n";
  return out;
}

std::string Hunks(std::string_view before, std::string_view after) {
  const std::vector<std::string> old_lines = Lines(before);
  const std::vector<std::string> new_lines = Lines(after);
  if (old_lines.empty()) return Whole('+', new_lines);
  if (new_lines.empty()) return Whole('-', old_lines);
  dtl::Diff<std::string> diff(old_lines, new_lines);
  diff.compose();
  diff.composeUnifiedHunks();
  std::ostringstream out;
  diff.printUnifiedFormat(out);
  return out.str();
}

std::string Shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kAbsent:
      return "nothing";
    case Node::Kind::kFile:
      return "a file";
    case Node::Kind::kLink:
      return "a link to " + node.content;
    case Node::Kind::kDirectory:
      return fmt::format("a directory, mode {:04o}", node.mode);
  }
  return "";
}

bool IsFileOrNothing(const Node& node) {
  return node.kind == Node::Kind::kFile || node.kind == Node::Kind::kAbsent;
}

}  // namespace

std::string UnifiedDiff(const Change& change) {
  if (!IsFileOrNothing(change.before) || !IsFileOrNothing(change.after)) {
    return fmt::format("=== {}: {} becomes {}\n", change.path, Shown(change.before), Shown(change.after));
  }
  const bool is_new = change.before.kind == Node::Kind::kAbsent;
  const bool is_gone = change.after.kind == Node::Kind::kAbsent;
  return fmt::format("--- {}\n+++ {}\n{}", is_new ? "/dev/null" : change.path,
                     is_gone ? "/dev/null" : change.path, Hunks(change.before.content, change.after.content));
}

std::string Summary(const Change& change) {
  const char* verb = "change";
  if (change.before.kind == Node::Kind::kAbsent) verb = "create";
  if (change.after.kind == Node::Kind::kAbsent) verb = "remove";
  std::string path = change.path;
  if (change.after.kind == Node::Kind::kDirectory) path += "/";
  if (change.after.kind == Node::Kind::kLink) path += " -> " + change.after.content;
  return fmt::format("  {}  {}{}{}\n", verb, path, change.why.empty() ? "" : "   ", change.why);
}

}  // namespace rexray::setup
