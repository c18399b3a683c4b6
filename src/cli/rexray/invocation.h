#pragma once

// What the user asked for, after the command line was understood. Plain data.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rexray::cli {

enum class Verb {
  kVersion,
  kStart,
  kStop,
  kRestart,
  kStatus,
  kInitSystem,
  kVolumeList,
  kVolumeInspect,
  kVolumeMap,
  kVolumeCreate,
  kVolumeRemove,
  kVolumeAttach,
  kVolumeDetach,
  kVolumeMount,
  kVolumeUnmount,
  kVolumePath,
  kVolumeGrow,
  kVolumeModify,
  kVolumeAdopt,
  kVolumeConsumers,
  kVolumeRelease,
  kSnapshotList,
  kSnapshotCreate,
  kSnapshotRemove,
  kSnapshotCopy,
  kServiceList,
  kAdapterTypes,
  kAdapterInstances,
  kDeviceList,
  kEvents,
  kEnvironment,
  kConfigShow,
  kConfigCheck,
  kMarathonCheck,
  kDoctor,
  kSetup,
  kSetupUndo,
  kAwsPolicy,
  kInstall,
  kUninstall,
};

/// `volume create`'s words; what is absent is the service's default.
struct CreateOptions {
  std::optional<uint64_t> size;  ///< bytes
  std::string fs_type;
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::string zone;
  std::optional<bool> encrypted;
  std::string kms_key;
  std::string source_snapshot;
  std::string source_volume;
  bool overwrite_fs = false;
  bool freeze_source = false;
  bool thick = false;
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;
  std::map<std::string, std::string> tags;
  bool attach = false;  ///< REX-Ray 0.11's --attach
  bool mount = false;   ///< and --amount

  bool operator==(const CreateOptions&) const = default;
};

/// `setup`'s words.
struct SetupOptions {
  std::vector<std::string> parts;  ///< none = all that this machine is for
  std::string module;
  std::string mesos_version;
  bool agent = false;
  bool master = false;
  bool restart = false;

  bool operator==(const SetupOptions&) const = default;
};

struct Invocation {
  Verb verb = Verb::kVersion;
  std::string usage;  ///< "volume create", for a hint

  // Which volumes. Positional words are exact names or ids first, then ids and names without regard to case,
  // prefixes and /regular expressions/.
  std::vector<std::string> names;
  std::string volume_name;  ///< --volumename: an exact name
  std::string volume_id;    ///< --volumeid: an exact id
  std::string service;

  std::string snapshot_name;  ///< --snapshotname
  std::string snapshot_id;    ///< --snapshotid
  std::string description;
  bool freeze = false;
  std::string destination_region;

  // How it is printed.
  std::string format;  ///< as written; "" = the default
  std::string output_template;
  bool template_tabs = true;
  bool quiet = false;
  bool old_dialect = false;      ///< a spelling that only 0.3.3 knew was used
  bool read_by_scripts = false;  ///< `volume get`, `volume` alone, `volume map`: what 0.3.3's scripts parse

  // What is done.
  bool attached_only = false;
  bool available_only = false;
  bool with_path = false;
  bool force = false;
  std::string preempt;  ///< --preempt: "true", "false" or "when-dead"; "" = not given
  bool read_only = false;
  bool now = false;
  bool idempotent = false;
  bool continue_on_error = false;
  bool dry_run = false;
  bool overwrite_fs = false;
  bool foreground = false;
  std::string fs_type;
  std::vector<std::string> mount_options;
  std::string consumer;
  std::string instance_id;
  std::string device_name;
  std::string mount_point;
  std::optional<uint64_t> size;  ///< bytes
  uint64_t after = 0;
  CreateOptions create;

  // `setup`, `doctor` and `marathon check`.
  std::string root = "/";  ///< --root: a tree instead of the machine
  bool json = false;
  std::string marathon;  ///< --marathon, as written
  SetupOptions setup;

  // How the daemon is reached or started.
  std::string host;  ///< "" = the admin socket in the run directory
  std::string config_file;
  std::string log_level;
  /// Settings given as flags (--dockerSize 20): canonical key -> text.
  std::map<std::string, std::string> settings;
  std::optional<std::chrono::seconds> timeout;

  bool operator==(const Invocation&) const = default;
};

}  // namespace rexray::cli
