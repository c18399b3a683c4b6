#pragma once

// For what tells nobody when it changes (a lock of another process, a device of the kernel) and can only be
// looked at again and again.

#include "base/clock.h"

namespace rexray {

/// Returns when Now() >= `until`.
void PauseUntil(Clock& clock, TimePoint until);

}  // namespace rexray
