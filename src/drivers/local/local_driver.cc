// Opening: what a crash, a lost catalogue or a person left is put in order, or told.

#include "drivers/local/local_driver.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "drivers/local/catalogue.h"
#include "drivers/local/closed_look.h"
#include "drivers/local/directory_lock.h"
#include "drivers/local/driver.h"
#include "drivers/local/image_store.h"

namespace rexray::drivers::local {
namespace {

/// The catalogue, and the volumes that it knows. A damaged one is moved aside; the images then fill a new
/// one.
absl::Status OpenCatalogue(const std::string& path, Clock& clock, LocalDriver::Parts& parts,
                           std::vector<VolumeRecord>& records) {
  for (bool again = false;; again = true) {
    absl::StatusOr<std::unique_ptr<Catalogue>> opened = Catalogue::Open(path);
    absl::Status status = opened.status();
    if (status.ok()) {
      absl::StatusOr<std::vector<VolumeRecord>> read = (*opened)->ReadAll();
      status = read.status();
      absl::StatusOr<std::vector<VolumeRecord>> snapshots = (*opened)->ReadSnapshots();
      if (status.ok()) status = snapshots.status();
      if (status.ok()) {
        records = *std::move(read);
        records.insert(records.end(), std::make_move_iterator(snapshots->begin()),
                       std::make_move_iterator(snapshots->end()));
        parts.catalogue = *std::move(opened);
        return absl::OkStatus();
      }
      opened->reset();
    }
    if (again || !absl::IsDataLoss(status)) return status;
    ASSIGN_OR_RETURN(const std::string aside, SetAsideDamaged(path, clock.WallNow()));
    LogError("the catalogue was damaged: moved aside, and rebuilt from the images' xattrs",
             {{"why", std::string(MessageOf(status))}, {"moved_to", aside}});
    parts.findings.push_back("a damaged catalogue was moved to " + aside + " and rebuilt from the images");
  }
}

/// A removal that was begun is finished: the name ".<id>.deleted" is the decision.
absl::Status FinishRemovals(const std::vector<std::string>& ids, LocalDriver::Parts& parts,
                            std::vector<VolumeRecord>& records) {
  for (const std::string& id : ids) {
    RETURN_IF_ERROR(parts.catalogue->Erase(id));
    std::erase_if(records, [&](const VolumeRecord& record) { return record.id == id; });
    RETURN_IF_ERROR(parts.images->Unlink(id));
    LogInfo("finished the removal of a volume that a crash had stopped", {{"id", id}});
  }
  return absl::OkStatus();
}

/// Images that the catalogue does not know: after a crash between image and row, or all of them after its
/// loss.
absl::Status TakeInStrangers(const std::vector<SweptImages::Found>& images, LocalDriver::Parts& parts,
                             std::vector<VolumeRecord>& records) {
  std::set<std::string> ids;
  std::set<std::string> names;
  for (const VolumeRecord& record : records) {
    ids.insert(record.id);
    if (!IsSnapshotId(record.id)) names.insert(record.name);
  }
  std::vector<VolumeRecord> strangers;
  for (const SweptImages::Found& image : images) {
    if (ids.contains(image.id)) continue;
    absl::StatusOr<VolumeRecord> record = parts.images->ReadRecord(image.id);
    if (record.ok()) {
      strangers.push_back(*std::move(record));
      continue;
    }
    LogWarn("an image is not in the catalogue, and its xattrs do not say what it is: left alone",
            {{"id", image.id}, {"why", std::string(MessageOf(record.status()))}});
    parts.findings.push_back(fmt::format("image {} is not in the catalogue: {}",
                                         parts.images->PathOf(image.id), MessageOf(record.status())));
  }
  // Of two with one name the older keeps it.
  std::sort(strangers.begin(), strangers.end(), [](const VolumeRecord& a, const VolumeRecord& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  std::erase_if(strangers, [&](const VolumeRecord& record) {
    if (IsSnapshotId(record.id) || names.insert(record.name).second) return false;
    LogWarn("an image is not in the catalogue, and another volume has its name: left alone",
            {{"id", record.id}, {"volume", record.name}});
    parts.findings.push_back(
        fmt::format("image {} is not in the catalogue, and another volume has its name \"{}\"",
                    parts.images->PathOf(record.id), record.name));
    return true;
  });
  if (strangers.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(parts.catalogue->InsertAll(strangers));
  LogWarn("took in images that the catalogue did not know", {{"volumes", std::to_string(strangers.size())}});
  for (VolumeRecord& record : strangers) records.push_back(std::move(record));
  return absl::OkStatus();
}

/// Compares a volume with its image. A longer image is a Grow that a crash stopped before the catalogue knew.
absl::StatusOr<IndexEntry> Match(VolumeRecord record, const SweptImages::Found* image,
                                 LocalDriver::Parts& parts) {
  IndexEntry entry;
  if (image != nullptr) {
    entry.image = image->info;
    if (image->info.size > record.size) {
      RETURN_IF_ERROR(parts.catalogue->SetSize(record.id, image->info.size));
      record.size = image->info.size;
    }
  }
  const std::optional<uint64_t> length =
      image == nullptr ? std::nullopt : std::optional<uint64_t>(image->info.size);
  entry.problem = ImageProblem(record, length, parts.images->PathOf(record.id));
  if (!entry.problem.empty()) {
    LogError("a volume cannot be used", {{"volume", record.name}, {"id", record.id}, {"why", entry.problem}});
    parts.findings.push_back(fmt::format("volume \"{}\": {}", record.name, entry.problem));
  }
  entry.record = std::move(record);
  return entry;
}

/// The loop devices that a former daemon left attached, by the kernel's word.
void NoteLoops(const host::Host& host, std::vector<IndexEntry>& entries) {
  absl::StatusOr<std::vector<host::LoopDevice>> loops = host.devices->ListLoops();
  if (!loops.ok()) {  // without root, or without loop devices: Attach will say so
    LogDebug("cannot list loop devices", {{"why", std::string(MessageOf(loops.status()))}});
    return;
  }
  std::map<std::pair<dev_t, ino_t>, std::string> by_file;
  for (const host::LoopDevice& loop : *loops) by_file[{loop.backing.device, loop.backing.inode}] = loop.path;
  for (IndexEntry& entry : entries) {
    const auto found = by_file.find({entry.image.identity.device, entry.image.identity.inode});
    if (found != by_file.end()) entry.loop = found->second;
  }
}

absl::StatusOr<std::vector<IndexEntry>> Repair(const LocalOptions& options, Clock& clock,
                                               LocalDriver::Parts& parts) {
  std::vector<VolumeRecord> records;
  RETURN_IF_ERROR(OpenCatalogue(options.data_directory + "/catalogue.db", clock, parts, records));
  ASSIGN_OR_RETURN(const SweptImages swept, parts.images->Sweep());
  RETURN_IF_ERROR(FinishRemovals(swept.unfinished_removals, parts, records));
  RETURN_IF_ERROR(TakeInStrangers(swept.images, parts, records));
  std::map<std::string, const SweptImages::Found*> by_id;
  for (const SweptImages::Found& image : swept.images) by_id[image.id] = &image;
  std::vector<IndexEntry> entries;
  entries.reserve(records.size());
  for (VolumeRecord& record : records) {
    const auto image = by_id.find(record.id);
    ASSIGN_OR_RETURN(IndexEntry entry,
                     Match(std::move(record), image == by_id.end() ? nullptr : image->second, parts));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StorageDriver>> OpenLocalDriver(const LocalOptions& options,
                                                               const host::Host& host) {
  Clock& clock = host.clock != nullptr ? *host.clock : SystemClock::Get();
  RETURN_IF_ERROR(MakeDirectories(options.data_directory));
  LocalDriver::Parts parts;
  ASSIGN_OR_RETURN(parts.directory_lock, LockDirectory(options.data_directory));
  ASSIGN_OR_RETURN(parts.images, ImageStore::Open(options.data_directory + "/images"));
  ASSIGN_OR_RETURN(std::vector<IndexEntry> entries, Repair(options, clock, parts));
  NoteLoops(host, entries);
  const auto first_snapshot = std::stable_partition(
      entries.begin(), entries.end(), [](const IndexEntry& entry) { return !IsSnapshotId(entry.record.id); });
  std::vector<IndexEntry> snapshots(std::make_move_iterator(first_snapshot),
                                    std::make_move_iterator(entries.end()));
  entries.erase(first_snapshot, entries.end());
  auto driver = std::make_unique<LocalDriver>(options, host, std::move(parts));
  driver->Load(std::move(entries), std::move(snapshots));
  return driver;
}

}  // namespace rexray::drivers::local
