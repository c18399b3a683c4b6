#include "setup/record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fault_point.h"
#include "base/json.h"
#include "base/status.h"

namespace rexray::setup {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kKinds[] = {"absent", "file", "link", "directory"};

json ToJson(const NodeState& state) {
  json out = {{"kind", kKinds[static_cast<int>(state.kind)]}};
  if (state.kind == Node::Kind::kLink) out["target"] = state.target;
  if (state.kind == Node::Kind::kFile) {
    out["mode"] = fmt::format("{:04o}", state.mode);
    out["uid"] = state.uid;
    out["gid"] = state.gid;
    out["size"] = state.size;
    out["fnv1a"] = fmt::format("{:016x}", state.fingerprint);
  }
  return out;
}

/// Throws json::exception, std::invalid_argument or std::out_of_range.
NodeState StateFrom(const json& from) {
  NodeState state;
  const auto* kind = std::find(std::begin(kKinds), std::end(kKinds), from.at("kind").get<std::string>());
  if (kind == std::end(kKinds)) throw std::invalid_argument("kind");
  state.kind = static_cast<Node::Kind>(kind - std::begin(kKinds));
  if (state.kind == Node::Kind::kLink) state.target = from.at("target");
  if (state.kind == Node::Kind::kFile) {
    state.mode = static_cast<mode_t>(std::stoul(from.at("mode").get<std::string>(), nullptr, 8));
    state.uid = from.at("uid");
    state.gid = from.at("gid");
    state.size = from.at("size");
    state.fingerprint = std::stoull(from.at("fnv1a").get<std::string>(), nullptr, 16);
  }
  return state;
}

json ToJson(const RecordEntry& entry) {
  json ours = json::array();
  for (const NodeState& state : entry.ours) ours.push_back(ToJson(state));
  return {{"path", entry.path},
          {"parts", entry.parts},
          {"units", entry.units},
          {"before", ToJson(entry.before)},
          {"ours", ours}};
}

RecordEntry EntryFrom(const json& from) {
  RecordEntry entry;
  entry.path = from.at("path");
  entry.parts = from.at("parts").get<std::set<std::string>>();
  entry.units = from.at("units").get<std::set<std::string>>();
  entry.before = StateFrom(from.at("before"));
  for (const json& state : from.at("ours")) entry.ours.push_back(StateFrom(state));
  if (!entry.path.starts_with('/')) throw std::invalid_argument("path");
  return entry;
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Beside it, where a rename is one step.
std::string Hidden(const std::string& path, const char* suffix) {
  const std::string parent = ParentOf(path);
  return (parent == "/" ? "" : parent) + "/." + path.substr(path.rfind('/') + 1) + suffix;
}

constexpr const char* kNew = ".rexray-setup-new";
constexpr const char* kOld = ".rexray-setup-old";

absl::Status RemoveAll(const std::string& name) {
  std::error_code error;
  fs::remove_all(name, error);
  return error ? ErrnoError(error.value(), name) : absl::OkStatus();
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return ErrnoError(errno, to);
  return SyncDirectory(ParentOf(to));
}

absl::Status MakeDirectories(const std::string& name, mode_t mode) {
  std::error_code error;
  fs::create_directories(name, error);
  if (error) return ErrnoError(error.value(), name);
  return chmod(name.c_str(), mode) == 0 ? absl::OkStatus() : ErrnoError(errno, name);
}

}  // namespace

const char Record::kDirectory[] = "/var/lib/rexray/setup";

NodeState StateOf(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kLink:
      return {node.kind, node.content, 0, 0, 0, 0, 0};
    case Node::Kind::kFile:
      return {node.kind, "", node.mode, node.uid, node.gid, node.content.size(), Fingerprint(node.content)};
    default:
      return {node.kind, "", 0, 0, 0, 0, 0};
  }
}

bool RecordEntry::IsOurs(const NodeState& state) const {
  return std::find(ours.begin(), ours.end(), state) != ours.end();
}

RecordEntry* Record::Find(const std::string& path) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const RecordEntry& entry) { return entry.path == path; });
  return found == entries_.end() ? nullptr : &*found;
}

std::string Record::BackupPath(const std::string& path) const {
  return directory_ + "/before" + path;
}

absl::StatusOr<Record> Record::Load(const Tree& tree) {
  Record record(tree);
  ASSIGN_OR_RETURN(record.directory_, tree.Locate(kDirectory));
  const std::string file = record.directory_ + "/record.json";
  const absl::StatusOr<std::string> text = tree.Read(file);
  if (absl::IsNotFound(text.status())) return record;
  if (!text.ok()) return text.status();
  record.exists_ = true;
  if (const absl::Status status = record.ParseText(*text); !status.ok()) {
    return Error(
        absl::StatusCode::kDataLoss,
        "{}{} cannot be understood ({}); what setup did before is not known, so nothing is changed. The "
        "files as they were are in {}{}/before",
        tree.prefix(), file, MessageOf(status), tree.prefix(), record.directory_);
  }
  return record;
}

absl::Status Record::Sweep() {
  // Cut off while the record appeared or went: nothing had been changed, or everything had been undone.
  for (std::string at = directory_; at != "/"; at = ParentOf(at)) {
    for (const char* suffix : {kNew, kOld}) {
      RETURN_IF_ERROR(RemoveAll(tree_->prefix() + Hidden(at, suffix)));
    }
  }
  for (const RecordEntry& entry : entries_) RETURN_IF_ERROR(RemoveLeftovers(*tree_, entry.path));
  if (exists_) return RemoveLeftovers(Tree(tree_->prefix() + directory_), "/record.json");
  return absl::OkStatus();
}

