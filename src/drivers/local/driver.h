#pragma once

// StorageDriver over the catalogue, the images and the index. Made by OpenLocalDriver.
//
// Locks, in order: KeyedLock of a name, KeyedLock of an id, then the short ones inside Catalogue and
// VolumeIndex. Reads take only the index's.

#include <memory>
#include <string>
#include <vector>

#include "base/keyed_lock.h"
#include "base/unique_fd.h"
#include "drivers/local/catalogue.h"
#include "drivers/local/image_store.h"
#include "drivers/local/local_driver.h"
#include "drivers/local/snapshot_list.h"
#include "drivers/local/volume_index.h"

namespace rexray::drivers::local {

class LocalDriver final : public StorageDriver {
 public:
  /// What opening has made ready.
  struct Parts {
    UniqueFd directory_lock;
    std::unique_ptr<ImageStore> images;
    std::unique_ptr<Catalogue> catalogue;
    std::vector<std::string> findings;  ///< what could not be repaired, for Diagnose
  };
  LocalDriver(LocalOptions options, const host::Host& host, Parts parts);

  std::string Name() const override { return "local"; }
  const DriverCapabilities& Capabilities() const override { return capabilities_; }
  absl::StatusOr<Node> ThisNode(const CallContext& context) override;
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext& context) override;
  absl::StatusOr<std::vector<Volume>> FindByName(const CallContext& context,
                                                 const std::vector<std::string>& names) override;
  absl::StatusOr<Volume> Get(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Create(const CallContext& context, const CreateSpec& spec) override;
  absl::Status Remove(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Attachment> Attach(const CallContext& context, const std::string& id,
                                    const AttachOptions& options) override;
  absl::StatusOr<LocalResource> AwaitLocal(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext& context,
                                                         const std::string& id) override;
  absl::Status Detach(const CallContext& context, const std::string& id, const NodeId& node,
                      bool force) override;
  absl::StatusOr<Volume> Grow(const CallContext& context, const std::string& id, uint64_t size) override;
  absl::Status ClearBlankMark(const CallContext& context, const std::string& id) override;
  absl::Status OnStaged(const CallContext& context, const std::string& id) override;
  absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) override;
  absl::Status ClearUuidMark(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<Pool>> PoolOf(const CallContext& context) override;
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const CallContext& context) override;
  absl::StatusOr<Snapshot> CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                          const SnapshotSpec& spec) override;
  absl::Status RemoveSnapshot(const CallContext& context, const std::string& id) override;
  std::vector<Diagnosis> Diagnose(const CallContext& context) override;

  /// For opening: takes in what the catalogue and the images hold, and the loop devices that are there
  /// already.
  void Load(std::vector<IndexEntry> volumes, std::vector<IndexEntry> snapshots);

 private:
  absl::StatusOr<EntryPointer> Lookup(const std::string& id) const;
  absl::StatusOr<EntryPointer> LookupUsable(const std::string& id) const;
  Volume Shown(const IndexEntry& entry) const;
  Volume Fresh(const IndexEntry& entry);
  absl::StatusOr<KeyedLock::Hold> LockId(const CallContext& context, const std::string& id,
                                         const char* doing);
  absl::StatusOr<KeyedLock::Hold> LockName(const CallContext& context, const std::string& name,
                                           const char* doing);

  absl::StatusOr<VolumeRecord> Plan(const CreateSpec& spec) const;
  // driver_snapshots.cc
  ImageCopyOptions CopyOptions(const CallContext& context, const std::string& from,
                               const VolumeRecord& source, const std::string& snapshot_id);
  absl::StatusOr<VolumeRecord> SourceOf(const CreateSpec& spec) const;
  static absl::Status BecomeCopy(const CreateSpec& spec, const VolumeRecord& source, VolumeRecord& record);
  absl::StatusOr<ImageInfo> MakeImage(const CallContext& context, const CreateSpec& spec,
                                      const VolumeRecord& record);

  absl::StatusOr<uint64_t> RoundedSize(const std::string& name, uint64_t size) const;
  /// False: removed, but its row goes only at the next open, which its image's name makes sure of.
  absl::StatusOr<bool> RemoveImageAndRow(const std::string& id);
  absl::Status CheckDetached(const IndexEntry& entry);

  absl::StatusOr<std::optional<host::LoopDevice>> FindLoop(const IndexEntry& entry);
  void NoteLoop(const std::string& id, const std::optional<host::LoopDevice>& loop);
  void NoteImage(const std::string& id);

  const LocalOptions options_;
  const host::Host host_;
  Clock& clock_;
  const NodeId node_id_;
  UniqueFd directory_lock_;
  std::unique_ptr<ImageStore> images_;
  std::unique_ptr<Catalogue> catalogue_;
  const std::vector<std::string> findings_;
  const DriverCapabilities capabilities_;
  VolumeIndex index_;
  SnapshotList snapshots_;
  KeyedLock locks_;
};

}  // namespace rexray::drivers::local
