// Reads, and what creates, changes and removes volumes. driver_attach.cc has the loop devices.

#include "drivers/local/driver.h"

#include <unistd.h>

#include <climits>
#include <fstream>
#include <set>
#include <utility>

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/status.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::drivers::local {
namespace {

constexpr uint64_t kGranule = 4 * kKiB;
constexpr uint64_t kLargestOff = (uint64_t{1} << 62);

NodeId NodeIdOr(const std::string& configured) {
  if (!configured.empty()) return configured;
  std::string id;
  std::getline(std::ifstream("/etc/machine-id"), id);
  if (!id.empty()) return id;
  char host_name[HOST_NAME_MAX + 1] = {};
  return gethostname(host_name, sizeof host_name - 1) == 0 && host_name[0] != '\0' ? host_name : "this-node";
}

}  // namespace

DriverCapabilities LocalCapabilities(bool can_reflink) {
  DriverCapabilities capabilities;
  capabilities.grow = capabilities.grow_online = true;
  capabilities.snapshots = capabilities.clone = true;
  capabilities.cut = can_reflink ? SnapshotCut::kInstant : SnapshotCut::kCopy;
  return capabilities;
}

LocalDriver::LocalDriver(LocalOptions options, const host::Host& host, Parts parts)
    : options_(std::move(options)),
      host_(host),
      clock_(host.clock != nullptr ? *host.clock : SystemClock::Get()),
      node_id_(NodeIdOr(options_.node_id)),
      directory_lock_(std::move(parts.directory_lock)),
      images_(std::move(parts.images)),
      catalogue_(std::move(parts.catalogue)),
      findings_(std::move(parts.findings)),
      capabilities_(LocalCapabilities(images_->can_reflink())),
      locks_(clock_) {}

void LocalDriver::Load(std::vector<IndexEntry> volumes, std::vector<IndexEntry> snapshots) {
  for (IndexEntry& entry : volumes) index_.Put(std::move(entry));
  for (IndexEntry& entry : snapshots) {
    SnapshotList::Item item;
    item.entry = std::move(entry);
    snapshots_.Put(std::move(item));
  }
}

// --- reads ---

absl::StatusOr<EntryPointer> LocalDriver::Lookup(const std::string& id) const {
  EntryPointer entry = index_.Find(id);
  if (entry != nullptr) return entry;
  return Error(absl::StatusCode::kNotFound, "there is no volume with the id {} on service {}", Printable(id),
               options_.service);
}

absl::StatusOr<EntryPointer> LocalDriver::LookupUsable(const std::string& id) const {
  ASSIGN_OR_RETURN(EntryPointer entry, Lookup(id));
  if (entry->problem.empty()) return entry;
  return Error(absl::StatusCode::kFailedPrecondition, "volume \"{}\" cannot be used: {}", entry->record.name,
               entry->problem);
}

Volume LocalDriver::Shown(const IndexEntry& entry) const {
  Volume volume = ToVolume(entry.record, options_.service);
  volume.allocated = entry.image.allocated;
  if (!entry.loop.empty()) {
    volume.status = VolumeStatus::kInUse;
    volume.attachments.push_back({node_id_, AttachmentState::kAttached, entry.loop});
  }
  if (!entry.problem.empty()) {
    volume.status = VolumeStatus::kError;
    volume.status_detail = entry.problem;
  }
  return volume;
}

/// With what the image takes on the disk now.
Volume LocalDriver::Fresh(const IndexEntry& entry) {
  NoteImage(entry.record.id);
  const EntryPointer now = index_.Find(entry.record.id);
  return Shown(now != nullptr ? *now : entry);
}

void LocalDriver::NoteImage(const std::string& id) {
  absl::StatusOr<ImageInfo> info = images_->Stat(id);
  if (!info.ok()) return;
  index_.Change(id, [&](IndexEntry& entry) { entry.image.allocated = info->allocated; });
}

absl::StatusOr<Node> LocalDriver::ThisNode(const CallContext&) {
  Node node;
  node.id = node_id_;
  return node;
}

absl::StatusOr<Aged<std::vector<Volume>>> LocalDriver::List(const CallContext&) {
  const TimePoint now = clock_.Now();
  const std::vector<EntryPointer> entries = index_.All();
  std::vector<Volume> volumes;
  volumes.reserve(entries.size());
  for (const EntryPointer& entry : entries) {
    volumes.push_back(Shown(*entry));
    if (entry->loop.empty()) continue;  // only what is attached changes
    if (const auto now_there = images_->Stat(entry->record.id); now_there.ok()) {
      volumes.back().allocated = now_there->allocated;
    }
  }
  return Aged<std::vector<Volume>>{std::move(volumes), now};
}

absl::StatusOr<std::vector<Volume>> LocalDriver::FindByName(const CallContext&,
                                                            const std::vector<std::string>& names) {
  std::vector<Volume> volumes;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    if (const EntryPointer entry = index_.FindName(name)) volumes.push_back(Fresh(*entry));
  }
  return volumes;
}

