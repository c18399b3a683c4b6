#pragma once

// What this node has done and is about to do with volumes in this boot, so that a killed daemon takes up
// where it was.
//
// SQLite in the run directory, WAL with synchronous=OFF: it must survive the process, not the power. The boot
// id is in the file's name: after a reboot there are no mounts to remember. An unreadable journal is moved
// aside and begun anew; the engine rebuilds it from mountinfo. A newer schema is refused with both numbers.
//
//   stages     (service, id) -> name, device, identity, device number, stage path, user path, state, file
//   system,
//              options, attached_by_us, keep_attached, read_only, since, lost_because
//   consumers  (service, id, api, consumer id) -> counted, count, since
//   intents    (service, id) -> operation, step, its arguments, started            one open intent per volume
//
// Thread-safe. Each call is one transaction; none takes longer than writing a page to the page cache. A full
// disk is ResourceExhausted, before the effect that the row speaks of: the operation is refused and nothing
// is lost.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "volume/volume.h"

namespace rexray::engine {

struct StageRow {
  VolumeKey key;
  std::string name;
  std::string device;          ///< or, of a directory driver, the directory
  std::string identity;        ///< LocalResource::identity
  uint64_t device_number = 0;  ///< major:minor (dev_t) of the mounted file system; 0 = nothing is mounted
  std::string stage_path;
  std::string user_path;
  std::string state;  ///< ToString(StageState): attached, ready, staged, lingering
  bool attached_by_us = false;
  bool read_only = false;
  WallTime since;
  std::string fs_type;
  std::vector<std::string> mount_options;
  bool keep_attached = false;  ///< an operator attached it: an unmount leaves it attached
  std::string lost_because;    ///< of a lost one that was taken away: why; "" = it was not
};

struct ConsumerRow {
  VolumeKey key;
  Consumer consumer;
  int count = 1;
  WallTime since;
};

struct IntentRow {
  VolumeKey key;
  std::string name;
  std::string operation;  ///< "mount"
  std::string step;       ///< the step about to run: "attach"
  std::string arguments;  ///< JSON
  WallTime started;
};

class Journal {
 public:
  virtual ~Journal() = default;

  virtual absl::Status PutStage(const StageRow& row) = 0;
  virtual absl::Status DropStage(const VolumeKey& key) = 0;  ///< with its consumers
  virtual absl::StatusOr<std::vector<StageRow>> Stages() = 0;

  virtual absl::Status PutConsumer(const ConsumerRow& row) = 0;
  virtual absl::Status DropConsumer(const VolumeKey& key, const Consumer& consumer) = 0;
  virtual absl::StatusOr<std::vector<ConsumerRow>> Consumers() = 0;

  virtual absl::Status PutIntent(const IntentRow& row) = 0;
  virtual absl::Status DropIntent(const VolumeKey& key) = 0;
  virtual absl::StatusOr<std::vector<IntentRow>> Intents() = 0;

  /// What had to be done to open it ("the journal was unreadable and moved to …"), for an event; empty when
  /// all was well.
  virtual std::string Remark() const { return ""; }
};

/// `path` as in design §10: RUN/journal-<boot id>.db. Journals of other boots beside it are removed.
absl::StatusOr<std::unique_ptr<Journal>> OpenJournal(const std::string& run_directory,
                                                     const std::string& boot_id);

/// /proc/sys/kernel/random/boot_id.
absl::StatusOr<std::string> ReadBootId();

}  // namespace rexray::engine
