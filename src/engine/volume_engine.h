#pragma once

// The one brain. Every protocol (server/) and nothing else calls it; there is no second way to mount.
//
// Promises (docs/architecture.md, "The engine's promises"): idempotent calls, per-volume order with
// cross-volume parallelism, a deadline on every call with work that goes on and is joined by a retry, intent
// before effect, and never destroying data.
//
// Calls are asynchronous: `done` is invoked exactly once, from any thread, possibly before the call returns
// (an answer from memory). It must not block. When the deadline passes first, `done` gets DeadlineExceeded
// that says what was being waited for; the work goes on, and a repeated call joins it. Nothing here blocks
// the calling thread on a backend, a device or another volume.
//
// State of a volume on this node (the journal's rows are its arrows):
//
// clang-format off
//
//  detached --attach--> attached --probe, make or check--> ready --mount--> staged --consumer--> in use
//     ^                  ^     ^      the file system                        | ^ |                 |  |
//     |                  |     +------------------ unmount ------------------+ | |                 |  |
//     |                  |                  |                                  +-|-- last consumer +  |
//     |                  |                  v                                    |                    |
//     |                  |              lingering  (a network volume, for its linger time; the next   |
//     |                  |                  |       mount ends it)              |                    |
//     +----- detach -----+------------------+                                    v                    v
//     +------------- the last consumer ends, or somebody attaches it again --- lost <--- taken away from this node
//
// clang-format on
//
// On disk (journal.h): one row for each volume that is anything but detached, its consumers, and one open
// intent for each volume that something is being done with.
//
//   RUN/journal-<boot id>.db   stages     (service, id) -> name, device, identity, device number, stage path,
//   user
//                                         path, state, file system, options, why it was lost
//                              consumers  (service, id, api, consumer) -> counted, count, since
//                              intents    (service, id) -> operation, step, arguments, started
//   ROOT/<name>, ROOT/.services/<service>/<name>          the stage: where it is mounted
//   ROOT/<name>/data                                      what users get (root_path)

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "host/linux_host.h"
#include "volume/storage_driver.h"
#include "volume/volume.h"

namespace rexray::engine {

class Journal;
class EventLog;

/// What an operator may change while the daemon runs: it matters to the next call, and to no volume that is
/// mounted.
struct AdjustableSettings {
  // Defaults of a Create that does not say.
  uint64_t default_size = 16 * (uint64_t{1} << 30);
  std::string default_fs_type = "ext4";
  std::string default_type;
  std::optional<uint64_t> default_iops;
  std::string default_zone;
  std::map<std::string, std::string> default_tags;  ///< on every new volume; one that is asked for wins

  Preempt preempt = Preempt::kNever;  ///< whether a Mount takes the volume from the node that holds it
};

/// One backend under one name, with what the operator chose for it.
struct Service : AdjustableSettings {
  std::string name;
  std::shared_ptr<StorageDriver> driver;