absl::StatusOr<Volume> LocalDriver::Get(const CallContext&, const std::string& id) {
  ASSIGN_OR_RETURN(const EntryPointer entry, Lookup(id));
  return Fresh(*entry);
}

absl::StatusOr<KeyedLock::Hold> LocalDriver::LockId(const CallContext& context, const std::string& id,
                                                    const char* doing) {
  return locks_.Acquire("volume " + id, context.deadline,
                        fmt::format("cannot {} volume {}", doing, Printable(id)));
}

absl::StatusOr<KeyedLock::Hold> LocalDriver::LockName(const CallContext& context, const std::string& name,
                                                      const char* doing) {
  return locks_.Acquire("the name \"" + name + "\"", context.deadline,
                        fmt::format("cannot {} volume \"{}\"", doing, name));
}

// --- create ---

absl::StatusOr<uint64_t> LocalDriver::RoundedSize(const std::string& name, uint64_t size) const {
  if (size < options_.minimum_size) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": {} is too small for a file system; the least is {}", name,
                 size == 0 ? "no size" : FormatSize(size), FormatSize(options_.minimum_size));
  }
  const uint64_t limit = options_.maximum_size == 0 ? kLargestOff : options_.maximum_size;
  if (size > limit) {
    return Error(absl::StatusCode::kInvalidArgument, "volume \"{}\": {} is more than the most, {}", name,
                 FormatSize(size), FormatSize(limit));
  }
  return (size + kGranule - 1) / kGranule * kGranule;
}

absl::StatusOr<VolumeRecord> LocalDriver::Plan(const CreateSpec& spec) const {
  RETURN_IF_ERROR(ValidateVolumeName(spec.name));
  RETURN_IF_ERROR(ValidateFsType(spec.fs_type.value_or("")));
  if (spec.encrypted.value_or(false)) {
    return Error(
        absl::StatusCode::kInvalidArgument,
        "volume \"{}\": local volumes are not encrypted; leave the option out, or put the data directory on "
        "an encrypted disk",
        spec.name);
  }
  VolumeRecord record;
  record.name = spec.name;
  std::optional<VolumeRecord> source;
  if (spec.source_snapshot || spec.source_volume) {
    ASSIGN_OR_RETURN(source, SourceOf(spec));
  }
  const uint64_t wanted = spec.size.value_or(source ? source->size : 0);
  ASSIGN_OR_RETURN(record.size, RoundedSize(spec.name, wanted));
  record.blank = true;
  record.created = FromMicroseconds(ToMicroseconds(clock_.WallNow()));
  record.thick = spec.thick;
  record.fs_type = spec.fs_type.value_or("");
  record.type = spec.type.value_or("");
  record.iops = spec.iops;
  record.throughput = spec.throughput;
  record.zone = spec.zone.value_or("");
  record.tags = spec.tags;
  record.mkfs_options = spec.mkfs_options;
  record.mount_options = spec.mount_options;
  if (source) RETURN_IF_ERROR(BecomeCopy(spec, *source, record));
  ASSIGN_OR_RETURN(record.id, NewImageId(kVolumeIds));
  return record;
}

absl::StatusOr<Volume> LocalDriver::Create(const CallContext& context, const CreateSpec& spec) {
  ASSIGN_OR_RETURN(VolumeRecord record, Plan(spec));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockName(context, record.name, "create"));
  if (const EntryPointer taken = index_.FindName(record.name)) {
    return Error(absl::StatusCode::kAlreadyExists, "volume \"{}\" exists on service {} (id {})", record.name,
                 options_.service, taken->record.id);
  }
  IndexEntry entry;
  ASSIGN_OR_RETURN(entry.image, MakeImage(context, spec, record));
  // From here the image is a volume: a crash before the row is written leaves one that the next open takes in
  // whole.
  absl::Status kept = FaultPoint("local.create.before_row");
  if (kept.ok()) kept = catalogue_->Insert(record);
  if (!kept.ok()) {
    (void)images_->MarkDeleted(record.id);
    (void)images_->Unlink(record.id);
    return Annotate(kept, fmt::format("volume \"{}\" was not created", record.name));
  }
  entry.record = std::move(record);
  const Volume volume = Shown(entry);
  index_.Put(std::move(entry));
  RETURN_IF_ERROR(FaultPoint("local.create.after_row"));
  return volume;
}

