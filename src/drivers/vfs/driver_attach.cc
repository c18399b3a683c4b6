// Attaching is bookkeeping: a directory is always here. What is kept is who may still be using it.

#include "base/status.h"
#include "drivers/vfs/driver.h"
#include "volume/volume_name.h"

namespace rexray::drivers::vfs {

void VfsDriver::NoteAttached(const std::string& id, bool attached) {
  MutexLock lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) found->second.attached = attached;
}

absl::StatusOr<Attachment> VfsDriver::Attach(const CallContext& context, const std::string& id,
                                             const AttachOptions& /*options*/) {
  ASSIGN_OR_RETURN(const Shelf shelf, Lookup(id));
  const EntryPointer entry = shelf.entry;
  const VolumeRecord& record = entry->record;
  RETURN_IF_ERROR(CheckTime(context, "attach", record.name));
  MutexLock change(entry->change);
  if (entry->removed) {
    return Error(absl::StatusCode::kNotFound, "volume \"{}\" has just been removed", record.name);
  }
  RETURN_IF_ERROR(CheckFiles(record).status());
  const std::optional<Shelf> now = FindShelf(id);
  if (!now || !now->attached) {
    RETURN_IF_ERROR(Annotate(store_->SetAttached(record, true),
                             fmt::format("volume \"{}\" cannot be attached", record.name)));
    NoteAttached(id, true);
  }
  return Attachment{node_id_, AttachmentState::kAttached, store_->FilesOf(record)};
}

absl::StatusOr<LocalResource> VfsDriver::AwaitLocal(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Shelf shelf, Lookup(id));
  RETURN_IF_ERROR(CheckTime(context, "wait for", shelf.entry->record.name));
  if (!shelf.attached) {
    return Error(absl::StatusCode::kFailedPrecondition, "volume \"{}\" is not attached to this node ({})",
                 shelf.entry->record.name, node_id_);
  }
  ASSIGN_OR_RETURN(std::string identity, CheckFiles(shelf.entry->record));
  return LocalResource{store_->FilesOf(shelf.entry->record), std::move(identity)};
}

absl::StatusOr<std::optional<LocalResource>> VfsDriver::FindLocal(const CallContext&, const std::string& id) {
  const std::optional<Shelf> shelf = FindShelf(id);
  if (!shelf || !shelf->attached) return std::nullopt;
  ASSIGN_OR_RETURN(std::string identity, CheckFiles(shelf->entry->record));
  return LocalResource{store_->FilesOf(shelf->entry->record), std::move(identity)};
}

absl::Status VfsDriver::Detach(const CallContext& context, const std::string& id, const NodeId& node,
                               bool /*force*/) {
  if (!node.empty() && node != node_id_) return absl::OkStatus();  // it cannot be attached anywhere else
  const std::optional<Shelf> shelf = FindShelf(id);
  if (!shelf) return absl::OkStatus();
  const EntryPointer entry = shelf->entry;
  RETURN_IF_ERROR(CheckTime(context, "detach", entry->record.name));
  MutexLock change(entry->change);
  if (entry->removed) return absl::OkStatus();
  RETURN_IF_ERROR(Annotate(store_->SetAttached(entry->record, false),
                           fmt::format("volume \"{}\" cannot be detached", entry->record.name)));
  NoteAttached(id, false);
  return absl::OkStatus();
}

absl::StatusOr<Volume> VfsDriver::Grow(const CallContext&, const std::string& id, uint64_t) {
  const std::optional<Shelf> shelf = FindShelf(id);
  return Error(absl::StatusCode::kUnimplemented,
               "volume \"{}\": vfs volumes have no size, and nothing to grow: they share the space of {}",
               shelf ? shelf->entry->record.name : Printable(id), store_->directory());
}

absl::Status VfsDriver::ClearBlankMark(const CallContext&, const std::string& id) {
  return Lookup(id).status();  // there is no mark: nothing is ever formatted
}

absl::StatusOr<HolderState> VfsDriver::StateOfHolder(const CallContext&, const NodeId& node) {
  return node == node_id_ ? HolderState::kRunning : HolderState::kUnknown;
}

}  // namespace rexray::drivers::vfs
