#pragma once

// What a setup is going to do: a list of changes, each one path from one state to another. Parts (part_*.h)
// fill a plan through a Planner and touch nothing; apply.h carries it out.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "setup/node.h"
#include "setup/tree.h"

namespace rexray::setup {

struct Change {
  std::string path;  ///< in the tree, no link on the way
  Node before;
  Node after;
  std::string why;                 ///< a few words for the person who reads the plan
  std::string part;                ///< "service", "docker", "mesos", "dcos"
  std::vector<std::string> units;  ///< systemd units that read the path and notice it when they are restarted
};

struct Plan {
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< what the operator should know, each a full sentence
  bool unit_files = false;         ///< systemd must read its units again
};

/// Builds a plan. Reads see what was planned before, so that two parts can change one file. Not thread-safe.
class Planner {
 public:
  Planner(const Tree& tree, Plan& plan) : tree_(tree), plan_(plan) {}

  /// What follows belongs to this part, and is read by these units.
  void Begin(std::string part, std::vector<std::string> units = {});

  const Tree& tree() const { return tree_; }
  std::vector<std::string>& notes() { return plan_.notes; }
  void UnitFilesChange() { plan_.unit_files = true; }

  /// The text of a file as it will be; NotFound when there is none.
  absl::StatusOr<std::string> Read(std::string_view path) const;
  bool Exists(std::string_view path) const;

  /// The file that `path` leads to gets this text. An existing one keeps its mode and owner, a new one is
  /// root's with `mode`; missing directories are made. Nothing is planned when the text is the same.
  absl::Status SetFile(std::string_view path, std::string text, std::string why, mode_t mode = 0644);
  /// The path itself becomes a link, in place of a file or another link.
  absl::Status SetLink(std::string_view path, std::string target, std::string why);
  absl::Status MakeDirectory(std::string_view path, std::string why, mode_t mode = 0755);

 private:
  absl::Status Set(const std::string& located, Node after, std::string why);
  absl::StatusOr<Node> Current(const std::string& located) const;

  const Tree& tree_;
  Plan& plan_;
  std::string part_;
  std::vector<std::string> units_;
};

/// "---/+++/@@" for a file; one line for a link or a directory. Applies with `patch -p0` where it is all
/// files.
std::string UnifiedDiff(const Change& change);

/// One line: "  change  /etc/mesos-slave/isolation   Mesos's own docker/volume isolator".
std::string Summary(const Change& change);

}  // namespace rexray::setup
