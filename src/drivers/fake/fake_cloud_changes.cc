// What a FakeCloud's volumes go through: creation, the attach state machine, growth, the end.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/size.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "drivers/fake/fake_cloud.h"
#include "volume/volume_name.h"

namespace rexray::drivers::fake {
namespace {

absl::Status MakeFile(const std::string& path, uint64_t size) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return ErrnoError(errno, "open " + path);
  if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return ErrnoError(errno, "ftruncate " + path);
  return absl::OkStatus();
}

absl::StatusOr<host::FileIdentity> IdentityOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return ErrnoError(errno, "stat " + path);
  return host::FileIdentity{info.st_dev, info.st_ino};
}

}  // namespace

// --- the state machine of an attachment ---

void FakeCloud::Settle(Record& record) {
  if (!record.attached || clock_.Now() < record.attached->next) return;
  if (record.attached->state == AttachmentState::kAttaching) {
    BecomeAttached(record);
  } else if (record.attached->state == AttachmentState::kDetaching) {
    LoseAttachment(record);
  }
}

void FakeCloud::SettleAll() {
  for (auto& [id, record] : volumes_) Settle(record);
}

void FakeCloud::BeginAttach(Record& record, const NodeId& node, bool read_only) {
  const TimePoint done = stuck_ ? TimePoint::max() : clock_.Now() + attach_latency_;
  record.attached = Attached{node, AttachmentState::kAttaching, done, read_only};
  Settle(record);
}

void FakeCloud::BecomeAttached(Record& record) {
  record.attached->state = AttachmentState::kAttached;
  FakeHost* host = nodes_[record.attached->node].fake_host;
  if (host != nullptr) host->Plug(DevicePathOf(record.volume.key.id), record.disk);
}

void FakeCloud::LoseAttachment(Record& record) {
  if (!record.attached) return;
  FakeHost* host = nodes_[record.attached->node].fake_host;
  if (host != nullptr) host->Unplug(DevicePathOf(record.volume.key.id));
  record.attached.reset();
}

absl::Status FakeCloud::WaitWhile(AttachmentState state, const NodeId& node, const std::string& id,
                                  Deadline deadline) {
  for (;;) {
    ASSIGN_OR_RETURN(const Record* record, Lookup(id));
    const std::optional<Attached>& attached = record->attached;
    if (!attached || attached->node != node || attached->state != state) return absl::OkStatus();
    if (deadline.Passed(clock_)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "volume {} is still {} on {}; waited for the backend",
                   id, ToString(state), node);
    }
    clock_.WaitUntil(changed_, mutex_, std::min(attached->next, deadline.at()));
  }
}

void FakeCloud::Changed(const NodeId& by) {
  list_caches_.erase(by);
  changed_.NotifyAll();
}

// --- creation and the end ---

uint64_t FakeCloud::UsedBytes() const {
  uint64_t sum = 0;
  for (const auto& [id, record] : volumes_) sum += record.disk->size();
  return sum;
}

absl::Status FakeCloud::CheckSpec(const CreateSpec& spec) {
  RETURN_IF_ERROR(ValidateVolumeName(spec.name));
  const uint64_t size = spec.size.value_or(0);
  if (size < options_.minimum_size) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": {} bytes is less than the least size, {}", spec.name, size,
                 FormatSize(options_.minimum_size));
  }
  for (const auto& [id, record] : volumes_) {
    if (record.volume.name == spec.name) {
      return Error(absl::StatusCode::kAlreadyExists, "volume \"{}\" exists on service {} (id {})", spec.name,
                   options_.service, id);
    }
  }
  const uint64_t used = UsedBytes();
  if (size > capacity_ || used > capacity_ - size) {
    return Error(absl::StatusCode::kResourceExhausted, "volume \"{}\": the quota of {} is used up", spec.name,
                 FormatSize(capacity_));
  }
  return absl::OkStatus();
}

