#pragma once

// A storage backend in memory, seen from any number of nodes. It is for tests only and never in the registry.
//
//   FakeCloud cloud({.clock = &clock});
//   auto a = cloud.DriverFor("node-a", host_a);          // host_a, host_b: FakeHost; devices appear there
//   auto b = cloud.DriverFor("node-b", host_b);
//   cloud.calls().SetLatency("Create", 2s);              // every call by its name in StorageDriver
//   cloud.calls().LoseAnswer("Attach", absl::UnavailableError("connection reset"));
//
// A volume has at most one attachment. Attach is accepted at once and becomes "attached" after
// attach_latency; Detach returns after detach_latency. Time is the clock's: with a SimulatedClock nothing
// moves until Advance. A driver object thrown away and made again for the same node is a daemon's restart:
// the cloud keeps what it has.
//
// Thread-safe. The cloud and the hosts outlive the drivers.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/size.h"
#include "drivers/fake/call_script.h"
#include "drivers/fake/fake_disk.h"
#include "drivers/fake/fake_host.h"
#include "host/linux_host.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::fake {

class FakeCloud {
 public:
  struct Options {
    Clock* clock = nullptr;  ///< null: SystemClock
    std::string service = "fake";
    DriverCapabilities capabilities = NetworkBlock();
    Duration attach_latency{0};  ///< from accepted to attached
    Duration detach_latency{0};
    int attach_limit = 40;          ///< attachments of one node
    uint64_t capacity = 64 * kTiB;  ///< of all volumes
    uint64_t minimum_size = kMiB;   ///< smaller is InvalidArgument
    Duration list_cache_for{0};     ///< List answers from memory for so long; own changes are in it at once
    /// For nodes with a real host: a directory for image files, which are attached by real loop devices
    /// (root).
    std::string directory{};

    static DriverCapabilities NetworkBlock();
  };

  FakeCloud() : FakeCloud(Options{}) {}
  explicit FakeCloud(Options options);
  ~FakeCloud();
  FakeCloud(const FakeCloud&) = delete;
  FakeCloud& operator=(const FakeCloud&) = delete;

  /// Devices are made-up names ("/dev/fake/vol-1").
  std::unique_ptr<StorageDriver> DriverFor(const NodeId& node);
  /// Devices appear on, and vanish from, that host.
  std::unique_ptr<StorageDriver> DriverFor(const NodeId& node, FakeHost& host);
  /// Volumes are sparse files below Options::directory, devices are loop devices of this machine.
  std::unique_ptr<StorageDriver> DriverFor(const NodeId& node, const host::Host& host);

  /// Faults, latencies, counts: List, FindByName, Get, Create, Remove, Attach, AwaitLocal, FindLocal, Detach,
  /// Grow, ClearBlankMark, ClearUuidMark, OnStaged, Modify, Adopt, PoolOf, ListSnapshots, CreateSnapshot,
  /// RemoveSnapshot, StateOfHolder, ThisNode, Diagnose. Subject: the volume's or snapshot's id (Create: its
  /// name; StateOfHolder: the node).
  CallScript& calls() { return calls_; }

  // --- what others do to the backend ---

  /// A volume made by another program, or with a name that is taken. Fields that are empty are filled in (id,
  /// size 1 GiB, zone); `blank` and `created_by_us` stay as they are.
  Volume AddVolume(Volume volume);
  /// Gone, whatever its state.
  void DropVolume(const std::string& id);
  /// Attached to `node` by another program; takes it from whoever had it.
  void AttachTo(const std::string& id, const NodeId& node);
  /// A forced detach by an operator: the attachment is gone, and so is the device.
  void TearAway(const std::string& id);
  /// Attachments from now on stay "attaching" until it is switched off (then they attach at once).
  void StickAttaching(bool stuck);
  void SetHolderState(const NodeId& node, HolderState state);
  void SetAttachLatency(Duration latency);
  void SetDetachLatency(Duration latency);
  void SetAttachLimit(int limit);
  void SetCapacity(uint64_t bytes);
  /// What PoolOf says; nullopt at first.
  void SetPool(std::optional<Pool> pool);
  /// A snapshot made by another program. An empty id is filled in.
  Snapshot AddSnapshot(Snapshot snapshot);

  // --- the truth ---

  std::vector<Volume> Volumes();
  std::optional<Volume> Find(const std::string& id);
  std::vector<Snapshot> Snapshots();
  std::shared_ptr<FakeDisk> DiskOf(const std::string& id);
  static std::string DevicePathOf(const std::string& id) { return "/dev/fake/" + id; }

 private:
  friend class FakeDriver;

