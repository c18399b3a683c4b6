#pragma once

// The contract of a backend. One folder below drivers/ implements it; the engine is its only caller; the
// conformance suite (drivers/conformance) is its definition in code, and every driver passes it.
//
// - Thread-safe: any calls at once from any threads. The engine never has two changing calls for one volume
// under way
//   on this node; other nodes may.
// - Every call carries a CallContext. When its deadline passes the call returns DeadlineExceeded that says
// what it was
//   waiting for. What was started on the backend may go on: the call can be repeated and then joins it.
// - Idempotent: Attach of what is attached here, Detach of what is not, Remove of what is gone, succeed. A
// volume that
//   never was is "gone" for Remove and Detach, and nullopt for FindLocal; for every other call it is
//   NotFound.
// - Codes: NotFound (no such volume or snapshot), AlreadyExists, FailedPrecondition (in use, attached
// elsewhere: names
//   the holder), ResourceExhausted (space, quota, attach slots), PermissionDenied, Unavailable (backend out
//   of reach), InvalidArgument (a spec it cannot honour), Unimplemented (a capability it does not have).
// - A driver never formats, mounts or unmounts: it brings a block device (or a directory) to this node, and
// takes it
//   away again.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "volume/volume.h"

namespace rexray {

struct CallContext {
  Deadline deadline = Deadline::Never();
  /// A call that takes long says how far it is, for people: "34 % of 10GiB are copied". Cheap, never blocks;
  /// called from the calling thread, and not after the call has returned. May be null.
  std::function<void(const std::string& text)> progress = nullptr;
};

/// How a backend cuts a snapshot (or a copy) out of a volume that is being written to.
enum class SnapshotCut {
  /// At one instant, as a power failure would leave the disk (ebs). A mounted source needs nothing; a freeze
  /// around CreateSnapshot, which returns soon, makes the file system in it clean.
  kAtomic,
  /// In a moment, but without what the file system of a mounted source still has in memory (local on btrfs or
  /// xfs: reflink). The engine freezes a mounted source around the call.
  kInstant,
  /// By copying, which takes long. The engine refuses a mounted source unless the caller wants it frozen all
  /// that time.
  kCopy,
};

struct DriverCapabilities {
  enum class Kind { kBlock, kDirectory };
  Kind kind = Kind::kBlock;
  bool network = false;  ///< volumes can move between nodes: Docker scope "global", detach lingers
  bool sizes = true;     ///< false: `size` is not honoured (vfs)
  bool grow = false;
  bool grow_online = false;
  bool snapshots = false;
  bool clone = false;                      ///< a volume from a volume
  SnapshotCut cut = SnapshotCut::kAtomic;  ///< of both
  bool modify = false;                     ///< Modify changes more than the size
  bool needs_root = true;
};

/// Answers from memory say how old they are.
template <typename T>
struct Aged {
  T value;
  TimePoint as_of;
};

/// What a node that holds a volume is doing, as far as the backend knows: `when-dead` preemption asks this.
enum class HolderState { kRunning, kStopped, kGone, kUnknown };

struct AttachOptions {
  /// Take the volume from the node that holds it. The engine has asked HolderState and recorded an event
  /// before.
  bool force = false;
  bool read_only = false;
};

/// What Attach brought to this node.
struct LocalResource {
  std::string path;      ///< the block device ("/dev/loop3") or, for kDirectory, the directory
  std::string identity;  ///< proof that the path is this volume: NVMe serial, backing device:inode of a loop
};

struct Diagnosis {
  enum class Verdict { kOk, kWarning, kBroken, kUnknown };
  Verdict verdict = Verdict::kUnknown;
  std::string check;     ///< "loop devices"
  std::string evidence;  ///< what was seen
  std::string fix;       ///< what to do; empty when all is well
};

/// Whether a backend can answer yet.
struct Readiness {
  enum class Phase { kStarting, kReady, kDown };
  Phase phase = Phase::kReady;
  std::string why;  ///< what it waits for, or what is wrong; "" when it is ready

  bool ready() const { return phase == Phase::kReady; }
};
const char* ToString(Readiness::Phase phase);  ///< "starting", "ready", "down"

class StorageDriver {
 public:
  virtual ~StorageDriver() = default;

  virtual std::string Name() const = 0;  ///< "local", "ebs"

  /// From memory. One that is not ready answers its calls with DeadlineExceeded or Unavailable and never with
  /// NotFound, which would say that a volume is gone (late_driver.h).
  virtual Readiness Ready() const { return {}; }
  virtual const DriverCapabilities& Capabilities() const = 0;
  virtual absl::StatusOr<Node> ThisNode(const CallContext& context) = 0;

  /// All volumes of this service, by name then id. May be served from memory; `as_of` says from when. A
  /// change made through this driver object is in the next answer.
  virtual absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext& context) = 0;

  /// What List leaves out for people's sake, too: volumes without a name, in other zones, on their way out.
  /// The default is for drivers that leave out nothing.
  virtual absl::StatusOr<Aged<std::vector<Volume>>> ListEverything(const CallContext& context) {
    return List(context);
  }