// --- remove ---

absl::Status LocalDriver::Remove(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "remove"));
  const EntryPointer entry = index_.Find(id);
  if (entry == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(CheckDetached(*entry));
  const absl::StatusOr<bool> row_gone = RemoveImageAndRow(id);
  if (!row_gone.ok()) return Annotate(row_gone.status(), fmt::format("volume \"{}\"", entry->record.name));
  if (!*row_gone) return absl::OkStatus();
  // Its space comes back now; when that fails, it comes back at the next start.
  if (absl::Status unlinked = images_->Unlink(id); !unlinked.ok()) {
    LogWarn("a removed volume's image is still there",
            {{"id", id}, {"why", std::string(MessageOf(unlinked))}});
  }
  return absl::OkStatus();
}

/// The rename is the decision: after it a crash ends in "removed", never in a volume that comes back without
/// a row.
absl::StatusOr<bool> LocalDriver::RemoveImageAndRow(const std::string& id) {
  const bool snapshot = IsSnapshotId(id);
  const auto forget = [&] { snapshot ? snapshots_.Erase(id) : index_.Erase(id); };
  RETURN_IF_ERROR(images_->MarkDeleted(id));
  absl::Status erased =
      FaultPoint(snapshot ? "local.snapshot_remove.after_rename" : "local.remove.after_rename");
  if (erased.ok()) erased = catalogue_->Erase(id);
  if (absl::IsResourceExhausted(erased) && images_->Empty(id).ok()) {
    // The disk is full, and this removal is the way out: its own space has come back first, and there is no
    // way back. A row that cannot be erased even so goes at the next open, by its image's name.
    erased = catalogue_->Erase(id);
    forget();
    if (erased.ok()) return true;
    LogWarn("the row of what was removed is still in the catalogue",
            {{"id", id}, {"why", std::string(MessageOf(erased))}});
    return false;
  }
  if (!erased.ok()) {
    if (absl::Status undone = images_->UnmarkDeleted(id); !undone.ok()) {
      return Error(erased.code(), "{}; and {}", MessageOf(erased), MessageOf(undone));
    }
    return erased;
  }
  forget();
  RETURN_IF_ERROR(FaultPoint(snapshot ? "local.snapshot_remove.after_row" : "local.remove.after_row"));
  return true;
}

// --- change ---

absl::StatusOr<Volume> LocalDriver::Grow(const CallContext& context, const std::string& id, uint64_t size) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "grow"));
  ASSIGN_OR_RETURN(const EntryPointer entry, LookupUsable(id));
  const VolumeRecord& record = entry->record;
  if (size < record.size) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\" has {}; it cannot shrink to {} (make a smaller one and copy)", record.name,
                 FormatSize(record.size), FormatSize(size));
  }
  ASSIGN_OR_RETURN(const uint64_t target, RoundedSize(record.name, size));
  if (target > record.size) {
    ASSIGN_OR_RETURN(const uint64_t length, images_->Extend(record, target));
    RETURN_IF_ERROR(catalogue_->SetSize(id, length));
    index_.Change(id, [&](IndexEntry& changed) {
      changed.record.size = length;
      changed.image.size = length;
    });
  }
  // Also when nothing grew: a first try may have stopped just before.
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(*entry));
  if (loop) {
    RETURN_IF_ERROR(
        Annotate(host_.devices->RefreshLoopSize(loop->path),
                 fmt::format("volume \"{}\" has grown, but {} does not show it", record.name, loop->path)));
  }
  ASSIGN_OR_RETURN(const EntryPointer grown, Lookup(id));
  return Fresh(*grown);
}

absl::Status LocalDriver::ClearBlankMark(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "clear the blank mark of"));
  ASSIGN_OR_RETURN(const EntryPointer entry, LookupUsable(id));
  // The xattr first: a catalogue that is rebuilt from it must never call a volume with data blank. Also when
  // it is clear in memory: a first try may have stopped between the two.
  RETURN_IF_ERROR(images_->ClearBlank(id));
  if (!entry->record.blank) return absl::OkStatus();
  RETURN_IF_ERROR(catalogue_->ClearBlank(id));
  index_.Change(id, [](IndexEntry& changed) { changed.record.blank = false; });
  return absl::OkStatus();
}

absl::StatusOr<HolderState> LocalDriver::StateOfHolder(const CallContext&, const NodeId& node) {
  return node == node_id_ ? HolderState::kRunning : HolderState::kUnknown;
}

}  // namespace rexray::drivers::local
