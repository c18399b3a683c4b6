#pragma once

#include "absl/status/status.h"

namespace rexray::drivers::fake {

/// A status that shares nothing with the thread that gave it: absl::Status counts its copies inside a library
/// that ThreadSanitizer does not see into, so a shared one that is freed there looks like a race.
inline absl::Status Own(const absl::Status& status) {
  return absl::Status(status.code(), status.message());
}

}  // namespace rexray::drivers::fake
