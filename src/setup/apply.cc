#include "setup/apply.h"

#include <algorithm>

#include "base/fault_point.h"
#include "base/status.h"
#include "setup/record.h"

namespace rexray::setup {

namespace {

bool IsUnitFile(const std::string& path) {
  return path.find("/systemd/system/") != std::string::npos;
}

absl::Status CheckUnchanged(const Tree& tree, const Change& change) {
  ASSIGN_OR_RETURN(const Node now, ReadNode(tree, change.path));
  if (now == change.before) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "{} was changed by somebody else at this moment; run it again",
               change.path);
}

/// Puts one path back to what it was when the run began.
absl::Status TakeBack(const Tree& tree, Record& record, const Change& change) {
  Change back = change;
  std::swap(back.before, back.after);
  const RecordEntry* entry = record.Find(change.path);
  if (entry == nullptr) return absl::OkStatus();
  const bool was_ours = entry->IsOurs(StateOf(back.after));
  const bool first = entry->before == StateOf(back.after) && !was_ours;
  RETURN_IF_ERROR(RemoveLeftovers(tree, change.path));
  RETURN_IF_ERROR(WriteNode(tree, change.path, back.after));
  // Known from an earlier run, or seen for the first time now.
  return first ? record.Forget({change.path}) : absl::OkStatus();
}

absl::Status TakeBackAll(const Tree& tree, Record& record, const std::vector<Change>& changes, size_t count) {
  absl::Status result;
  for (size_t i = count; i > 0; --i) {
    const absl::Status status = TakeBack(tree, record, changes[i - 1]);
    if (!status.ok() && result.ok()) result = status;
  }
  if (record.entries().empty() && result.ok()) result = record.Forget({});
  return result;
}

absl::Status DoOne(const Tree& tree, Record& record, const Change& change) {
  RETURN_IF_ERROR(record.AboutTo(change));
  RETURN_IF_ERROR(FaultPoint("setup.apply.recorded"));
  return WriteNode(tree, change.path, change.after);
}

}  // namespace

absl::Status Apply(const Tree& tree, const Plan& plan) {
  if (plan.changes.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Record record, Record::Load(tree));
  RETURN_IF_ERROR(record.Sweep());
  for (const Change& change : plan.changes) RETURN_IF_ERROR(CheckUnchanged(tree, change));
  for (size_t i = 0; i < plan.changes.size(); ++i) {
    const absl::Status status = DoOne(tree, record, plan.changes[i]);
    if (status.ok()) continue;
    const absl::Status back = TakeBackAll(tree, record, plan.changes, i + 1);
    if (back.ok()) return Annotate(status, plan.changes[i].path + " (everything was taken back)");
    return Error(status.code(), "{}: {}; taking everything back failed too: {}; see \"rexray setup undo\"",
                 plan.changes[i].path, MessageOf(status), MessageOf(back));
  }
  return absl::OkStatus();
}

absl::Status RollBack(const Tree& tree, const Plan& plan) {
  ASSIGN_OR_RETURN(Record record, Record::Load(tree));
  return TakeBackAll(tree, record, plan.changes, plan.changes.size());
}

namespace {

struct Pending {
  UndoPlan plan;
  std::set<std::string> forget;  ///< entries that are done with afterwards
  std::set<std::string> leave;   ///< entries that another part needs too
  std::vector<std::string> edited;
};

/// Directories that hold nothing but what the plan removes can go.
bool WillBeEmpty(const Tree& tree, const std::string& directory, const UndoPlan& plan) {
  const absl::StatusOr<std::vector<std::string>> names = tree.List(directory);
  if (!names.ok()) return false;
  return std::all_of(names->begin(), names->end(), [&](const std::string& name) {
    const std::string path = directory + "/" + name;
    return std::any_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
      return change.path == path && change.after.kind == Node::Kind::kAbsent;
    });
  });
}

