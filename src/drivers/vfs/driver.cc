// Opening, reads, and what creates and removes volumes. driver_attach.cc has the rest.

#include "drivers/vfs/driver.h"

#include <sys/random.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <fstream>
#include <set>
#include <utility>

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::drivers::vfs {
namespace {

std::string FirstLineOf(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

NodeId NodeIdOr(const std::string& configured) {
  if (!configured.empty()) return configured;
  if (std::string id = FirstLineOf("/etc/machine-id"); !id.empty()) return id;
  char host_name[HOST_NAME_MAX + 1] = {};
  return gethostname(host_name, sizeof host_name - 1) == 0 && host_name[0] != '\0' ? host_name : "this-node";
}

absl::StatusOr<std::string> NewVolumeId() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    return ErrnoError(errno, "getrandom");
  }
  return fmt::format("vfs-{:016x}", number);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StorageDriver>> OpenVfsDriver(const VfsOptions& options,
                                                             const host::Host& host) {
  std::string boot_id = options.boot_id;
  if (boot_id.empty()) boot_id = FirstLineOf("/proc/sys/kernel/random/boot_id");
  if (boot_id.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "/proc/sys/kernel/random/boot_id cannot be read; mount /proc");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<VolumeStore> store, VolumeStore::Open(options.root, boot_id));
  ASSIGN_OR_RETURN(ScannedVolumes scanned, store->Scan());
  Clock& clock = host.clock != nullptr ? *host.clock : SystemClock::Get();
  return std::make_unique<VfsDriver>(options, clock, std::move(store), std::move(scanned));
}

DriverCapabilities VfsCapabilities() {
  DriverCapabilities capabilities;
  capabilities.kind = DriverCapabilities::Kind::kDirectory;
  capabilities.sizes = false;
  capabilities.needs_root = false;
  return capabilities;
}

VfsDriver::VfsDriver(VfsOptions options, Clock& clock, std::unique_ptr<VolumeStore> store,
                     ScannedVolumes scanned)
    : options_(std::move(options)),
      clock_(clock),
      node_id_(NodeIdOr(options_.node_id)),
      store_(std::move(store)),
      findings_(std::move(scanned.findings)),
      sweeper_([this](const std::string& name, const Sweeper::Stop& stop) {
        return store_->RemoveLeftover(name, stop);
      }) {
  for (const std::string& finding : findings_) LogWarn("not a volume", {{"what", finding}});
  for (ScannedVolumes::Found& found : scanned.volumes) {
    const VolumeRecord& record = found.record;
    const absl::StatusOr<std::string> files = store_->CheckFiles(record);
    const std::string problem = files.ok() ? "" : std::string(MessageOf(files.status()));
    if (!problem.empty()) LogError("a volume cannot be used", {{"id", record.id}, {"why", problem}});
    Put({std::make_shared<Entry>(std::move(found.record)), found.attached, problem});
  }
  for (std::string& name : scanned.leftovers) sweeper_.Add(std::move(name));
}

// --- reads ---

void VfsDriver::Put(Shelf shelf) {
  MutexLock lock(mutex_);
  ids_[shelf.entry->record.name] = shelf.entry->record.id;
  const std::string& id = shelf.entry->record.id;
  by_id_[id] = std::move(shelf);
}

std::optional<VfsDriver::Shelf> VfsDriver::FindShelf(const std::string& id) const {
  MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<VfsDriver::Shelf> VfsDriver::Lookup(const std::string& id) const {
  if (std::optional<Shelf> shelf = FindShelf(id)) return *std::move(shelf);
  return Error(absl::StatusCode::kNotFound, "there is no volume with the id {} on service {}", Printable(id),
               options_.service);
}

Volume VfsDriver::Shown(const Shelf& shelf) const {
  Volume volume = ToVolume(shelf.entry->record, options_.service);
  if (shelf.attached) {
    volume.status = VolumeStatus::kInUse;
    volume.attachments.push_back(
        {node_id_, AttachmentState::kAttached, store_->FilesOf(shelf.entry->record)});
  }
  if (!shelf.problem.empty()) {
    volume.status = VolumeStatus::kError;
    volume.status_detail = shelf.problem;
  }
  return volume;
}

absl::StatusOr<std::string> VfsDriver::CheckFiles(const VolumeRecord& record) {
  absl::StatusOr<std::string> identity = store_->CheckFiles(record);
  const std::string problem = identity.ok() ? "" : std::string(MessageOf(identity.status()));
  MutexLock lock(mutex_);
  if (const auto found = by_id_.find(record.id); found != by_id_.end()) found->second.problem = problem;
  return identity;
}

/// With a look at the directory. List does without, and shows what the last look saw.
Volume VfsDriver::Fresh(const std::string& id, const Shelf& last) {
  (void)CheckFiles(last.entry->record);
  return Shown(FindShelf(id).value_or(last));
}

absl::StatusOr<Node> VfsDriver::ThisNode(const CallContext&) {
  Node node;
  node.id = node_id_;
  return node;
}

absl::StatusOr<Aged<std::vector<Volume>>> VfsDriver::List(const CallContext&) {
  Aged<std::vector<Volume>> all;
  all.as_of = clock_.Now();
  std::vector<Shelf> shelves;
  {
    MutexLock lock(mutex_);
    shelves.reserve(ids_.size());
    for (const auto& [name, id] : ids_) shelves.push_back(by_id_.at(id));
  }
  all.value.reserve(shelves.size());
  for (const Shelf& shelf : shelves) all.value.push_back(Shown(shelf));
  return all;
}

absl::StatusOr<std::vector<Volume>> VfsDriver::FindByName(const CallContext&,
                                                          const std::vector<std::string>& names) {
  std::vector<Volume> volumes;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    std::optional<Shelf> shelf;
    {
      MutexLock lock(mutex_);
      if (const auto id = ids_.find(name); id != ids_.end()) shelf = by_id_.at(id->second);
    }
    if (shelf) volumes.push_back(Fresh(shelf->entry->record.id, *shelf));
  }
  return volumes;
}

absl::StatusOr<Volume> VfsDriver::Get(const CallContext&, const std::string& id) {
  ASSIGN_OR_RETURN(const Shelf shelf, Lookup(id));
  return Fresh(id, shelf);
}

absl::Status VfsDriver::CheckTime(const CallContext& context, const char* doing,
                                  const std::string& volume) const {
  if (!context.deadline.Passed(clock_)) return absl::OkStatus();
  return Error(absl::StatusCode::kDeadlineExceeded, "cannot {} volume {}: its time was over before it began",
               doing, Printable(volume));
}

// --- create ---

absl::StatusOr<VolumeRecord> VfsDriver::Plan(const CreateSpec& spec) const {
  RETURN_IF_ERROR(ValidateVolumeName(spec.name));
  RETURN_IF_ERROR(ValidateFsType(spec.fs_type.value_or("")));
  if (spec.source_snapshot || spec.source_volume) {
    return Error(absl::StatusCode::kUnimplemented,
                 "volume \"{}\": the vfs driver cannot make a volume from a snapshot or a volume; create it "
                 "empty and copy the files",
                 spec.name);
  }
  if (spec.encrypted.value_or(false)) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": vfs volumes are not encrypted; leave the option out, or put vfs.root on an "
                 "encrypted disk",
                 spec.name);
  }
  VolumeRecord record;
  record.name = spec.name;
  record.created = std::chrono::time_point_cast<std::chrono::microseconds>(clock_.WallNow());
  record.fs_type = spec.fs_type.value_or("");
  record.type = spec.type.value_or("");
  record.iops = spec.iops;
  record.throughput = spec.throughput;
  record.zone = spec.zone.value_or("");
  record.tags = spec.tags;
  record.mkfs_options = spec.mkfs_options;
  record.mount_options = spec.mount_options;
  ASSIGN_OR_RETURN(record.id, NewVolumeId());
  return record;
}