  /// Fresh, batched: every volume that has one of `names`. A name without a volume is not an error; a name
  /// with two volumes gives both.
  virtual absl::StatusOr<std::vector<Volume>> FindByName(const CallContext& context,
                                                         const std::vector<std::string>& names) = 0;

  /// Fresh. NotFound when there is none.
  virtual absl::StatusOr<Volume> Get(const CallContext& context, const std::string& id) = 0;

  /// `spec` is complete (no default left to choose). AlreadyExists when the name is taken (the engine
  /// compares and decides). Not half-made: after a failure or a crash there is either the whole volume or
  /// nothing that List shows.
  ///
  /// Without a source the volume is blank-marked. With one (an id; NotFound when there is none,
  /// FailedPrecondition for a snapshot that is not completed) it holds the source's data, carries
  /// `needs_new_uuid`, and is blank-marked only when the source volume is. Its size is spec.size, or the
  /// source's when that is not given; smaller than the source is InvalidArgument. Its file system is the
  /// source's: spec.fs_type is not given then. Type, iops and throughput that are not given are the source
  /// volume's. The engine has dealt with a mounted source (SnapshotCut).
  virtual absl::StatusOr<Volume> Create(const CallContext& context, const CreateSpec& spec) = 0;

  /// FailedPrecondition while it is attached anywhere.
  virtual absl::Status Remove(const CallContext& context, const std::string& id) = 0;

  /// Asks the backend to attach to this node, and returns when it has accepted; the device may not be here
  /// yet.
  virtual absl::StatusOr<Attachment> Attach(const CallContext& context, const std::string& id,
                                            const AttachOptions& options) = 0;

  /// Waits until what Attach asked for can be used on this node, and verifies its identity.
  virtual absl::StatusOr<LocalResource> AwaitLocal(const CallContext& context, const std::string& id) = 0;

  /// The device where it is already here; nullopt when the volume is not attached to this node. Never waits
  /// long.
  virtual absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext& context,
                                                                 const std::string& id) = 0;

  /// From this node, or from `node` where it is given and not this one (operators, preemption; `force` as the
  /// backend understands it). Returns when the backend says that it is gone. The engine has made sure that
  /// nothing here uses the device any more.
  virtual absl::Status Detach(const CallContext& context, const std::string& id, const NodeId& node,
                              bool force) = 0;

  /// At least `size` bytes; smaller than now is InvalidArgument. The file system is the engine's affair.
  virtual absl::StatusOr<Volume> Grow(const CallContext& context, const std::string& id, uint64_t size) = 0;

  /// Durable before it returns. Called after mkfs and fsync, before the first mount.
  virtual absl::Status ClearBlankMark(const CallContext& context, const std::string& id) = 0;

  /// Durable before it returns. Called after the file system of a copy got a new UUID, before it is mounted.
  virtual absl::Status ClearUuidMark(const CallContext& context, const std::string& id);

  /// Changes type, performance and size in place. Returns when the backend has accepted and the new size can
  /// be used; what it does in the background (ebs: "optimizing") may go on. What is already so is OK.
  /// Unimplemented unless Capabilities().modify.
  virtual absl::StatusOr<Volume> Modify(const CallContext& context, const std::string& id,
                                        const ModifySpec& spec);

  /// Puts our created-by mark on a volume that others made, so that orchestrators may remove it. Idempotent.
  /// The default is for drivers whose volumes are all ours: Get.
  virtual absl::StatusOr<Volume> Adopt(const CallContext& context, const std::string& id);

  /// The space that this service's volumes share, fresh; nullopt where there is no such thing. A few system
  /// calls at most.
  virtual absl::StatusOr<std::optional<Pool>> PoolOf(const CallContext& /*context*/) { return std::nullopt; }

  /// Called after the device's file system was mounted. A driver that can make the device go by itself with
  /// its last user does so now (local: LO_FLAGS_AUTOCLEAR), so that nothing leaks even when the daemon is
  /// killed. After that, an unmount may already have taken the device away when Detach comes. Not called for
  /// directories.
  virtual absl::Status OnStaged(const CallContext& /*context*/, const std::string& /*id*/) {
    return absl::OkStatus();
  }

  virtual absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) = 0;

  // Snapshots: Unimplemented unless Capabilities().snapshots.

  /// All of this service, by creation, then id. Those that are being made are there with their progress.
  virtual absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const CallContext& context);

  /// The content is that of the moment of the call; it returns when the source may be written to again, which
  /// can be before the snapshot is completed (ebs). Durable before it returns. Names are the engine's affair:
  /// it has looked for one that is taken. Not half-made: after a failure or a crash there is a whole snapshot
  /// or none that ListSnapshots shows. The engine has dealt with a mounted source (SnapshotCut).
  virtual absl::StatusOr<Snapshot> CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                  const SnapshotSpec& spec);

  /// By id. OK when it is gone. Volumes that were made from it live on; FailedPrecondition where the backend
  /// still needs it.
  virtual absl::Status RemoveSnapshot(const CallContext& context, const std::string& id);

  /// Read-only checks for `rexray doctor`.
  virtual std::vector<Diagnosis> Diagnose(const CallContext& context) = 0;
};

}  // namespace rexray