absl::Status Consider(const Tree& tree, const Record& record, const RecordEntry& entry,
                      const UndoRequest& request, Pending& pending) {
  if (!request.part.empty() && entry.parts.count(request.part) == 0) return absl::OkStatus();
  pending.plan.empty = false;
  if (!request.part.empty() && entry.parts.size() > 1) {
    pending.leave.insert(entry.path);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Node now, ReadNode(tree, entry.path));
  ASSIGN_OR_RETURN(Node before, record.Before(entry));
  const NodeState state = StateOf(now);
  pending.forget.insert(entry.path);
  if (state == entry.before) return absl::OkStatus();
  if (!entry.IsOurs(state)) {
    pending.edited.push_back(entry.path);
    if (!request.force) return absl::OkStatus();
    if (now.kind == Node::Kind::kFile) {
      pending.plan.changes.push_back(
          {entry.path + ".rexray-edited", Node{}, now, "somebody's later edit", "", {}});
    }
  }
  if (now.kind == Node::Kind::kDirectory && !WillBeEmpty(tree, entry.path, pending.plan)) {
    pending.plan.notes.push_back(entry.path + " is not empty and stays");
    // As long as other parts are recorded, it may become empty with them.
    if (!request.part.empty()) pending.forget.erase(entry.path);
    return absl::OkStatus();
  }
  pending.plan.units.insert(entry.units.begin(), entry.units.end());
  pending.plan.unit_files |= IsUnitFile(entry.path);
  pending.plan.changes.push_back({entry.path, std::move(now), std::move(before), "as it was", "", {}});
  return absl::OkStatus();
}

/// Whether nothing but directories would stay recorded: they belong to no part alone.
bool OnlyDirectoriesStay(const Record& record, const Pending& pending) {
  return std::all_of(record.entries().begin(), record.entries().end(), [&](const RecordEntry& entry) {
    return pending.forget.count(entry.path) != 0 ||
           (entry.before.kind == Node::Kind::kAbsent && entry.ours.back().kind == Node::Kind::kDirectory);
  });
}

absl::Status RefuseEdited(const Tree& tree, const std::vector<std::string>& edited) {
  std::string list;
  for (const std::string& path : edited) list += (list.empty() ? "" : ", ") + path;
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "changed by somebody after setup: {}; nothing was undone. The files as they were are in {}{}/before; "
      "--force puts them back and keeps the edited ones as PATH.rexray-edited",
      list, tree.prefix(), Record::kDirectory);
}

absl::StatusOr<Pending> Prepare(const Tree& tree, const Record& record, const UndoRequest& request) {
  Pending pending;
  for (auto entry = record.entries().rbegin(); entry != record.entries().rend(); ++entry) {
    RETURN_IF_ERROR(Consider(tree, record, *entry, request, pending));
  }
  if (!pending.edited.empty() && !request.force) return RefuseEdited(tree, pending.edited);
  if (!request.part.empty() && !pending.plan.empty && OnlyDirectoriesStay(record, pending)) {
    return Prepare(tree, record, {"", request.force});
  }
  return pending;
}

}  // namespace

absl::StatusOr<UndoPlan> PlanUndo(const Tree& tree, const UndoRequest& request) {
  ASSIGN_OR_RETURN(const Record record, Record::Load(tree));
  ASSIGN_OR_RETURN(Pending pending, Prepare(tree, record, request));
  return std::move(pending.plan);
}

absl::Status Undo(const Tree& tree, const UndoRequest& request) {
  ASSIGN_OR_RETURN(Record record, Record::Load(tree));
  RETURN_IF_ERROR(record.Sweep());
  ASSIGN_OR_RETURN(const Pending pending, Prepare(tree, record, request));
  if (record.entries().empty()) return record.Forget({});
  if (pending.plan.empty) return absl::OkStatus();
  for (const Change& change : pending.plan.changes) {
    RETURN_IF_ERROR(FaultPoint("setup.undo.before"));
    RETURN_IF_ERROR(WriteNode(tree, change.path, change.after));
  }
  RETURN_IF_ERROR(FaultPoint("setup.undo.forget"));
  if (!pending.leave.empty()) RETURN_IF_ERROR(record.LeavePart(pending.leave, request.part));
  return record.Forget(pending.forget);
}

}  // namespace rexray::setup
