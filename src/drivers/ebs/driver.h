#pragma once

// StorageDriver over Cloud. Made by OpenEbsDriver. Files: driver.cc (who we are, looking), driver_create.cc,
// driver_attach.cc, driver_detach.cc, driver_change.cc, driver_snapshots.cc, driver_diagnose.cc.
//
// Locks: KeyedLock of a name or an id, then nothing; the short ones inside Cloud's parts.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/keyed_lock.h"
#include "base/mutex.h"
#include "drivers/ebs/cloud.h"
#include "drivers/ebs/device_finder.h"
#include "drivers/ebs/device_names.h"
#include "drivers/ebs/device_watch.h"
#include "drivers/ebs/ebs_driver.h"
#include "drivers/ebs/imds.h"
#include "drivers/ebs/volume_tags.h"

namespace rexray::drivers::ebs {

class EbsDriver final : public StorageDriver {
 public:
  EbsDriver(EbsOptions options, const host::Host& host, std::shared_ptr<HttpTransport> transport,
            const EnvironmentLookup& environment, std::shared_ptr<Cloud> cloud);
  ~EbsDriver() override = default;

  std::string Name() const override { return "ebs"; }
  const DriverCapabilities& Capabilities() const override { return capabilities_; }
  absl::StatusOr<Node> ThisNode(const CallContext& context) override;
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext& context) override;
  absl::StatusOr<Aged<std::vector<Volume>>> ListEverything(const CallContext& context) override;
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
  absl::Status ClearUuidMark(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Modify(const CallContext& context, const std::string& id,
                                const ModifySpec& spec) override;
  absl::StatusOr<Volume> Adopt(const CallContext& context, const std::string& id) override;
  absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) override;
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const CallContext& context) override;
  absl::StatusOr<Snapshot> CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                          const SnapshotSpec& spec) override;
  absl::Status RemoveSnapshot(const CallContext& context, const std::string& id) override;
  std::vector<Diagnosis> Diagnose(const CallContext& context) override;

 private:
  /// Who we are, and the region's cloud: known after the first call that reached IMDS, and then for good.
  struct Self {
    std::shared_ptr<Cloud> cloud;
    InstanceIdentity identity;
  };
  absl::StatusOr<Self> Begin(const CallContext& context);
  absl::StatusOr<InstanceIdentity> FindIdentity(Deadline deadline);
  std::shared_ptr<Cloud> NewCloud(const std::string& region);

  // --- looking (driver.cc) ---
  /// Fresh; NotFound when there is none, or it is being deleted, or belongs to another set.
  absl::StatusOr<Ec2Volume> Look(const Self& self, const std::string& id, Deadline deadline);
  /// Of any set.
  absl::StatusOr<Ec2Volume> LookAtAny(const Self& self, const std::string& id, Deadline deadline);
  absl::StatusOr<std::optional<Ec2Volume>> AwaitKnown(const Self& self, const std::string& id,
                                                      Deadline deadline);
  absl::StatusOr<std::vector<Ec2Volume>> LookByName(const Self& self, const std::vector<std::string>& names,
                                                    Deadline deadline);
  bool MadeJustNow(const std::string& id);
  void NoteMade(const std::string& id);
  Volume Shown(const Self& self, const Ec2Volume& volume) const;
  absl::StatusOr<KeyedLock::Hold> LockId(const CallContext& context, const std::string& id,
                                         const char* doing);
  Selection SetSelection() const;
  Selection ListSelection(const Self& self) const;
  Aged<std::vector<Volume>> Sorted(const Self& self, const Aged<std::vector<Ec2Volume>>& listed,
                                   const std::function<bool(const Ec2Volume&)>& keep) const;

  // --- making (driver_create.cc) ---
  absl::StatusOr<NewVolume> Plan(const Self& self, const CreateSpec& spec) const;
  absl::StatusOr<Ec2Volume> CreateOnce(const Self& self, const std::string& name, NewVolume plan,
                                       const CallContext& context);
  struct Made {
    std::optional<Ec2Volume> alive;
    bool was_alive = false;  ///< where it is no more: it was seen before
  };
  absl::StatusOr<Made> AwaitMade(const Self& self, const std::string& name, const Ec2Volume& answered,
                                 bool fresh, const CallContext& context);
  absl::StatusOr<std::optional<Ec2Volume>> LookToRemove(const Self& self, const std::string& id,
                                                        const CallContext& context);
  bool IsKnownGone(const std::string& id);
  void NoteGone(const std::string& id);
  bool StaysAlive(const Self& self, const Ec2Volume& volume, const CallContext& context);
  absl::Status YieldToOlder(const Self& self, const std::string& name, const Ec2Volume& made,
                            const CallContext& context);

  // --- copies (driver_snapshots.cc) ---
  absl::StatusOr<Ec2Snapshot> LookAtSnapshot(const Self& self, const std::string& id, Deadline deadline);
  /// What tells one request for a snapshot from all others, should its answer be lost.
  struct CutRequest {
    std::string token;
    std::optional<TimePoint> lost;  ///< since then EC2's views may lack what it made
  };
  CutRequest BeginCut(const std::string& key);
  void EndCut(const std::string& key, const CutRequest& request, const absl::Status& status);
  absl::StatusOr<Ec2Snapshot> Cut(const Self& self, const Ec2Volume& source, Ec2Tags tags,
                                  const std::string& description, const CutRequest& request,
                                  Deadline deadline);
  absl::StatusOr<Ec2Snapshot> CutOnce(const Self& self, const Ec2Volume& source, const Ec2Tags& tags,
                                      const std::string& description, const CutRequest& request,
                                      Deadline deadline);
  absl::StatusOr<std::optional<Ec2Snapshot>> FindCut(const Self& self, const std::string& token,
                                                     TimePoint until, Deadline deadline);
  absl::StatusOr<Ec2Snapshot> AwaitShown(const Self& self, const Ec2Snapshot& made, Deadline deadline);
  void RemoveLostCut(const Self& self, const std::string& token);
  absl::Status PlanCopy(const CreateSpec& spec, const Ec2Snapshot& snapshot, const Ec2Volume* source,
                        NewVolume& plan) const;
  absl::StatusOr<Ec2Volume> CreateFromSnapshot(const Self& self, const CreateSpec& spec, NewVolume plan,
                                               const CallContext& context);
  absl::StatusOr<Ec2Volume> CreateFromVolume(const Self& self, const CreateSpec& spec, NewVolume plan,
                                             const CallContext& context);

  // --- attaching (driver_attach.cc) ---
  absl::StatusOr<Ec2Volume> ReadyToAttach(const Self& self, const std::string& id,
                                          const AttachOptions& options, const CallContext& context);
  bool AwaitLeaving(const Self& self, const Ec2Volume& volume, Deadline until);
  absl::Status Take(const Self& self, const Ec2Volume& volume, const std::string& holder,
                    const CallContext& context);
  struct Slots {
    int used = 0;
    std::optional<int> limit;
    std::string type;
    int interfaces = 1;
    bool shared = false;  ///< network interfaces take slots too
    std::set<std::string> names;
    std::string Text(const std::string& instance) const;
  };
  /// Without the volume itself.
  absl::StatusOr<Slots> CountSlots(const Self& self, const std::string& id, Deadline deadline);
  absl::StatusOr<std::set<std::string>> FreeSlot(const Self& self, const std::string& id,
                                                 const CallContext& context);
  absl::StatusOr<Attachment> AttachUnderAName(const Self& self, const Ec2Volume& volume,
                                              const CallContext& context);
  absl::StatusOr<std::optional<Attachment>> AfterRefusal(const Self& self, const Ec2Volume& volume,
                                                         const absl::Status& refused,
                                                         const CallContext& context);
  absl::StatusOr<std::optional<LocalResource>> FindDevice(const std::string& id, const std::string& name);
  absl::StatusOr<LocalResource> AwaitDevice(const Self& self, const std::string& id,
                                            const std::string& called, const CallContext& context);
  absl::Status UndoStuck(const Self& self, const std::string& id, const std::string& called);
  bool DetachedJustNow(const std::string& id);
  void NoteDetached(const std::string& id);
  void NoteName(const Ec2Volume& volume, const std::string& name);
  std::string NameOf(const std::string& id);
  /// What an attachment of ours was given.
  struct Given {
    std::string name;    ///< the device's, for EC2
    std::string called;  ///< the volume, in messages
  };
  Given GivenTo(const std::string& id);

  // --- detaching (driver_detach.cc) ---
  absl::Status AwaitDetached(const Self& self, const std::string& id, const NodeId& node,
                             const CallContext& context);
  bool MayBeHere(const Ec2Volume& volume);
  std::string WhoUses(const std::string& id, const NodeId& node, const Self& self);
  absl::StatusOr<HolderState> StateOf(const Self& self, const NodeId& node, Deadline deadline);

  // --- changing (driver_change.cc) ---
  absl::StatusOr<Volume> Change(const Self& self, const std::string& id, const VolumeChange& wanted,
                                const CallContext& context);
  absl::StatusOr<std::optional<Ec2Volume>> AwaitOtherView(const Self& self, const Ec2Volume& volume,
                                                          const VolumeChange& wanted,
                                                          const CallContext& context);
  absl::StatusOr<Ec2Modification> BeginChange(const Self& self, const Ec2Volume& volume,
                                              const VolumeChange& missing, const CallContext& context);
  absl::Status AwaitModified(const Self& self, const Ec2Volume& volume, const Ec2Modification& begun,
                             const CallContext& context);
  absl::Status ClearTag(const CallContext& context, const std::string& id, const char* tag,
                        const char* doing);

  // --- doctor (driver_diagnose.cc) ---
  Diagnosis CheckPermissions(const Self& self, const CallContext& context);
  absl::StatusOr<std::string> DescribeSlots(const Self& self, Deadline deadline);

  const EbsOptions options_;
  const host::Host host_;
  Clock& clock_;
  DriverCapabilities capabilities_;
  const EnvironmentLookup environment_;
  const TagScheme scheme_;
  const std::shared_ptr<HttpTransport> transport_;
  Imds imds_;
  const std::shared_ptr<CredentialChain> credentials_;
  KeyedLock locks_;
  DeviceFinder finder_;
  DeviceNames names_;

  Mutex mutex_;
  std::optional<Self> self_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, TimePoint> made_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Given> given_ ABSL_GUARDED_BY(mutex_);  ///< by volume, to what is attached here
  std::map<std::string, TimePoint> detached_ ABSL_GUARDED_BY(mutex_);    ///< from here, and when
  std::set<std::string> gone_ ABSL_GUARDED_BY(mutex_);                   ///< volumes that are no more
  std::map<std::string, CutRequest> lost_cuts_ ABSL_GUARDED_BY(mutex_);  ///< by volume and name

  DeviceWatch watch_;  ///< the last: its thread uses self_
};

/// "vol-…": no other id is worth a question.
bool IsVolumeId(const std::string& id);
/// It is deleted, or is being so.
bool IsGoing(const Ec2Volume& volume);
/// "i-0abc (attached)", "i-1 (detaching), i-2 (attaching)".
std::string HoldersOf(const Ec2Volume& volume);
/// The attachment to that instance; nullptr when there is none.
const Ec2Attachment* AttachmentTo(const Ec2Volume& volume, const std::string& instance);
/// "\"pgdata\" (vol-1)", or "vol-1".
std::string CalledAs(const Ec2Volume& volume);

}  // namespace rexray::drivers::ebs
