#pragma once

// What setup has done to this machine, so that it can be undone to the byte: /var/lib/rexray/setup with
// record.json and, below before/, the files as they were (etc/mesos-slave/isolation …), for people too.
//
// A change is written here before it happens. An entry says what the path was before setup touched it the
// first time, and every state that setup has given it since: a path is in one of these, or somebody else has
// changed it. The directory appears whole (made under another name, renamed), and goes the same way with the
// last entry.

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "setup/node.h"
#include "setup/plan.h"
#include "setup/tree.h"

namespace rexray::setup {

/// A state without its bytes.
struct NodeState {
  Node::Kind kind = Node::Kind::kAbsent;
  std::string target;  ///< a link's
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  uint64_t size = 0;
  uint64_t fingerprint = 0;

  bool operator==(const NodeState&) const = default;
};

/// Directories are all one: what is in them is other entries' business, and their mode the operator's.
NodeState StateOf(const Node& node);

struct RecordEntry {
  std::string path;
  std::set<std::string> parts;
  std::set<std::string> units;
  NodeState before;
  std::vector<NodeState> ours;

  bool IsOurs(const NodeState& state) const;
};

/// Not thread-safe.
class Record {
 public:
  /// Empty when setup has done nothing. DataLoss, naming the file, when the record cannot be read: nothing
  /// may be changed then.
  static absl::StatusOr<Record> Load(const Tree& tree);

  /// Removes what a run that was cut off left behind.
  absl::Status Sweep();

  const std::vector<RecordEntry>& entries() const { return entries_; }
  RecordEntry* Find(const std::string& path);

  /// The change is about to happen: keeps a copy of the file as it was, unless the path is known already.
  /// Fault points "setup.record.backup", "setup.record.entry" before each write.
  absl::Status AboutTo(const Change& change);

  /// What the path was before setup; DataLoss when its copy is missing or was changed.
  absl::StatusOr<Node> Before(const RecordEntry& entry) const;

  /// These entries have been undone (or, with a part, no longer belong to it). Saves.
  absl::Status Forget(const std::set<std::string>& paths);
  absl::Status LeavePart(const std::set<std::string>& paths, const std::string& part);

  static const char kDirectory[];  ///< "/var/lib/rexray/setup"

 private:
  explicit Record(const Tree& tree) : tree_(&tree) {}
  absl::Status Create();
  absl::Status Fill(const std::string& hidden, const std::string& below);
  absl::Status Save();
  absl::Status Dissolve();
  absl::Status ParseText(const std::string& text);
  std::string Text() const;
  std::string BackupPath(const std::string& path) const;

  const Tree* tree_;
  std::string directory_;  ///< kDirectory without links on the way
  bool exists_ = false;
  std::vector<std::string> made_;  ///< directories above it that were made for it, outermost first
  std::vector<RecordEntry> entries_;
};

}  // namespace rexray::setup
