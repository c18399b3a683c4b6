#pragma once

// A volume that is copied while this node may be writing to it: what has to be done about that, by the way
// the backend cuts (SnapshotCut), and without ever leaving a file system frozen.
//
//   mounted here, writable   kAtomic: copied as it is (frozen around the call when the caller wants that)
//                            kInstant: frozen around the call
//                            kCopy: refused, unless the caller wants it frozen for all that time
//   attached, not mounted    refused while somebody has the device in use (not for kAtomic)
//   else                     copied
//
// Three keep a freeze bounded: this class thaws after the copy, whatever came of it; the guard process thaws
// when time is up or the daemon ends (host/freeze.h); and the next daemon thaws what an open intent says was
// frozen (FrozenBy).

#include <functional>
#include <string>

#include "absl/status/status.h"

#include "engine/engine_core.h"

namespace rexray::engine {

/// In the source's turn. `copy` runs as the step `step` of `steps`, with a context that ends before the
/// freeze does and tells people how far it is. `discard` takes back what `copy` made, when it turns out that
/// the file system did not stay frozen meanwhile.
absl::Status CopyStill(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& source,
                       const std::string& source_name, bool freeze, const char* step,
                       const std::function<absl::Status(const CallContext&)>& copy,
                       const std::function<void()>& discard);

/// The mount point that this operation had frozen when its intent was written; "" = none.
std::string FrozenBy(const IntentRow& intent);

}  // namespace rexray::engine
