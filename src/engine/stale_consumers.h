#pragma once

// Docker sends no Unmount after it crashed. Its consumers that nobody uses any more are found by the kernel's
// truth (design §4.7) and released:
//
// - only when every consumer of the volume is a counted docker one and older than Service::stale_after;
// - only when no process of this machine has the volume mounted, in whatever mount namespace
// (host/mount_users.h says
//   what does not count), and every process could be looked at;
// - only when this daemon sees every process: it runs as root in the initial PID namespace;
// - never a directory driver's (vfs): its files need no mount to be used;
// - by a plain umount(2), whose EBUSY means that somebody is alive; never by force.
//
// Volumes that others use too (a CLI user, Mesos) wait until these have ended: which consumer is the stale
// one cannot be told.

#include <set>
#include <vector>

#include "engine/engine_core.h"
#include "engine/periodic.h"

namespace rexray::engine {

/// OK: the kernel shows that no process of this machine has it, but for the stage itself, and every process
/// could be looked at. Otherwise who has it, or why that cannot be told. Blocks: it reads all of /proc.
absl::Status CheckNobodyHasIt(Core& core, const ServiceState& service, const Stage& stage);

class StaleConsumers {
 public:
  explicit StaleConsumers(Core& core);
  ~StaleConsumers() { Stop(); }

  /// Searches every EngineOptions::stale_poll, on a thread of its own ("stale-search"). After Recover.
  void Start();
  void Stop();
  /// No search is under way now.
  bool Idle() { return search_.Idle(); }

  /// Who holds a volume, and what the kernel says of it. Blocks: it reads all of /proc, never a disk.
  ConsumerReport Report(VolumeView view, StagePtr stage, const Service& service) const;

 private:
  void Search();

  Core& core_;
  bool told_ = false;  ///< that it cannot be done here
  Periodic search_;
};

}  // namespace rexray::engine