absl::Status Record::ParseText(const std::string& text) {
  ASSIGN_OR_RETURN(const json document, ParseJson(text, {.max_bytes = 8 * 1024 * 1024, .max_depth = 16}));
  try {
    if (document.at("format") != "rexray-setup" || document.at("version") != 1) {
      return Error(absl::StatusCode::kInvalidArgument, "a format or version that is not known here");
    }
    made_ = document.at("made").get<std::vector<std::string>>();
    for (const json& entry : document.at("entries")) entries_.push_back(EntryFrom(entry));
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kInvalidArgument, "{}", error.what());
  }
  return absl::OkStatus();
}

std::string Record::Text() const {
  json entries = json::array();
  for (const RecordEntry& entry : entries_) entries.push_back(ToJson(entry));
  const json document = {{"format", "rexray-setup"}, {"version", 1}, {"made", made_}, {"entries", entries}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

absl::Status Record::Create() {
  std::string outermost = directory_;
  made_.clear();
  for (std::string at = ParentOf(directory_); !tree_->Exists(at); at = ParentOf(at)) {
    outermost = at;
    made_.insert(made_.begin(), at);
  }
  const std::string hidden = tree_->prefix() + Hidden(outermost, kNew);
  absl::Status status = Fill(hidden, directory_.substr(outermost.size()));
  if (status.ok()) status = FaultPoint("setup.record.create");
  if (status.ok()) status = Rename(hidden, tree_->prefix() + outermost);
  if (!status.ok()) {
    (void)RemoveAll(hidden);
    return status;
  }
  exists_ = true;
  return FaultPoint("setup.record.created");
}

absl::Status Record::Fill(const std::string& hidden, const std::string& below) {
  RETURN_IF_ERROR(MakeDirectories(hidden, below.empty() ? 0700 : 0755));
  RETURN_IF_ERROR(MakeDirectories(hidden + below, 0700));
  const Tree own(hidden + below);
  return WriteNode(own, "/record.json", {Node::Kind::kFile, Text(), 0600, geteuid(), getegid()});
}

absl::Status Record::Save() {
  const Tree own(tree_->prefix() + directory_);
  RETURN_IF_ERROR(FaultPoint("setup.record.entry"));
  return WriteNode(own, "/record.json", {Node::Kind::kFile, Text(), 0600, geteuid(), getegid()});
}

absl::Status Record::AboutTo(const Change& change) {
  if (!exists_) RETURN_IF_ERROR(Create());
  RecordEntry* entry = Find(change.path);
  if (entry == nullptr) {
    if (change.before.kind == Node::Kind::kFile) {
      RETURN_IF_ERROR(FaultPoint("setup.record.backup"));
      const std::string backup = BackupPath(change.path);
      RETURN_IF_ERROR(MakeDirectories(tree_->prefix() + ParentOf(backup), 0700));
      Node copy = change.before;
      copy.mode &= 0700U;
      copy.uid = geteuid();
      copy.gid = getegid();
      RETURN_IF_ERROR(WriteNode(*tree_, backup, copy));
    }
    entries_.push_back({change.path, {}, {}, StateOf(change.before), {}});
    entry = &entries_.back();
  }
  entry->parts.insert(change.part);
  entry->units.insert(change.units.begin(), change.units.end());
  if (!entry->IsOurs(StateOf(change.after))) entry->ours.push_back(StateOf(change.after));
  return Save();
}

absl::StatusOr<Node> Record::Before(const RecordEntry& entry) const {
  Node node{entry.before.kind, entry.before.target, entry.before.mode, entry.before.uid, entry.before.gid};
  if (node.kind != Node::Kind::kFile) return node;
  const absl::StatusOr<std::string> content = tree_->Read(BackupPath(entry.path));
  if (!content.ok()) {
    return Error(absl::StatusCode::kDataLoss, "the copy of {} as it was cannot be read: {}", entry.path,
                 MessageOf(content.status()));
  }
  node.content = *content;
  if (StateOf(node) != entry.before) {
    return Error(absl::StatusCode::kDataLoss, "{}{} is not what setup saved of {}", tree_->prefix(),
                 BackupPath(entry.path), entry.path);
  }
  return node;
}

absl::Status Record::Forget(const std::set<std::string>& paths) {
  const auto gone = [&](const RecordEntry& entry) { return paths.count(entry.path) != 0; };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), gone), entries_.end());
  if (entries_.empty()) return Dissolve();
  RETURN_IF_ERROR(Save());
  for (const std::string& path : paths) RETURN_IF_ERROR(RemoveAll(tree_->prefix() + BackupPath(path)));
  return absl::OkStatus();
}

absl::Status Record::LeavePart(const std::set<std::string>& paths, const std::string& part) {
  for (const std::string& path : paths) Find(path)->parts.erase(part);
  return Save();
}

absl::Status Record::Dissolve() {
  if (!exists_) return absl::OkStatus();
  // The outermost directory that was made for the record and holds nothing else goes as a whole.
  std::string outermost = directory_;
  for (auto above = made_.rbegin(); above != made_.rend(); ++above) {
    const absl::StatusOr<std::vector<std::string>> names = tree_->List(*above);
    if (!names.ok() || names->size() != 1) break;
    outermost = *above;
  }
  const std::string hidden = tree_->prefix() + Hidden(outermost, kOld);
  RETURN_IF_ERROR(FaultPoint("setup.record.dissolve"));
  RETURN_IF_ERROR(Rename(tree_->prefix() + outermost, hidden));
  exists_ = false;
  RETURN_IF_ERROR(FaultPoint("setup.record.dissolved"));
  return RemoveAll(hidden);
}

}  // namespace rexray::setup
