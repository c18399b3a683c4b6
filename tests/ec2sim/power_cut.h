#pragma once

// What happens to a mounted disk when it is torn out: every read and write of it fails from one moment on,
// and what was not durable yet is lost. The loop device shrinks to one sector (LOOP_SET_STATUS64, loop(4)),
// so the file system above meets EIO, as it would on a real node. FS_IOC_SHUTDOWN is only for kernels that
// refuse that: an fsync of ext4 that is under way at such a shutdown may answer that all is well, and lose
// its data (with 6.18 in four of ten such shutdowns).

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace rexray::ec2sim {

/// The loop device "/dev/loop3" answers EIO from now on, in whatever mount namespace it is mounted, also
/// where it was unmounted lazily and lives on in an open file; waits until nothing more is on its way to the
/// file behind it. From then on that file is what a crash would leave: all that was told durable, and perhaps
/// more.
absl::Status CutPower(const std::string& device);

/// Holds the file system on `device`, if any, still while in scope, so that a copy of the device is one
/// moment of it. A no-op where nothing is mounted or the file system cannot freeze.
class Standstill {
 public:
  explicit Standstill(const std::string& device);
  ~Standstill();
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

 private:
  int frozen_ = -1;
};

}  // namespace rexray::ec2sim
