#pragma once

// The embedded default: block volumes in sparse image files of this machine, brought here by loop devices.
//
//   <data_directory>/catalogue.db       volumes (SQLite, durable)
//   <data_directory>/images/<id>.img    one sparse image per volume; its xattrs hold what the catalogue holds
//   <data_directory>/lock               flock'ed by the one process that has the directory open
//
// The images are the truth about data, the catalogue about what exists. Opening repairs what a crash left:
// half-made images go, a removal that was begun is finished, a catalogue that is lost or corrupt is rebuilt
// from the xattrs, an image that the catalogue does not know is taken in again. Nothing that could hold data
// is ever deleted by a repair.
//
// Sizes are rounded up to 4 KiB. Thin by default: a volume's size is a promise, not a reservation. `type`,
// `iops`, `throughput` and `zone` are kept and shown, and mean nothing here; `encrypted` is refused, since it
// would be a lie.
//
// Making and removing volumes needs write access to the directory; attaching needs root.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/size.h"
#include "host/linux_host.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::local {

inline constexpr char kDefaultDataDirectory[] = "/var/lib/rexray/local";

struct LocalOptions {
  std::string service = "rexray";
  std::string data_directory = kDefaultDataDirectory;
  /// This machine. Empty: the content of /etc/machine-id, or else the host name.
  std::string node_id{};
  /// Smaller ones are InvalidArgument: ext4 with a journal does not fit into much less.
  uint64_t minimum_size = 16 * kMiB;
  /// 0: what the file system below the images allows for one file.
  uint64_t maximum_size = 0;
};

/// Opens, creating what is missing. FailedPrecondition when another process has the directory open (names its
/// pid), when the catalogue was written by a newer version, or when the directory is read-only. Other errors
/// say what to do in one line. `host`'s pointees outlive the driver.
absl::StatusOr<std::unique_ptr<StorageDriver>> OpenLocalDriver(const LocalOptions& options,
                                                               const host::Host& host);

/// The driver's checks for `rexray doctor` while no daemon has the directory open. Changes nothing, and locks
/// nothing: a daemon may start meanwhile.
std::vector<Diagnosis> DiagnoseLocal(const LocalOptions& options, const host::Host& host);

/// `can_reflink`: what the file system below the images can do, which is known once the driver is open.
DriverCapabilities LocalCapabilities(bool can_reflink);

}  // namespace rexray::drivers::local
