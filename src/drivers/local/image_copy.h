#pragma once

// An image's content into another file: shared extents (FICLONE) where the file system can, else its data
// extents alone, so that a sparse image stays sparse. Facts: ioctl_ficlone(2), lseek(2) (SEEK_DATA),
// copy_file_range(2).

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"

namespace rexray::drivers::local {

struct CopyRequest {
  int from = -1;
  int to = -1;  ///< at its full length; all zero, or empty when `reflink` is to be tried
  Deadline deadline = Deadline::Never();
  std::function<void(int percent)> progress{};  ///< of a copy that takes a while
};

/// True when `to` shares the extents of `from` now; false when this file system cannot do that.
absl::StatusOr<bool> TryReflink(int from, int to);

/// DeadlineExceeded when time is up; ResourceExhausted when there is no room. `to` is then half-written.
absl::Status CopyDataExtents(const CopyRequest& request, Clock& clock);

/// Whether files in that directory can share extents: tried on two files without names.
bool CanReflink(int directory_fd);

}  // namespace rexray::drivers::local
