// Snapshots, and volumes made from snapshots and volumes: files that share extents, or copies of the data.

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/local/driver.h"
#include "volume/volume_name.h"

namespace rexray::drivers::local {
namespace {

Snapshot ToSnapshot(const SnapshotList::Item& item, const std::string& service) {
  const VolumeRecord& record = item.entry.record;
  Snapshot snapshot;
  snapshot.service = service;
  snapshot.id = record.id;
  snapshot.name = record.name;
  snapshot.description = record.description;
  snapshot.source_volume = record.source_volume;
  snapshot.size = record.size;
  snapshot.allocated = item.entry.image.allocated;
  snapshot.fs_type = record.fs_type;
  snapshot.tags = record.tags;
  snapshot.created = record.created;
  snapshot.progress_percent = item.progress_percent;
  snapshot.created_by_us = true;
  if (item.pending) snapshot.status = SnapshotStatus::kPending;
  if (!item.entry.problem.empty()) {
    snapshot.status = SnapshotStatus::kError;
    snapshot.status_detail = item.entry.problem;
  }
  return snapshot;
}

}  // namespace

absl::StatusOr<std::vector<Snapshot>> LocalDriver::ListSnapshots(const CallContext&) {
  std::vector<Snapshot> snapshots;
  for (const SnapshotList::Item& item : snapshots_.All()) {
    snapshots.push_back(ToSnapshot(item, options_.service));
  }
  std::sort(snapshots.begin(), snapshots.end(), [](const Snapshot& a, const Snapshot& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return snapshots;
}

/// What a copy says of itself while it is made.
ImageCopyOptions LocalDriver::CopyOptions(const CallContext& context, const std::string& from,
                                          const VolumeRecord& source, const std::string& snapshot_id) {
  ImageCopyOptions options;
  options.from = from;
  options.deadline = context.deadline;
  options.progress = [this, &context, size = source.size, snapshot_id](int percent) {
    if (!snapshot_id.empty()) snapshots_.SetProgress(snapshot_id, percent);
    if (context.progress) context.progress(fmt::format("{} % of {} are copied", percent, FormatSize(size)));
  };
  return options;
}

absl::StatusOr<Snapshot> LocalDriver::CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                     const SnapshotSpec& spec) {
  if (!spec.name.empty()) RETURN_IF_ERROR(Annotate(ValidateVolumeName(spec.name), "snapshot"));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, volume_id, "make a snapshot of"));
  ASSIGN_OR_RETURN(const EntryPointer source, LookupUsable(volume_id));
  SnapshotList::Item item;
  VolumeRecord& record = item.entry.record;
  record = source->record;  // the file system, its options, the blank mark
  ASSIGN_OR_RETURN(record.id, NewImageId(kSnapshotIds));
  record.name = spec.name;
  record.description = spec.description;
  record.source_volume = volume_id;
  record.tags = spec.tags;
  record.thick = false;
  record.created = FromMicroseconds(ToMicroseconds(clock_.WallNow()));
  item.pending = true;
  item.progress_percent = 0;
  const std::string id = record.id;
  snapshots_.Put(item);
  absl::StatusOr<ImageInfo> made =
      images_->MakeCopy(record, CopyOptions(context, volume_id, source->record, id), clock_);
  absl::Status status = made.status();
  if (status.ok()) status = FaultPoint("local.snapshot.before_row");
  if (status.ok()) status = catalogue_->Insert(record);
  if (!status.ok()) {
    snapshots_.Erase(id);
    if (made.ok()) (void)images_->MarkDeleted(id);
    (void)images_->Unlink(id);
    return Annotate(status, fmt::format("no snapshot of volume \"{}\" was made", source->record.name));
  }
  item.entry.image = *made;
  item.pending = false;
  item.progress_percent = 100;
  snapshots_.Put(item);
  RETURN_IF_ERROR(FaultPoint("local.snapshot.after_row"));
  return ToSnapshot(item, options_.service);
}

