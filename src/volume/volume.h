#pragma once

// The nouns. Plain values: copy them, compare them, no behaviour, no locks. Sizes are bytes, times are wall
// time.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace rexray {

/// A volume is identified by (service, id). A name is what people and orchestrators say; it can be ambiguous
/// on a backend, an id cannot.
struct VolumeKey {
  std::string service;  ///< a configured driver's name: "rexray" is the default Docker socket's
  std::string id;       ///< the backend's: "vol-0abc…" (ebs), "lv-…" (local)
  auto operator<=>(const VolumeKey&) const = default;
};

/// The backend's machine id: an instance id on EC2, /etc/machine-id's content on local.
using NodeId = std::string;

enum class AttachmentState { kAttaching, kAttached, kDetaching, kBusy };

/// Volume <-> node, with the device as the *backend* calls it; host/ resolves what it is called here.
struct Attachment {
  NodeId node;
  AttachmentState state = AttachmentState::kAttached;
  std::string device;  ///< backend's name, a hint only ("/dev/xvdf"); may be empty
  bool operator==(const Attachment&) const = default;
};

enum class VolumeStatus { kCreating, kAvailable, kInUse, kDeleting, kError };

struct Volume {
  VolumeKey key;
  std::string name;        ///< may be empty on a backend that has nameless volumes
  uint64_t size = 0;       ///< bytes; 0 = the driver has no sizes (vfs)
  uint64_t allocated = 0;  ///< bytes really used on the backend where it knows (thin volumes); else 0
  std::string type;        ///< backend's type ("gp3"); empty where it has none
  std::string fs_type;     ///< the file system asked for at creation ("ext4"), empty = the default
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;  ///< MiB/s
  std::string zone;
  bool encrypted = false;
  std::map<std::string, std::string> tags;
  VolumeStatus status = VolumeStatus::kAvailable;
  std::string status_detail;  ///< why, when status is kError
  std::vector<Attachment> attachments;
  std::optional<WallTime> created;
  bool created_by_us = false;  ///< carries our created-by tag: orchestrators may remove it (design §4.8)
  /// The durable mark of a volume that we created blank and that has had no file system yet. Only while it
  /// stands may a half-made file system be made again (design §4.5).
  bool blank = false;
  /// The durable mark of a copy (made from a snapshot or a volume) whose file system still has its source's
  /// UUID. The first mount that may write gives it one of its own and then clears the mark
  /// (StorageDriver::ClearUuidMark): a node that sees two btrfs file systems with one fsid takes them for
  /// one.
  bool needs_new_uuid = false;
  /// mkfs options and mount options chosen at creation, kept with the volume so that every node uses them.
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;
  bool operator==(const Volume&) const = default;
};

enum class SnapshotStatus {
  kPending,    ///< its data is still being copied or uploaded; no volume can be made from it yet
  kCompleted,  ///< volumes can be made from it
  kError,
};

/// A volume's content at one moment. It lives on its own: its source may be written to, grown and removed,
/// and it may be removed while volumes made from it live on.
struct Snapshot {
  std::string service;
  std::string id;             ///< the backend's: "snap-0abc…" (ebs), "ls-…" (local)
  std::string name;           ///< may be empty
  std::string description;    ///< may be empty
  std::string source_volume;  ///< id; the volume may be gone
  uint64_t size = 0;          ///< bytes: the least size of a volume made from it
  uint64_t allocated = 0;     ///< bytes really used where the backend knows; else 0
  std::string fs_type;        ///< of its source, where known
  std::map<std::string, std::string> tags;
  std::optional<WallTime> created;  ///< when it was asked for
  SnapshotStatus status = SnapshotStatus::kCompleted;
  std::string status_detail;  ///< why, when status is kError
  int progress_percent = 100;
  bool encrypted = false;
  bool created_by_us = false;
  bool operator==(const Snapshot&) const = default;
};

/// This machine, as a driver sees it.
struct Node {
  NodeId id;
  std::string zone;
  std::string region;
  std::optional<int> attach_limit;
};

/// Who holds a stage. `counted` consumers (dockerd's 64-hex mount ids) are counted: `docker cp` on a running
/// container mounts the same id twice and unmounts it twice. Uncounted ones form a set: mounting again adds
/// nothing, one Unmount ends it (design §3).
struct Consumer {
  enum class Api { kDocker, kDvdcli, kPodman, kCsi, kCli, kUnknown };
  Api api = Api::kUnknown;
  std::string id;
  bool counted = false;
  bool operator==(const Consumer&) const = default;
};

/// What a caller wants of a new volume. Empty optionals mean "the service's default"; the engine fills them
/// from the configuration before a driver sees them. `explicit_fields` of a repeated Create are compared with
/// what exists.
struct CreateSpec {
  std::string name;
  std::optional<uint64_t> size;  ///< bytes
  std::optional<std::string> fs_type;
  std::optional<std::string> type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::optional<std::string> zone;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key;
  /// The volume becomes a copy of one of these: at least as large, with its file system. Callers of the
  /// engine give an id or a name; a driver gets an id.
  std::optional<std::string> source_snapshot;
  std::optional<std::string> source_volume;
  /// Stop all writing to a mounted source while it is copied, however long that takes.
  bool freeze_source = false;
  bool thick = false;
  bool overwrite_fs = false;
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;
  std::map<std::string, std::string> tags;
};

/// What a caller wants of a new snapshot.
struct SnapshotSpec {
  std::string name{};  ///< may be empty
  std::string description{};
  std::map<std::string, std::string> tags{};
};

/// A change of a volume that exists. What is not given stays as it is.
struct ModifySpec {
  std::optional<uint64_t> size{};  ///< bytes; smaller than now is InvalidArgument
  std::optional<std::string> type{};
  std::optional<uint64_t> iops{};
  std::optional<uint64_t> throughput{};  ///< MiB/s
  bool operator==(const ModifySpec&) const = default;
};

/// The space that thin volumes share.
struct Pool {
  std::string name;        ///< what it is called: "/var/lib/rexray/local"
  uint64_t size = 0;       ///< bytes
  uint64_t available = 0;  ///< bytes that volumes can still take
  uint64_t promised = 0;   ///< the sizes of all volumes and snapshots; more than `size` is usual
  bool operator==(const Pool&) const = default;
};

/// Whether a mount may take a volume from the node that has it: never (it waits until that node lets it go),
/// only when the backend says that the node is stopped or gone, or always (REX-Ray's `preempt: true`).
enum class Preempt { kNever, kWhenDead, kAlways };

/// How a volume is mounted on this node.
struct MountSpec {
  std::optional<std::string>
      fs_type;  ///< for a blank volume; an existing file system is mounted as what it is
  std::vector<std::string> mount_options;  ///< one each: "noatime", "data=journal"
  bool read_only = false;
  std::optional<Preempt> preempt;  ///< unset: what the service is configured to do
};

const char* ToString(VolumeStatus status);
const char* ToString(SnapshotStatus status);
const char* ToString(AttachmentState state);
const char* ToString(Consumer::Api api);
const char* ToString(Preempt preempt);
/// "false", "true", "when-dead", as the configuration and the command line write it.
std::optional<Preempt> ParsePreempt(std::string_view text);

}  // namespace rexray