  std::string root_path = "/data";  ///< what users get is the stage + this; "" = the file system's root
  mode_t file_mode = 0700;          ///< of that directory, set when it is created and never again
  bool ignore_used_count = false;   ///< any Unmount drops all *uncounted* consumers
  bool create_disabled = false;     ///< Create answers success and does nothing (REX-Ray's meaning)
  bool remove_disabled = false;
  bool implicit_create = false;        ///< Mount of an unknown name creates it
  bool remove_foreign = false;         ///< orchestrators may remove volumes without our created-by tag
  Duration linger = Duration::zero();  ///< between the unmount and the detach
  /// A Docker consumer older than this, of which the kernel shows no trace, is released (design §4.7). Zero:
  /// never.
  Duration stale_after = std::chrono::minutes(10);
  int mount_retries = 0;  ///< how often a Mount that failed for a reason that may pass is tried again
  Duration mount_retry_wait = std::chrono::seconds(5);
};

struct EngineOptions {
  std::string volumes_root = "/var/lib/rexray/volumes";
  std::string default_service = "rexray";
  size_t operation_limit = 512;  ///< threads of volume operations; then ResourceExhausted at once
  int read_threads = 8;
  /// How long a stage without a consumer waits for the retry of a Mount whose caller hung up.
  Duration abandoned_mount_grace = std::chrono::seconds(120);
  /// The background refresh of a service's volume cache, at most this often, when somebody asks.
  Duration cache_age = std::chrono::seconds(10);
  /// After this a step that honours deadlines gives up and its operation is undone, whether anybody waits or
  /// not.
  Duration work_limit = std::chrono::minutes(15);
  /// A file system that is frozen for a moment's work thaws after this at the latest, and the work is given
  /// up.
  Duration freeze_limit = std::chrono::seconds(30);
  /// The same for a copy that a caller wanted to be made frozen, however long it takes (`--freeze`).
  Duration frozen_copy_limit = std::chrono::minutes(10);
  /// Between looks at the pools; a warning is given when one is filled to this part, in percent.
  Duration pool_interval = std::chrono::seconds(30);
  int pool_warning_percent = 90;
  /// Between attempts to detach what is still in use or what the backend does not let go: doubled up to
  /// retry_cap.
  Duration retry_first = std::chrono::seconds(2);
  Duration retry_cap = std::chrono::seconds(60);
  /// Between two looks of a mounted volume's backend at whether it is still attached to this node; up to a
  /// fifth is added at random. What the kernel tells (a device that is removed, an I/O error) is acted on at
  /// once.
  Duration attachment_poll = std::chrono::minutes(5);
  /// Between two tries to read a block of each mounted network device.
  Duration device_poll = std::chrono::seconds(30);
  /// Between two searches for stale consumers (Service::stale_after).
  Duration stale_poll = std::chrono::minutes(5);
  /// Asked before each mount; not OK = it is refused with that, since no container would see it
  /// (host/linux_host.h, CheckMountsReachHost). Null: not asked.
  std::function<absl::Status()> mounts_reach_containers = nullptr;
  /// Not OK for as long as something that a former daemon began may still take effect
  /// (HelperPool::FormerEnded); what it says completes "waiting for …", for people. The volumes that it was
  /// doing something with wait for that and are touched by nobody; all others are served. Null: nothing does.
  std::function<absl::Status()> former_work = nullptr;
  /// Whether this process may mount. A directory driver's volumes are bind-mounted then; else the directory
  /// itself is what users get.
  bool can_mount = true;
};

enum class StageState { kDetached, kAttached, kReady, kStaged, kInUse, kLingering, kLost };
const char* ToString(StageState state);

struct ConsumerRecord {
  Consumer consumer;
  int count = 1;  ///< of a counted one
  WallTime since;
};

/// A volume with what this node knows of it.
struct VolumeView {
  Volume volume;
  StageState state = StageState::kDetached;
  std::string device;       ///< here, when attached
  std::string mount_point;  ///< the path that users get; "" when it is not staged
  std::vector<ConsumerRecord> consumers;
  std::string waiting_for;  ///< the step under way ("attach: waiting for the device"), or ""
  TimePoint as_of;          ///< how old the backend's part is
};

template <typename T>
using Done = std::function<void(absl::StatusOr<T>)>;
using DoneStatus = std::function<void(absl::Status)>;

/// Mount's answer: false when the caller was gone before it could be given. Then its consumer is taken back
/// and the stage waits for a retry (design §3).
using MountDone = std::function<bool(absl::StatusOr<std::string>)>;

/// A volume by name or by id ("id:" is never part of either).
struct VolumeRef {
  std::string service;  ///< "" = the default one
  std::string name;
  std::string id;  ///< when set, `name` is ignored
};

struct CreateResult {
  VolumeView view;
  bool existed = false;  ///< the name was there already and matched
};

/// Where a volume's space went.
struct VolumeUsage {
  VolumeView view;
  std::optional<host::FileSystemUsage> file_system;  ///< when it is mounted here
  std::optional<Pool> pool;                          ///< when its backend has one
  /// Why writing to it fails or soon will, and what to do; "" when there is room.
  std::string problem;
};

/// A consumer, and what the kernel says of it.
struct ConsumerEvidence {
  ConsumerRecord record;
  enum class Verdict { kAlive, kStale, kUnknown };
  Verdict verdict = Verdict::kUnknown;
  std::string
      why;  ///< "process 4711 (postgres) has it mounted", "older than 10m and no process has it mounted"
};
const char* ToString(ConsumerEvidence::Verdict verdict);

/// Who holds a volume on this node, and the evidence.
struct ConsumerReport {
  VolumeView view;
  std::vector<ConsumerEvidence> consumers;
  /// What the kernel shows: mount namespaces and processes that have it, whoever asked for it. Nobody can
  /// tell which consumer is which of them.
  std::vector<host::MountUse> uses;
};

struct RemoveOptions {
  /// An orchestrator's request: only volumes that carry our created-by tag (design §4.8). The CLI says false.
  bool only_ours = true;
};

/// Thread-safe. Lives longer than any call's `done`: the destructor waits for operations under way.
class VolumeEngine {
 public:
  struct Parts {
    host::Host host;
    Journal* journal = nullptr;  ///< outlives the engine
    EventLog* events = nullptr;  ///< outlives the engine
    std::vector<Service> services;
  };
  static absl::StatusOr<std::unique_ptr<VolumeEngine>> Create(EngineOptions options, Parts parts);
  virtual ~VolumeEngine() = default;

  /// Compares the journal with the kernel's truth, and resumes. Called once before serving. Waits for no
  /// backend: what only a backend can tell is taken up when it answers.
  virtual absl::Status Recover() = 0;

  /// Whoever waits for a backend's answer to a Get or List gets Unavailable, now and from now on: before
  /// Shutdown, so that nobody waits for a backend that does not answer.
  virtual void EndReads() = 0;