absl::StatusOr<Volume> VfsDriver::Create(const CallContext& context, const CreateSpec& spec) {
  ASSIGN_OR_RETURN(VolumeRecord record, Plan(spec));
  RETURN_IF_ERROR(CheckTime(context, "create", record.name));
  {
    MutexLock lock(mutex_);
    if (const auto taken = ids_.find(record.name); taken != ids_.end()) {
      return Error(absl::StatusCode::kAlreadyExists, "volume \"{}\" exists on service {} (id {})",
                   record.name, options_.service, taken->second);
    }
  }
  // Of two at once the file system lets one through.
  if (const absl::Status made = store_->Make(record); !made.ok()) {
    return Annotate(made, fmt::format("volume \"{}\" was not created", record.name));
  }
  if (spec.size) {
    LogWarn("a vfs volume has no size limit: the size that was asked for is not enforced",
            {{"volume", record.name}, {"asked", FormatSize(*spec.size)}});
  }
  Shelf shelf{std::make_shared<Entry>(std::move(record)), false, ""};
  const Volume volume = Shown(shelf);
  Put(std::move(shelf));
  RETURN_IF_ERROR(FaultPoint("vfs.create.after_all"));
  return volume;
}

// --- remove ---

absl::Status VfsDriver::Remove(const CallContext& context, const std::string& id) {
  const std::optional<Shelf> shelf = FindShelf(id);
  if (!shelf) return absl::OkStatus();
  const EntryPointer entry = shelf->entry;
  const VolumeRecord& record = entry->record;
  RETURN_IF_ERROR(CheckTime(context, "remove", record.name));
  MutexLock change(entry->change);
  if (entry->removed) return absl::OkStatus();
  if (const std::optional<Shelf> now = FindShelf(id); now && now->attached) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is attached to this node ({}); unmount and detach it first", record.name,
                 node_id_);
  }
  absl::StatusOr<std::string> leftover = store_->MarkDeleted(record);
  if (!leftover.ok()) return Annotate(leftover.status(), fmt::format("volume \"{}\"", record.name));
  entry->removed = true;
  {
    MutexLock lock(mutex_);
    by_id_.erase(id);
    // The name is free on the disk since the rename: a new volume may have it already.
    if (const auto named = ids_.find(record.name); named != ids_.end() && named->second == id)
      ids_.erase(named);
  }
  sweeper_.Add(*std::move(leftover));
  return FaultPoint("vfs.remove.after_all");
}

}  // namespace rexray::drivers::vfs
