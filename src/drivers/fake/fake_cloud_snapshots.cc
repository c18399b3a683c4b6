// Snapshots, copies, changes and adoption on a FakeCloud. What hosts keep as files
// (FakeHost::Options::data_root) is not copied: a copy is told by its DiskContent, or by its image file.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "base/size.h"
#include "base/status.h"
#include "drivers/fake/fake_cloud.h"

namespace rexray::drivers::fake {

absl::Status FakeCloud::CopyFile(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (!error) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal, "copy {} to {}: {}", from, to, error.message());
}

FakeCloud::Source FakeCloud::SourceFrom(const Record& record) const {
  Source source;
  source.content = record.disk->content();
  source.like = record.volume;
  source.like.size = record.disk->size();
  source.blank = record.volume.blank;
  if (!options_.directory.empty()) source.file = FileOf(record.volume.key.id);
  return source;
}

absl::StatusOr<std::optional<FakeCloud::Source>> FakeCloud::SourceOf(const CreateSpec& spec) {
  const DriverCapabilities& can = options_.capabilities;
  if ((spec.source_volume && !can.clone) || (spec.source_snapshot && !can.snapshots)) {
    return Error(absl::StatusCode::kUnimplemented, "service {} cannot make volume \"{}\" from a source",
                 options_.service, spec.name);
  }
  std::optional<Source> source;
  if (spec.source_volume) {
    ASSIGN_OR_RETURN(const Record* record, Lookup(*spec.source_volume));
    source = SourceFrom(*record);
  } else if (spec.source_snapshot) {
    const auto found = snapshots_.find(*spec.source_snapshot);
    if (found == snapshots_.end()) {
      return Error(absl::StatusCode::kNotFound, "there is no snapshot {} on service {}",
                   *spec.source_snapshot, options_.service);
    }
    if (found->second.snapshot.status != SnapshotStatus::kCompleted) {
      return Error(absl::StatusCode::kFailedPrecondition, "snapshot {} is not completed",
                   *spec.source_snapshot);
    }
    source = found->second.source;
  }
  if (source && spec.size && *spec.size < source->like.size) {
    return Error(absl::StatusCode::kInvalidArgument, "volume \"{}\": {} is less than its source has, {}",
                 spec.name, FormatSize(*spec.size), FormatSize(source->like.size));
  }
  return source;
}

void FakeCloud::BecomeCopy(const Source& source, const CreateSpec& spec, Volume& volume) {
  volume.fs_type = source.like.fs_type;
  if (!spec.type) volume.type = source.like.type;
  if (!spec.iops) volume.iops = source.like.iops;
  if (!spec.throughput) volume.throughput = source.like.throughput;
  volume.blank = source.blank;
  volume.needs_new_uuid = true;
}

absl::StatusOr<std::vector<Snapshot>> FakeCloud::ListSnapshots() {
  if (!options_.capabilities.snapshots) {
    return Error(absl::StatusCode::kUnimplemented, "service {} has no snapshots", options_.service);
  }
  return Snapshots();
}

std::vector<Snapshot> FakeCloud::Snapshots() {
  MutexLock lock(mutex_);
  std::vector<Snapshot> all;
  for (const auto& [id, record] : snapshots_) all.push_back(record.snapshot);
  std::sort(all.begin(), all.end(), [](const Snapshot& a, const Snapshot& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return all;
}

absl::StatusOr<Snapshot> FakeCloud::CreateSnapshot(const std::string& volume, const SnapshotSpec& spec) {
  if (!options_.capabilities.snapshots) {
    return Error(absl::StatusCode::kUnimplemented, "service {} has no snapshots", options_.service);
  }
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const Record* record, Lookup(volume));
  SnapshotRecord made;
  made.source = SourceFrom(*record);
  Snapshot& snapshot = made.snapshot;
  snapshot.service = options_.service;
  snapshot.id = "snap-" + std::to_string(next_id_++);
  snapshot.name = spec.name;
  snapshot.description = spec.description;
  snapshot.tags = spec.tags;
  snapshot.source_volume = volume;
  snapshot.size = record->disk->size();
  snapshot.fs_type = record->volume.fs_type;
  snapshot.created = clock_.WallNow();
  snapshot.created_by_us = true;
  if (!options_.directory.empty()) {
    const std::string file = FileOf(snapshot.id);
    RETURN_IF_ERROR(CopyFile(made.source.file, file));
    made.source.file = file;
  }
  snapshots_[snapshot.id] = made;
  return made.snapshot;
}

absl::Status FakeCloud::RemoveSnapshot(const std::string& id) {
  if (!options_.capabilities.snapshots) {
    return Error(absl::StatusCode::kUnimplemented, "service {} has no snapshots", options_.service);
  }
  MutexLock lock(mutex_);
  if (snapshots_.erase(id) == 1 && !options_.directory.empty()) unlink(FileOf(id).c_str());
  return absl::OkStatus();
}

absl::Status FakeCloud::ClearUuidMark(const NodeId& node, const std::string& id) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Record * record, Lookup(id));
  record->volume.needs_new_uuid = false;
  Changed(node);
  return absl::OkStatus();
}

absl::StatusOr<Volume> FakeCloud::Modify(const NodeId& node, const std::string& id, const ModifySpec& spec) {
  if (!options_.capabilities.modify) {
    return Error(absl::StatusCode::kUnimplemented, "service {} cannot modify volumes", options_.service);
  }
  if (spec.size) RETURN_IF_ERROR(Grow(node, id, *spec.size).status());
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Record * record, Lookup(id));
  if (spec.type) record->volume.type = *spec.type;
  if (spec.iops) record->volume.iops = spec.iops;
  if (spec.throughput) record->volume.throughput = spec.throughput;
  Changed(node);
  return Shown(*record);
}

absl::StatusOr<Volume> FakeCloud::Adopt(const NodeId& node, const std::string& id) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Record * record, Lookup(id));
  record->volume.created_by_us = true;
  Changed(node);
  return Shown(*record);
}

absl::StatusOr<std::optional<Pool>> FakeCloud::PoolNow() {
  MutexLock lock(mutex_);
  return pool_;
}

void FakeCloud::SetPool(std::optional<Pool> pool) {
  MutexLock lock(mutex_);
  pool_ = std::move(pool);
}

Snapshot FakeCloud::AddSnapshot(Snapshot snapshot) {
  MutexLock lock(mutex_);
  if (snapshot.id.empty()) snapshot.id = "snap-" + std::to_string(next_id_++);
  snapshot.service = options_.service;
  SnapshotRecord record;
  record.snapshot = snapshot;
  record.source.like.size = snapshot.size;
  record.source.like.fs_type = snapshot.fs_type;
  snapshots_[snapshot.id] = record;
  return snapshot;
}

}  // namespace rexray::drivers::fake
