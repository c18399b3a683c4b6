// The mount table of FakeHost.

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/status.h"
#include "drivers/fake/fake_host.h"

namespace rexray::drivers::fake {
namespace {

bool IsBelow(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += joined.empty() ? word : "," + word;
  return joined;
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return ErrnoError(errno, "rename " + from + " to " + to);
  return absl::OkStatus();
}

}  // namespace

std::vector<FakeHost::MountRecord>::iterator FakeHost::TopMount(const std::string& target) {
  for (auto mount = mounts_.end(); mount != mounts_.begin();) {
    --mount;
    if (mount->entry.target == target) return mount;
  }
  return mounts_.end();
}

absl::Status FakeHost::Mount(const host::MountRequest& request) {
  return calls_.Run("Mount", request.target, Deadline::Never(), [&] { return DoMount(request); });
}

absl::Status FakeHost::DoMount(const host::MountRequest& request) {
  struct stat info {};
  if (options_.targets_must_exist && (stat(request.target.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))) {
    return ErrnoError(ENOENT, "cannot mount " + request.source + " at " + request.target);
  }
  MutexLock lock(mutex_);
  if (Has(request.options, "bind") || Has(request.options, "rbind")) return DoBindMount(request);
  ASSIGN_OR_RETURN(Device * device, Find(request.source));
  const DiskContent content = device->disk->content();
  if (content.kind != DiskContent::Kind::kFileSystem || content.fs_type != request.fs_type) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "cannot mount {} at {}: no {} file system on it (wrong fs type)", request.source,
                 request.target, request.fs_type);
  }
  if (device->loop && device->loop->read_only && !request.read_only) {
    return ErrnoError(EROFS, "cannot mount " + request.source + " at " + request.target);
  }
  MountRecord record;
  record.entry.id = next_mount_id_++;
  record.entry.parent = 1;
  record.entry.device = device->number;
  record.entry.root = "/";
  record.entry.target = request.target;
  record.entry.fs_type = request.fs_type;
  record.entry.source = request.source;
  record.entry.options = request.read_only ? "ro" : "rw";
  if (!request.options.empty()) record.entry.options += "," + Join(request.options);
  record.entry.super_options = record.entry.options;
  record.disk = device->disk;
  RETURN_IF_ERROR(MoveFilesIn(record));
  mounts_.push_back(std::move(record));
  mount_requests_.push_back(request);
  return absl::OkStatus();
}

absl::Status FakeHost::DoBindMount(const host::MountRequest& request) {
  MountRecord record;
  record.entry.device = makedev(0, 1);
  record.entry.root = request.source;
  record.entry.fs_type = "rootfs";
  size_t longest = 0;
  for (const MountRecord& mount : mounts_) {
    const std::string& target = mount.entry.target;
    if (request.source != target && !IsBelow(request.source, target)) continue;
    if (target.size() < longest) continue;
    longest = target.size();
    record.entry = mount.entry;
    const std::string rest = request.source.substr(target.size());
    record.entry.root = mount.entry.root == "/" ? (rest.empty() ? "/" : rest) : mount.entry.root + rest;
  }
  record.entry.id = next_mount_id_++;
  record.entry.target = request.target;
  record.entry.options = request.read_only ? "ro" : "rw";
  mounts_.push_back(std::move(record));
  mount_requests_.push_back(request);
  return absl::OkStatus();
}

/// The disk's files appear at the mount point. A second mount of one disk shows none: a directory cannot be
/// at two places.
absl::Status FakeHost::MoveFilesIn(MountRecord& record) {
  if (options_.data_root.empty()) return absl::OkStatus();
  std::string directory = record.disk->data_directory();
  if (directory.empty()) {  // content that a test put there, not Make
    directory = fmt::format("{}/disk-{}", options_.data_root, ++next_directory_);
    if (mkdir(directory.c_str(), 0755) != 0) return ErrnoError(errno, "mkdir " + directory);
    record.disk->set_data_directory(directory);
  }
  if (!std::filesystem::exists(directory)) return absl::OkStatus();
  const std::string aside = fmt::format("{}/under-{}", options_.data_root, ++next_directory_);
  RETURN_IF_ERROR(Rename(record.entry.target, aside));
  RETURN_IF_ERROR(Rename(directory, record.entry.target));
  record.moved_aside = aside;
  return absl::OkStatus();
}

absl::Status FakeHost::MoveFilesOut(const MountRecord& record) {
  if (record.moved_aside.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Rename(record.entry.target, record.disk->data_directory()));
  return Rename(record.moved_aside, record.entry.target);
}

absl::Status FakeHost::Unmount(const std::string& target) {
  return calls_.Run("Unmount", target, Deadline::Never(),
                    [&] { return DoUnmount(target, /*lazily=*/false); });
}

absl::Status FakeHost::UnmountLazily(const std::string& target) {
  return calls_.Run("UnmountLazily", target, Deadline::Never(),
                    [&] { return DoUnmount(target, /*lazily=*/true); });
}

absl::Status FakeHost::DoUnmount(const std::string& target, bool lazily) {
  MutexLock lock(mutex_);
  const auto mount = TopMount(target);
  if (mount == mounts_.end()) return absl::OkStatus();
  if (!lazily) {
    const auto holders = holders_.find(target);
    if (holders != holders_.end() && !holders->second.empty()) {
      std::string who;
      for (const host::MountHolder& holder : holders->second) {
        if (!who.empty()) who += "; ";
        who += fmt::format("{} (pid {}): {}", holder.command, holder.pid, holder.how);
      }
      return Error(absl::StatusCode::kFailedPrecondition, "cannot unmount {}: it is busy: {}", target, who);
    }
    for (const MountRecord& other : mounts_) {
      if (!IsBelow(other.entry.target, target)) continue;
      return Error(absl::StatusCode::kFailedPrecondition,
                   "cannot unmount {}: it is busy: {} is mounted below it", target, other.entry.target);
    }
  }
  RETURN_IF_ERROR(MoveFilesOut(*mount));
  const dev_t number = mount->entry.device;
  mounts_.erase(mount);
  if (lazily)
    std::erase_if(mounts_, [&](const MountRecord& other) { return IsBelow(other.entry.target, target); });
  DropIfAutoclear(number);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<host::MountEntry>> FakeHost::List() {
  return calls_.Run("List", "", Deadline::Never(), [&]() -> absl::StatusOr<std::vector<host::MountEntry>> {
    MutexLock lock(mutex_);
    std::vector<host::MountEntry> entries;
    entries.reserve(mounts_.size());
    for (const MountRecord& mount : mounts_) entries.push_back(mount.entry);
    return entries;
  });
}

std::vector<host::MountHolder> FakeHost::HoldersOf(const std::string& target, size_t limit) {
  std::vector<host::MountHolder> result;
  // Best effort, as the interface says: a fault of the script means an empty answer.
  (void)calls_.Run("HoldersOf", target, Deadline::Never(), [&]() -> absl::Status {
    MutexLock lock(mutex_);
    const auto found = holders_.find(target);
    if (found != holders_.end()) result = found->second;
    return absl::OkStatus();
  });
  if (result.size() > limit) result.resize(limit);
  return result;
}

}  // namespace rexray::drivers::fake
