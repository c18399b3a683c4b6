#include "host/mount_users.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <set>

#include "base/status.h"
#include "host/kernel_file.h"

namespace rexray::host {
namespace {

constexpr size_t kContainerIdLength = 64;
/// PROC_PID_INIT_INO of include/linux/proc_ns.h: what /proc/PID/ns/pid says in the initial PID namespace.
constexpr std::string_view kInitialPidNamespace = "pid:[4026531836]";

absl::StatusOr<std::vector<pid_t>> AllProcesses() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
  if (directory == nullptr) return ErrnoError(errno, "cannot read /proc");
  std::vector<pid_t> pids;
  while (const dirent* entry = ::readdir(directory.get())) {
    pid_t pid = 0;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr == end && pid > 0) pids.push_back(pid);
  }
  return pids;
}

std::string ProcPath(pid_t pid, std::string_view name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

/// It ended meanwhile, or is a zombie: it has no mounts any more.
bool IsGone(int error) {
  return error == ENOENT || error == ESRCH || error == EINVAL;
}

/// "mnt:[4026531841]" -> 4026531841
uint64_t NamespaceNumber(const std::string& link) {
  uint64_t number = 0;
  const size_t begin = link.find('[');
  if (begin != std::string::npos) std::from_chars(link.data() + begin + 1, link.data() + link.size(), number);
  return number;
}

class Census {
 public:
  explicit Census(const std::vector<WatchedMount>& watched) : watched_(watched) {
    result_.uses.resize(watched.size());
  }

  absl::StatusOr<MountCensus> Take() {
    RETURN_IF_ERROR(FindStages());
    ASSIGN_OR_RETURN(const std::vector<pid_t> pids, AllProcesses());
    for (const pid_t pid : pids) Look(pid);
    return std::move(result_);
  }

 private:
  /// In our own namespace, for the peer groups; other mounts of the same file systems here are uses like all
  /// others.
  absl::Status FindStages() {
    ASSIGN_OR_RETURN(const std::string text, ReadKernelFile("/proc/self/mountinfo"));
    ASSIGN_OR_RETURN(const std::vector<MountEntry> mounts, ParseMountInfo(text));
    for (const WatchedMount& watched : watched_) {
      std::optional<MountEntry> stage = FindMount(mounts, watched.stage_path);
      if (stage && stage->device != watched.device) stage.reset();
      stages_.push_back(std::move(stage));
    }
    return absl::OkStatus();
  }

  void Gap(pid_t pid, std::string_view what, int error) {
    if (result_.gap.empty()) result_.gap = fmt::format("process {}: {}: {}", pid, what, std::strerror(error));
  }

  /// A process with another root than its namespace's others sees other mounts of it (chroot).
  void Look(pid_t pid) {
    errno = 0;
    const auto link = TryReadLink(ProcPath(pid, "ns/mnt"));
    if (!link && IsGone(errno)) return;
    // Of one that we may not trace: its mounts can be read all the same.
    const std::string space = link.value_or(fmt::format("process {}", pid));
    const std::string root = TryReadLink(ProcPath(pid, "root")).value_or("?");
    if (!seen_.insert({space, root}).second) return;
    const absl::StatusOr<std::string> text = ReadKernelFile(ProcPath(pid, "mountinfo"));
    if (!text.ok()) {
      seen_.erase({space, root});  // another one of that namespace may tell
      if (absl::IsPermissionDenied(text.status())) Gap(pid, "mountinfo", EACCES);
      return;
    }
    const absl::StatusOr<std::vector<MountEntry>> mounts = ParseMountInfo(*text);
    if (!mounts.ok()) {
      if (result_.gap.empty()) result_.gap = fmt::format("process {}: {}", pid, MessageOf(mounts.status()));
      return;
    }
    for (const MountEntry& entry : *mounts) Note(pid, space, entry);
  }

  void Note(pid_t pid, const std::string& space, const MountEntry& entry) {
    for (size_t i = 0; i < watched_.size(); ++i) {
      if (entry.device != watched_[i].device) continue;
      if (stages_[i] && IsStageCopy(entry, *stages_[i])) continue;
      MountUse use;
      use.pid = pid;
      use.command = TryReadLine(ProcPath(pid, "comm")).value_or("?");
      use.mount_namespace = NamespaceNumber(space);
      use.target = entry.target;
      use.container = ContainerIn(ReadKernelFile(ProcPath(pid, "cgroup")).value_or(""));
      result_.uses[i].push_back(std::move(use));
    }
  }

  const std::vector<WatchedMount>& watched_;
  std::vector<std::optional<MountEntry>> stages_;
  std::set<std::pair<std::string, std::string>> seen_;  // namespace, root
  MountCensus result_;
};

class LinuxMountUsers final : public MountUsers {
 public:
  absl::StatusOr<MountCensus> Count(const std::vector<WatchedMount>& watched) override {
    return Census(watched).Take();
  }

  absl::Status SeesEveryProcess() override {
    if (::geteuid() != 0) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "this process is not root and does not see what others have mounted");
    }
    const auto space = TryReadLink("/proc/self/ns/pid");
    if (space == kInitialPidNamespace) return absl::OkStatus();
    return Error(absl::StatusCode::kFailedPrecondition,
                 "this process lives in a PID namespace of its own ({}) and does not see all others",
                 space.value_or("unknown"));
  }
};

}  // namespace

bool IsStageCopy(const MountEntry& entry, const MountEntry& stage) {
  if (entry.device != stage.device || entry.target != stage.target || entry.root != stage.root) return false;
  if (entry.id == stage.id) return true;
  return stage.peer_group != 0 &&
         (entry.peer_group == stage.peer_group || entry.master_group == stage.peer_group);
}

std::string ContainerIn(std::string_view cgroup_file) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  size_t run = 0;
  for (size_t i = 0; i <= cgroup_file.size(); ++i) {
    if (i < cgroup_file.size() && hex(cgroup_file[i])) {
      ++run;
      continue;
    }
    if (run == kContainerIdLength) return std::string(cgroup_file.substr(i - run, run));
    run = 0;
  }
  return "";
}

std::unique_ptr<MountUsers> MakeLinuxMountUsers() {
  return std::make_unique<LinuxMountUsers>();
}

}  // namespace rexray::host
