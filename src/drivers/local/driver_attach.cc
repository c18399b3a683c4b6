// Loop devices: the kernel knows which image is attached; the index only remembers, so that List need not
// ask.

#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "base/fault_point.h"
#include "base/status.h"
#include "drivers/local/driver.h"
#include "volume/volume_name.h"

namespace rexray::drivers::local {
namespace {

std::string IdentityText(const host::FileIdentity& identity) {
  return fmt::format("loop:{}:{}:{}", major(identity.device), minor(identity.device), identity.inode);
}

LocalResource ResourceOf(const host::LoopDevice& loop) {
  return {loop.path, IdentityText(loop.backing)};
}

/// What sysfs says to anybody, also without the right to open a loop device: the device over the file at
/// `path`.
std::optional<std::string> LoopOverPath(const std::string& path) {
  std::error_code error;
  const std::string canonical = std::filesystem::canonical(path, error).string();
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", error)) {
    std::string backing;
    std::getline(std::ifstream(entry.path() / "loop/backing_file"), backing);
    if (!backing.empty() && (backing == path || backing == canonical)) {
      return "/dev/" + entry.path().filename().string();
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<host::LoopDevice>> LocalDriver::FindLoop(const IndexEntry& entry) {
  absl::StatusOr<std::optional<host::LoopDevice>> found = host_.devices->FindLoop(entry.image.identity);
  if (absl::IsPermissionDenied(found.status())) {  // not root, and somebody's loop device is in the way
    const std::optional<std::string> path = LoopOverPath(images_->PathOf(entry.record.id));
    if (!path) return std::nullopt;
    host::LoopDevice loop;
    loop.path = *path;
    loop.backing = entry.image.identity;
    return loop;
  }
  if (!found.ok()) return Annotate(found.status(), fmt::format("volume \"{}\"", entry.record.name));
  NoteLoop(entry.record.id, *found);
  return found;
}

void LocalDriver::NoteLoop(const std::string& id, const std::optional<host::LoopDevice>& loop) {
  const std::string path = loop ? loop->path : "";
  const EntryPointer entry = index_.Find(id);
  if (entry == nullptr || entry->loop == path) return;
  index_.Change(id, [&](IndexEntry& changed) { changed.loop = path; });
}

absl::Status LocalDriver::CheckDetached(const IndexEntry& entry) {
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(entry));
  if (!loop) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition,
               "volume \"{}\" is attached to this node ({}) as {}; unmount and detach it first",
               entry.record.name, node_id_, loop->path);
}

absl::StatusOr<Attachment> LocalDriver::Attach(const CallContext& context, const std::string& id,
                                               const AttachOptions& options) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "attach"));
  ASSIGN_OR_RETURN(const EntryPointer entry, LookupUsable(id));
  const std::string& name = entry->record.name;
  absl::StatusOr<host::LoopDevice> loop =
      host_.devices->AttachLoop(images_->PathOf(id), options.read_only, context.deadline);
  if (!loop.ok()) return Annotate(loop.status(), fmt::format("volume \"{}\" cannot be attached", name));
  index_.Change(id, [&](IndexEntry& changed) {
    changed.loop = loop->path;
    changed.image.identity = loop->backing;  // a restored backup is another file under the same name
  });
  if (loop->read_only && !options.read_only) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is attached read-only as {}; detach it first to attach it for writing", name,
                 loop->path);
  }
  NoteImage(id);
  return Attachment{node_id_, AttachmentState::kAttached, loop->path};
}

absl::StatusOr<LocalResource> LocalDriver::AwaitLocal(const CallContext& context, const std::string& id) {
  if (context.deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded,
                 "the time to wait for volume {} was over before it began", Printable(id));
  }
  ASSIGN_OR_RETURN(const EntryPointer entry, LookupUsable(id));
  // A loop device is there when Attach returns; what is left to do is to see that it is still this image's.
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(*entry));
  if (loop) return ResourceOf(*loop);
  return Error(absl::StatusCode::kFailedPrecondition, "volume \"{}\" is not attached to this node ({})",
               entry->record.name, node_id_);
}

absl::StatusOr<std::optional<LocalResource>> LocalDriver::FindLocal(const CallContext&,
                                                                    const std::string& id) {
  const EntryPointer entry = index_.Find(id);
  if (entry == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(*entry));
  if (!loop) return std::nullopt;
  return ResourceOf(*loop);
}

absl::Status LocalDriver::OnStaged(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "set autoclear of"));
  ASSIGN_OR_RETURN(const EntryPointer entry, Lookup(id));
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(*entry));
  if (!loop) {
    return Error(absl::StatusCode::kFailedPrecondition, "volume \"{}\" is not attached to this node ({})",
                 entry->record.name, node_id_);
  }
  return Annotate(host_.devices->SetAutoclear(loop->path, true),
                  fmt::format("volume \"{}\"", entry->record.name));
}

absl::Status LocalDriver::Detach(const CallContext& context, const std::string& id, const NodeId& node,
                                 bool /*force*/) {
  if (!node.empty() && node != node_id_) return absl::OkStatus();  // it cannot be attached anywhere else
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "detach"));
  const EntryPointer entry = index_.Find(id);
  if (entry == nullptr) return absl::OkStatus();
  // With autoclear an unmount has taken the device away already.
  ASSIGN_OR_RETURN(const std::optional<host::LoopDevice> loop, FindLoop(*entry));
  if (!loop) return absl::OkStatus();
  RETURN_IF_ERROR(Annotate(host_.devices->DetachLoop(loop->path, loop->backing, context.deadline),
                           fmt::format("volume \"{}\" cannot be detached", entry->record.name)));
  NoteLoop(id, std::nullopt);
  NoteImage(id);
  return absl::OkStatus();
}

}  // namespace rexray::drivers::local