absl::StatusOr<Volume> FakeCloud::Create(const NodeId& node, const CreateSpec& spec) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const std::optional<Source> source, SourceOf(spec));
  CreateSpec complete = spec;
  if (source && !complete.size) complete.size = source->like.size;
  RETURN_IF_ERROR(CheckSpec(complete));
  Volume volume;
  volume.key = {options_.service, "vol-" + std::to_string(next_id_++)};
  volume.name = spec.name;
  volume.size = *complete.size;
  volume.type = spec.type.value_or("");
  volume.fs_type = spec.fs_type.value_or("");
  volume.iops = spec.iops;
  volume.throughput = spec.throughput;
  volume.zone = spec.zone.value_or("fake-1a");
  volume.encrypted = spec.encrypted.value_or(false);
  volume.tags = spec.tags;
  volume.created = clock_.WallNow();
  volume.created_by_us = true;
  volume.blank = true;
  volume.mkfs_options = spec.mkfs_options;
  volume.mount_options = spec.mount_options;
  if (source) BecomeCopy(*source, spec, volume);
  if (!options_.directory.empty()) {
    if (source) RETURN_IF_ERROR(CopyFile(source->file, FileOf(volume.key.id)));
    RETURN_IF_ERROR(MakeFile(FileOf(volume.key.id), volume.size));
  }
  Record record;
  record.volume = volume;
  record.disk = std::make_shared<FakeDisk>(volume.size);
  if (source) record.disk->set_content(source->content);
  volumes_[volume.key.id] = std::move(record);
  Changed(node);
  return volume;
}

absl::Status FakeCloud::HeldBy(const Record& record) const {
  return Error(absl::StatusCode::kFailedPrecondition, "volume \"{}\" ({}) is attached to {} ({})",
               record.volume.name, record.volume.key.id, record.attached->node,
               ToString(record.attached->state));
}

absl::Status FakeCloud::Remove(const NodeId& node, const std::string& id) {
  MutexLock lock(mutex_);
  absl::StatusOr<Record*> record = Lookup(id);
  if (!record.ok()) return absl::OkStatus();
  if ((*record)->attached) return HeldBy(**record);
  volumes_.erase(id);
  if (!options_.directory.empty()) unlink(FileOf(id).c_str());
  Changed(node);
  return absl::OkStatus();
}

// --- attach and detach ---

absl::Status FakeCloud::CheckSlots(const NodeId& node) {
  const auto used = std::count_if(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
    return entry.second.attached && entry.second.attached->node == node;
  });
  if (used < attach_limit_) return absl::OkStatus();
  return Error(absl::StatusCode::kResourceExhausted, "{} has {} volumes attached, its limit; detach one",
               node, used);
}

absl::StatusOr<Attachment> FakeCloud::Attach(const NodeId& node, const std::string& id,
                                             const AttachOptions& options, Deadline deadline) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(WaitWhile(AttachmentState::kDetaching, node, id, deadline));
  ASSIGN_OR_RETURN(Record * record, Lookup(id));
  if (!record->attached || record->attached->node != node) {
    if (record->attached && !options.force) return HeldBy(*record);
    RETURN_IF_ERROR(CheckSlots(node));
    LoseAttachment(*record);
    BeginAttach(*record, node, options.read_only);
    Changed(node);
  }
  return Attachment{node, record->attached->state, DevicePathOf(id)};
}

absl::StatusOr<LocalResource> FakeCloud::AwaitLocal(const NodeId& node, const std::string& id,
                                                    Deadline deadline) {
  bool read_only = false;
  {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(WaitWhile(AttachmentState::kAttaching, node, id, deadline));
    ASSIGN_OR_RETURN(const Record* record, Lookup(id));
    if (!record->attached || record->attached->node != node) {
      return Error(absl::StatusCode::kFailedPrecondition, "volume {} is not attached to {}", id, node);
    }
    read_only = record->attached->read_only;
  }
  if (const std::optional<host::Host> host = RealHostOf(node)) {
    return BringLoop(*host, FileOf(id), read_only, deadline);
  }
  return LocalResource{DevicePathOf(id), "fake:" + id};
}

absl::StatusOr<std::optional<LocalResource>> FakeCloud::FindLocal(const NodeId& node, const std::string& id) {
  {
    MutexLock lock(mutex_);
    absl::StatusOr<Record*> record = Lookup(id);
    if (!record.ok()) return std::nullopt;
    const std::optional<Attached>& attached = (*record)->attached;
    if (!attached || attached->node != node || attached->state == AttachmentState::kAttaching)
      return std::nullopt;
    const FakeHost* host = nodes_[node].fake_host;
    if (host != nullptr && !host->HasDevice(DevicePathOf(id))) return std::nullopt;
  }
  if (const std::optional<host::Host> host = RealHostOf(node)) return FindLoop(*host, FileOf(id));
  return LocalResource{DevicePathOf(id), "fake:" + id};
}

absl::Status FakeCloud::CheckUnusedOn(const NodeId& node, const std::string& id) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || found->second.fake_host == nullptr) return absl::OkStatus();
  return Annotate(found->second.fake_host->PeekUnused(DevicePathOf(id)),
                  "volume " + id + " cannot be detached from " + node);
}

