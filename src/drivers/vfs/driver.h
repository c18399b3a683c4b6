#pragma once

// StorageDriver over the store and an index in memory. Made by OpenVfsDriver.
//
// Locks, in order: an Entry's `change` (held over file operations, by what changes that one volume), then the
// index's mutex (never held over a file operation). Reads take the index's alone.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "drivers/vfs/sweeper.h"
#include "drivers/vfs/vfs_driver.h"
#include "drivers/vfs/volume_store.h"

namespace rexray::drivers::vfs {

class VfsDriver final : public StorageDriver {
 public:
  VfsDriver(VfsOptions options, Clock& clock, std::unique_ptr<VolumeStore> store, ScannedVolumes scanned);

  std::string Name() const override { return "vfs"; }
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
  absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) override;
  std::vector<Diagnosis> Diagnose(const CallContext& context) override;

 private:
  struct Entry {
    explicit Entry(VolumeRecord made) : record(std::move(made)) {}
    const VolumeRecord record;
    Mutex change;
    bool removed ABSL_GUARDED_BY(change) = false;
  };
  using EntryPointer = std::shared_ptr<Entry>;
  struct Shelf {  ///< what the index knows of a volume
    EntryPointer entry;
    bool attached = false;
    std::string problem;  ///< why it cannot be used, as seen last
  };

  void Put(Shelf shelf);
  std::optional<Shelf> FindShelf(const std::string& id) const;
  absl::StatusOr<Shelf> Lookup(const std::string& id) const;
  absl::Status CheckTime(const CallContext& context, const char* doing, const std::string& volume) const;
  void NoteAttached(const std::string& id, bool attached);
  /// CheckFiles, whose answer the index remembers.
  absl::StatusOr<std::string> CheckFiles(const VolumeRecord& record);
  Volume Shown(const Shelf& shelf) const;
  Volume Fresh(const std::string& id, const Shelf& last);
  absl::StatusOr<VolumeRecord> Plan(const CreateSpec& spec) const;

  const VfsOptions options_;
  Clock& clock_;
  const NodeId node_id_;
  const DriverCapabilities capabilities_ = VfsCapabilities();
  const std::unique_ptr<VolumeStore> store_;
  const std::vector<std::string> findings_;
  mutable Mutex mutex_;
  std::map<std::string, Shelf> by_id_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> ids_ ABSL_GUARDED_BY(mutex_);  ///< name -> id
  Sweeper sweeper_;                                                 ///< last: it stops before the store goes
};

}  // namespace rexray::drivers::vfs
