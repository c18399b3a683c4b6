#pragma once

// A volume that another node took, or whose device died, while it was mounted here (design §4.6): noticed,
// unmounted lazily, its consumers marked lost, and refused to new ones with the reason.
//
// A rumour comes from the kernel (a uevent), from the device (a block that cannot be read) or from the
// backend's list. It is never acted on as it is: in the volume's turn the kernel is asked whether it still
// has the device, and if so the backend, twice, whether the volume is still attached to this node. Only then
// is anything unmounted.
//
// The consumers of a lost volume stay until they end by themselves (a container that is stopped) or an
// operator ends them (`rexray volume release`); then the volume can be mounted again, as it can when it is
// attached here again.

#include <map>
#include <string>

#include "engine/engine_core.h"
#include "engine/periodic.h"

namespace rexray::engine {

class Fencing {
 public:
  explicit Fencing(Core& core);
  ~Fencing() { Stop(); }

  /// Listens, and polls as EngineOptions say. After Recover.
  void Start();
  /// Nothing is looked at any more; what has been submitted as an operation goes on.
  void Stop();
  /// No look is under way now.
  bool Idle() { return attachments_.Idle() && devices_.Idle(); }

 private:
  void OnRemoval(const host::DeviceRemoval& removal);
  void PollAttachments();
  void PollDevices();

  Core& core_;
  uint64_t subscription_ = 0;
  std::map<VolumeKey, TimePoint> unreadable_;  ///< PollDevices alone: when the backend was last asked for it
  Periodic attachments_;
  Periodic devices_;
};

/// An operation that looks whether the volume is still this node's, and fences it if it is not.
void LookWhetherLost(Core& core, const VolumeKey& key);

/// For recovery: the row says lost, and it may still be mounted.
void ResumeFencing(Core& core, const VolumeKey& key);

/// Whether a lost volume may be mounted again: its consumers are gone, or it is attached here again.
/// FailedPrecondition says why not and what to do.
absl::Status CheckNotLost(Core& core, ServiceState& service, const Stage& stage);

}  // namespace rexray::engine