  struct Attached {
    NodeId node;
    AttachmentState state = AttachmentState::kAttaching;
    TimePoint next;  ///< when attaching becomes attached, or detaching becomes gone
    bool read_only = false;
  };
  struct Record {
    Volume volume;  ///< without attachments
    std::shared_ptr<FakeDisk> disk;
    std::optional<Attached> attached;
  };
  /// What a volume is made from.
  struct Source {
    DiskContent content;
    std::string file;  ///< with Options::directory: where its data is
    Volume like;       ///< size, file system, type and rates
    bool blank = false;
  };
  struct SnapshotRecord {
    Snapshot snapshot;
    Source source;
  };
  struct NodeRecord {
    FakeHost* fake_host = nullptr;
    std::optional<host::Host> real_host;
    HolderState state = HolderState::kRunning;
  };

  // What FakeDriver forwards; `node` is the driver's.
  absl::StatusOr<Volume> Create(const NodeId& node, const CreateSpec& spec);
  absl::Status Remove(const NodeId& node, const std::string& id);
  absl::StatusOr<Attachment> Attach(const NodeId& node, const std::string& id, const AttachOptions& options,
                                    Deadline deadline);
  absl::StatusOr<LocalResource> AwaitLocal(const NodeId& node, const std::string& id, Deadline deadline);
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const NodeId& node, const std::string& id);
  absl::Status Detach(const NodeId& node, const std::string& id, const NodeId& from, bool force,
                      Deadline deadline);
  absl::StatusOr<Volume> Grow(const NodeId& node, const std::string& id, uint64_t size);
  absl::Status ClearBlankMark(const NodeId& node, const std::string& id);
  absl::Status OnStaged(const NodeId& node, const std::string& id);
  absl::Status ClearUuidMark(const NodeId& node, const std::string& id);
  absl::StatusOr<Volume> Modify(const NodeId& node, const std::string& id, const ModifySpec& spec);
  absl::StatusOr<Volume> Adopt(const NodeId& node, const std::string& id);
  absl::StatusOr<std::optional<Pool>> PoolNow();
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots();
  absl::StatusOr<Snapshot> CreateSnapshot(const std::string& volume, const SnapshotSpec& spec);
  absl::Status RemoveSnapshot(const std::string& id);
  absl::StatusOr<Volume> Get(const std::string& id);
  absl::StatusOr<Aged<std::vector<Volume>>> List(const NodeId& node);
  absl::StatusOr<std::vector<Volume>> FindByName(const std::vector<std::string>& names);
  HolderState StateOf(const NodeId& node);
  Node Describe(const NodeId& node);

  void Register(const NodeId& node, FakeHost* fake, std::optional<host::Host> real);
  absl::StatusOr<Record*> Lookup(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Volume Shown(const Record& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Volume> AllShown() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckSpec(const CreateSpec& spec) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::optional<Source>> SourceOf(const CreateSpec& spec)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Source SourceFrom(const Record& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void BecomeCopy(const Source& source, const CreateSpec& spec, Volume& volume);
  absl::Status CheckSlots(const NodeId& node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HeldBy(const Record& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckUnusedOn(const NodeId& node, const std::string& id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t UsedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SettleAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BecomeAttached(Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BeginAttach(Record& record, const NodeId& node, bool read_only) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseAttachment(Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Returns when the attachment of `id` to `node` is in another state than `state`, or is no more.
  absl::Status WaitWhile(AttachmentState state, const NodeId& node, const std::string& id, Deadline deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Changed(const NodeId& by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  static absl::Status CopyFile(const std::string& from, const std::string& to);
  std::string FileOf(const std::string& id) const { return options_.directory + "/" + id + ".img"; }
  std::optional<host::Host> RealHostOf(const NodeId& node);
  static absl::StatusOr<LocalResource> BringLoop(const host::Host& host, const std::string& file,
                                                 bool read_only, Deadline deadline);
  static absl::StatusOr<std::optional<LocalResource>> FindLoop(const host::Host& host,
                                                               const std::string& file);
  static absl::Status DropLoop(const host::Host& host, const std::string& file, Deadline deadline);

  Options options_;
  Clock& clock_;
  CallScript calls_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Record> volumes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, SnapshotRecord> snapshots_ ABSL_GUARDED_BY(mutex_);
  std::optional<Pool> pool_ ABSL_GUARDED_BY(mutex_);
  std::map<NodeId, NodeRecord> nodes_ ABSL_GUARDED_BY(mutex_);
  /// What List last told a node, for list_cache_for.
  std::map<NodeId, Aged<std::vector<Volume>>> list_caches_ ABSL_GUARDED_BY(mutex_);
  Duration attach_latency_ ABSL_GUARDED_BY(mutex_);
  Duration detach_latency_ ABSL_GUARDED_BY(mutex_);
  int attach_limit_ ABSL_GUARDED_BY(mutex_);
  uint64_t capacity_ ABSL_GUARDED_BY(mutex_);
  bool stuck_ ABSL_GUARDED_BY(mutex_) = false;
  int next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace rexray::drivers::fake
