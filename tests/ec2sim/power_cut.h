#pragma once

// What happens to a mounted disk when it is torn out: the file system on it stops at once, and what was not
// durable yet is lost. FS_IOC_SHUTDOWN (ext4, xfs, f2fs) with NOLOGFLUSH does just that.

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace rexray::ec2sim {

/// Stops every file system that is mounted from `device` ("/dev/loop3"), in whatever mount namespace, also
/// one that was unmounted lazily and lives on in an open file; then waits until nothing more is on its way to
/// the device. From then on its bytes are what a crash would leave: all that was told durable, and perhaps
/// more. OK when nothing is mounted. FailedPrecondition for a file system that cannot be stopped.
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
