#pragma once

// Volumes that are plain directories of this machine. No device, no file system of their own, no root needed.
//
//   <root>/volumes/<name>/volume.json   what the volume is; written once, before the volume appears
//   <root>/volumes/<name>/files/        what it holds: the directory that a Mount hands out
//   <root>/volumes/<name>/attached      a symbolic link whose text is the boot id; there while it is attached
//   <root>/volumes/.new-<id>            a volume that is being made; .deleted-<id>: one that is going
//   <root>/lock                         flock'ed by the one process that has the directory open
//
// A volume appears and goes by one rename, so a crash leaves a whole one or none; names are unique since the
// file system says so. What a removed volume held is deleted by a thread of the driver's own, after Remove
// has returned; what a crash left of it goes after the next start. No symbolic link that somebody put in
// place of a volume, or left inside of one, is ever followed, and no mount inside of one is entered.
//
// There is no size limit: volumes share the space of the disk below. A size that is asked for is accepted,
// since compose files and marathon apps written for other drivers have one, is told in the log, and is not
// shown: Volume::size stays 0. `type`, `iops`, `throughput`, `zone` and the file system are kept and shown,
// and mean nothing here; `encrypted` is refused, since it would be a lie.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "host/linux_host.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::vfs {

struct VfsOptions {
  std::string service = "rexray";
  std::string root = "/var/lib/rexray/vfs";
  /// This machine. Empty: the content of /etc/machine-id, or else the host name.
  std::string node_id{};
  /// An attachment does not outlive a boot. Empty: the kernel's boot id.
  std::string boot_id{};
};

/// Opens, creating what is missing. FailedPrecondition when another process has the directory open (names its
/// pid), or when it is read-only; PermissionDenied when this user may not write there. Only `host`'s clock is
/// used; it outlives the driver.
absl::StatusOr<std::unique_ptr<StorageDriver>> OpenVfsDriver(const VfsOptions& options,
                                                             const host::Host& host);

/// The driver's checks for `rexray doctor` while no daemon has the directory open. Changes nothing, and locks
/// nothing: a daemon may start meanwhile.
std::vector<Diagnosis> DiagnoseVfs(const VfsOptions& options);

DriverCapabilities VfsCapabilities();

}  // namespace rexray::drivers::vfs