  /// Finishes what is under way until `deadline`; new operations are refused with Unavailable. Mounts stay.
  /// False when something is under way still, which the destructor would wait for: a step that hangs, or a
  /// backend that does not answer.
  virtual bool Shutdown(Deadline deadline) = 0;

  /// For calls from now on; what is under way keeps what it began with. NotFound for an unknown service.
  virtual absl::Status Adjust(const std::string& service, const AdjustableSettings& settings) = 0;

  virtual std::vector<std::string> Services() const = 0;
  /// Starting until the service's backend has answered once. NotFound for an unknown service.
  virtual absl::StatusOr<Readiness> ReadinessOf(const std::string& service) const = 0;
  virtual absl::StatusOr<DriverCapabilities> CapabilitiesOf(const std::string& service) const = 0;

  /// This node as the service's backend knows it.
  virtual void ThisNode(const std::string& service, Deadline deadline, Done<Node> done) = 0;

  // Reads: from memory where it knows. An unknown name is looked up once, batched with others, under the
  // deadline.
  virtual void Get(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) = 0;
  virtual void List(const std::string& service, Deadline deadline, Done<std::vector<VolumeView>> done) = 0;
  /// Reads all of /proc: not for every call.
  virtual void Consumers(const VolumeRef& ref, Deadline deadline, Done<ConsumerReport> done) = 0;
  /// "" when it is not mounted.
  virtual void Path(const VolumeRef& ref, Deadline deadline, Done<std::string> done) = 0;

  /// What Get says, and how full the mounted file system and the pool below are. Asks the kernel, on a thread
  /// of its own.
  virtual void Usage(const VolumeRef& ref, Deadline deadline, Done<VolumeUsage> done) = 0;
  /// What an operator should know now, a line each (a pool that is nearly full). From memory.
  virtual std::vector<std::string> Warnings() const = 0;
  /// All of a service, fresh.
  virtual void ListSnapshots(const std::string& service, Deadline deadline,
                             Done<std::vector<Snapshot>> done) = 0;

  // Changes.
  /// An existing name with every explicitly given field equal (size: at most what is there) succeeds with
  /// `existed`; otherwise AlreadyExists says wanted and has.
  virtual void CreateVolume(const std::string& service, const CreateSpec& spec, Deadline deadline,
                            Done<CreateResult> done) = 0;
  /// NotFound for an unknown name; FailedPrecondition while it is in use, naming the consumers.
  virtual void Remove(const VolumeRef& ref, const RemoveOptions& options, Deadline deadline,
                      DoneStatus done) = 0;
  virtual void Mount(const VolumeRef& ref, const Consumer& consumer, const MountSpec& spec, Deadline deadline,
                     MountDone done) = 0;
  /// OK for what is not mounted. `now`: without the linger.
  virtual void Unmount(const VolumeRef& ref, const Consumer& consumer, bool now, Deadline deadline,
                       DoneStatus done) = 0;
  /// The operator's reset: ends one consumer, whatever its count.
  virtual void ReleaseConsumer(const VolumeRef& ref, const std::string& consumer_id, Deadline deadline,
                               DoneStatus done) = 0;
  virtual void Attach(const VolumeRef& ref, bool force, Deadline deadline, Done<VolumeView> done) = 0;
  virtual void Detach(const VolumeRef& ref, bool force, Deadline deadline, DoneStatus done) = 0;
  /// The volume, and when it is mounted the file system, online.
  virtual void Grow(const VolumeRef& ref, uint64_t size, Deadline deadline, Done<VolumeView> done) = 0;
  /// Type, performance and size at once; with a size the file system follows as in Grow.
  virtual void Modify(const VolumeRef& ref, const ModifySpec& spec, Deadline deadline,
                      Done<VolumeView> done) = 0;
  /// Puts our created-by mark on a volume that REX-Ray or a person made (design §4.8).
  virtual void Adopt(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) = 0;

  /// A name that exists on the same volume succeeds with that snapshot; on another it is AlreadyExists.
  /// `freeze`: all writing to a mounted source stops until its data is copied, however long that takes
  /// (EngineOptions::frozen_copy_limit); where the driver's cut needs a moment only, this is done anyway.
  virtual void CreateSnapshot(const VolumeRef& ref, const SnapshotSpec& spec, bool freeze, Deadline deadline,
                              Done<Snapshot> done) = 0;
  /// By id or name. NotFound when there is none, FailedPrecondition for a name that is ambiguous.
  virtual void RemoveSnapshot(const std::string& service, const std::string& id_or_name,
                              const RemoveOptions& options, Deadline deadline, DoneStatus done) = 0;
};

/// The consumer that a protocol's mount id stands for, by the rule of design §3: 64 hex digits from Docker
/// are counted; podman's one constant id, "dvdcli:<volume>", anything else and none at all are not.
Consumer ConsumerOfDockerId(const std::string& volume_name, const std::string& id);

}  // namespace rexray::engine
