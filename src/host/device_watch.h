#pragma once

// Notices that a block device goes away under its file system (design §4.6). Facts: the kernel's uevents over
// a netlink socket (kobject_uevent.c, netlink(7)), /sys/dev/block (sysfs(5)), dd(1) with iflag=direct.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/subprocess.h"

namespace rexray::host {

/// "remove" of a block device, as the kernel says it. It may be a rumour (a person can write to
/// /sys/block/X/uevent), so look before anything is done about it.
struct DeviceRemoval {
  dev_t number = 0;
  std::string path;  ///< "/dev/nvme1n1"
};

/// Thread-safe.
class DeviceWatch {
 public:
  using Listener = std::function<void(const DeviceRemoval&)>;
  virtual ~DeviceWatch() = default;

  /// `listener` is called on the watch's own thread ("uevents") and must not block. Returns a number for
  /// Unsubscribe.
  virtual uint64_t Subscribe(Listener listener) = 0;
  /// After this returned the listener is not running and will not run. Not from a listener.
  virtual void Unsubscribe(uint64_t subscription) = 0;

  /// NotFound: the kernel has no such block device any more. Never touches the disk. `number` 0, or one that
  /// is no block device's (btrfs): by its path.
  virtual absl::Status CheckPresent(const std::string& path, dev_t number) = 0;

  /// Reads one block of it past the page cache. DataLoss: the device answers with an I/O error, or is gone.
  /// DeadlineExceeded: it does not answer. Anything else: nothing is known.
  virtual absl::Status ReadBlock(const std::string& path, Deadline deadline) = 0;
};

/// The message of a netlink packet of the kernel ("remove@/devices/…" and NUL-separated KEY=value words) when
/// it is the removal of a block device, or nullopt.
std::optional<DeviceRemoval> ParseUevent(std::string_view packet);

/// Listens from now on. Where the socket cannot be had (an error that is logged once) nothing is ever
/// reported; the other two calls work all the same. `runner` outlives it.
std::unique_ptr<DeviceWatch> MakeLinuxDeviceWatch(CommandRunner& runner);

}  // namespace rexray::host