absl::Status FakeCloud::Detach(const NodeId& node, const std::string& id, const NodeId& from, bool force,
                               Deadline deadline) {
  {
    MutexLock lock(mutex_);
    absl::StatusOr<Record*> record = Lookup(id);
    if (!record.ok() || !(*record)->attached || (*record)->attached->node != from) return absl::OkStatus();
  }
  if (const std::optional<host::Host> host = RealHostOf(from)) {
    RETURN_IF_ERROR(DropLoop(*host, FileOf(id), deadline));
  }
  MutexLock lock(mutex_);
  absl::StatusOr<Record*> found = Lookup(id);
  if (!found.ok()) return absl::OkStatus();
  Record& record = **found;
  if (!record.attached || record.attached->node != from) return absl::OkStatus();
  if (record.attached->state != AttachmentState::kDetaching) {
    if (!force) RETURN_IF_ERROR(CheckUnusedOn(from, id));
    record.attached->state = AttachmentState::kDetaching;
    record.attached->next = clock_.Now() + detach_latency_;
    Changed(node);
  }
  const absl::Status waited = WaitWhile(AttachmentState::kDetaching, from, id, deadline);
  Changed(node);
  return absl::IsNotFound(waited) ? absl::OkStatus() : waited;
}

// --- the rest ---

absl::StatusOr<Volume> FakeCloud::Grow(const NodeId& node, const std::string& id, uint64_t size) {
  if (!options_.capabilities.grow) {
    return Error(absl::StatusCode::kUnimplemented, "service {} cannot grow volumes", options_.service);
  }
  Volume grown;
  NodeId holder;
  {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Record * record, Lookup(id));
    const uint64_t now = record->disk->size();
    if (size < now) {
      return Error(absl::StatusCode::kInvalidArgument, "volume {} has {}; it cannot shrink to {}", id,
                   FormatSize(now), FormatSize(size));
    }
    if (size - now > capacity_ - std::min(capacity_, UsedBytes())) {
      return Error(absl::StatusCode::kResourceExhausted, "volume {}: the quota of {} is used up", id,
                   FormatSize(capacity_));
    }
    if (!options_.directory.empty()) RETURN_IF_ERROR(MakeFile(FileOf(id), size));
    record->disk->set_size(size);
    grown = Shown(*record);
    if (record->attached) holder = record->attached->node;
    Changed(node);
  }
  if (const std::optional<host::Host> host = RealHostOf(holder)) {
    ASSIGN_OR_RETURN(const std::optional<LocalResource> local, FindLoop(*host, FileOf(id)));
    if (local) RETURN_IF_ERROR(host->devices->RefreshLoopSize(local->path));
  }
  return grown;
}

absl::Status FakeCloud::ClearBlankMark(const NodeId& node, const std::string& id) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Record * record, Lookup(id));
  record->volume.blank = false;
  Changed(node);
  return absl::OkStatus();
}

absl::Status FakeCloud::OnStaged(const NodeId& node, const std::string& id) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const Record* record, Lookup(id));
  if (record->attached && record->attached->node == node) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "volume {} is not attached to {}", id, node);
}

// --- real loop devices ---

absl::StatusOr<LocalResource> FakeCloud::BringLoop(const host::Host& host, const std::string& file,
                                                   bool read_only, Deadline deadline) {
  ASSIGN_OR_RETURN(const host::LoopDevice loop, host.devices->AttachLoop(file, read_only, deadline));
  return LocalResource{loop.path, "fake:" + file};
}

absl::StatusOr<std::optional<LocalResource>> FakeCloud::FindLoop(const host::Host& host,
                                                                 const std::string& file) {
  ASSIGN_OR_RETURN(const host::FileIdentity identity, IdentityOf(file));
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, host.devices->FindLoop(identity));
  if (!loop) return std::nullopt;
  return LocalResource{loop->path, "fake:" + file};
}

absl::Status FakeCloud::DropLoop(const host::Host& host, const std::string& file, Deadline deadline) {
  absl::StatusOr<host::FileIdentity> identity = IdentityOf(file);
  if (absl::IsNotFound(identity.status())) return absl::OkStatus();
  RETURN_IF_ERROR(identity.status());
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, host.devices->FindLoop(*identity));
  if (!loop) return absl::OkStatus();
  return host.devices->DetachLoop(loop->path, *identity, deadline);
}

}  // namespace rexray::drivers::fake
