#pragma once

// From a mounted volume back to nothing: umount, make sure that nobody uses the device, detach. Used by every
// operation that takes a volume off this node; each runs it under its own name of steps, in the volume's
// turn.

#include "absl/status/status.h"

#include "engine/engine_core.h"

namespace rexray::engine {

/// Unmounts the stage and ends its consumers; the row says lingering, or attached where it stays so.
/// FailedPrecondition names who keeps it busy; then nothing has changed.
absl::Status UmountStage(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key);

/// After UmountStage: detaches what is ours to detach, and forgets the volume. A device that is in use is
/// left attached with a note, FailedPrecondition.
absl::Status DetachStage(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key);

/// DetachStage now, or after the linger time where the service has one. What cannot be detached now (still in
/// use by another mount namespace, the backend is away) is no error of the unmount, which took place: the
/// volume is shown as attached and why, there is an event, and it is tried again in the background.
void DetachOrLinger(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key, bool now);

/// The driver's Detach, after the device was found unused (O_EXCL). OK when it was not here.
absl::Status DetachUnused(Core& core, ServiceState& service, const VolumeKey& key);

/// Tries again to take off this node what lingers or could not be detached; each failure doubles the wait.
void RetryDetachLater(Core& core, ServiceState& service, const VolumeKey& key);
void DetachLater(Core& core, ServiceState& service, const VolumeKey& key, Duration delay);

/// After a failed call: may the backend have done it all the same?
bool MayHaveHappened(const absl::Status& status);

}  // namespace rexray::engine