absl::Status LocalDriver::RemoveSnapshot(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "remove"));
  const std::optional<SnapshotList::Item> item = snapshots_.Find(id);
  if (!item) return absl::OkStatus();
  if (item->pending) {
    return Error(absl::StatusCode::kFailedPrecondition, "snapshot {} is still being made", Printable(id));
  }
  ASSIGN_OR_RETURN(const bool row_gone, RemoveImageAndRow(id));
  if (!row_gone) return absl::OkStatus();
  if (const absl::Status unlinked = images_->Unlink(id); !unlinked.ok()) {
    LogWarn("a removed snapshot's image is still there",
            {{"id", id}, {"why", std::string(MessageOf(unlinked))}});
  }
  return absl::OkStatus();
}

// --- volumes from sources ---

absl::StatusOr<VolumeRecord> LocalDriver::SourceOf(const CreateSpec& spec) const {
  if (spec.source_volume) {
    ASSIGN_OR_RETURN(const EntryPointer source, LookupUsable(*spec.source_volume));
    return source->record;
  }
  const std::optional<SnapshotList::Item> item = snapshots_.Find(*spec.source_snapshot);
  if (!item) {
    return Error(absl::StatusCode::kNotFound, "there is no snapshot with the id {} on service {}",
                 Printable(*spec.source_snapshot), options_.service);
  }
  if (item->pending || !item->entry.problem.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "snapshot {} cannot be used: {}",
                 item->entry.record.id, item->pending ? "it is still being made" : item->entry.problem);
  }
  return item->entry.record;
}

/// What the volume `record` takes over from what it is copied from.
absl::Status LocalDriver::BecomeCopy(const CreateSpec& spec, const VolumeRecord& source,
                                     VolumeRecord& record) {
  if (!record.fs_type.empty() && !source.fs_type.empty() && record.fs_type != source.fs_type) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": its source has a file system of type {}, and a copy has the same; leave the "
                 "file system out",
                 spec.name, source.fs_type);
  }
  if (!spec.mkfs_options.empty()) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": a copy comes with its file system; leave the options for mkfs out",
                 spec.name);
  }
  if (spec.size && record.size < source.size) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": {} is less than its source has, {}; a copy cannot be smaller", spec.name,
                 FormatSize(record.size), FormatSize(source.size));
  }
  record.fs_type = source.fs_type;
  record.mkfs_options = source.mkfs_options;
  if (spec.mount_options.empty()) record.mount_options = source.mount_options;
  if (!spec.type) record.type = source.type;
  if (!spec.iops) record.iops = source.iops;
  if (!spec.throughput) record.throughput = source.throughput;
  record.blank = source.blank;
  record.needs_new_uuid = true;
  return absl::OkStatus();
}

absl::StatusOr<ImageInfo> LocalDriver::MakeImage(const CallContext& context, const CreateSpec& spec,
                                                 const VolumeRecord& record) {
  if (!spec.source_volume && !spec.source_snapshot) return images_->Make(record);
  const std::string from = spec.source_volume ? *spec.source_volume : *spec.source_snapshot;
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, from, "copy"));
  ASSIGN_OR_RETURN(const VolumeRecord source, SourceOf(spec));  // it may have gone or grown meanwhile
  if (source.size > record.size) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\": its source has grown; repeat the call", record.name);
  }
  return images_->MakeCopy(record, CopyOptions(context, from, source, ""), clock_);
}

absl::Status LocalDriver::ClearUuidMark(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "clear the mark of"));
  ASSIGN_OR_RETURN(const EntryPointer entry, LookupUsable(id));
  RETURN_IF_ERROR(images_->ClearUuidMark(id));
  if (!entry->record.needs_new_uuid) return absl::OkStatus();
  RETURN_IF_ERROR(catalogue_->ClearUuidMark(id));
  index_.Change(id, [](IndexEntry& changed) { changed.record.needs_new_uuid = false; });
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Pool>> LocalDriver::PoolOf(const CallContext&) {
  ASSIGN_OR_RETURN(Pool pool, images_->Space());
  pool.name = options_.data_directory;
  for (const EntryPointer& entry : index_.All()) pool.promised += entry->record.size;
  for (const SnapshotList::Item& item : snapshots_.All()) pool.promised += item.entry.record.size;
  return pool;
}

}  // namespace rexray::drivers::local
