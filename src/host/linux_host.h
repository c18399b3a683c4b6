#pragma once

#include <memory>

#include "base/clock.h"
#include "base/subprocess.h"
#include "host/block_devices.h"
#include "host/device_watch.h"
#include "host/file_systems.h"
#include "host/mount_users.h"
#include "host/mounter.h"

namespace rexray::host {

/// The real ones, of the machine that we run on.
std::unique_ptr<BlockDevices> MakeLinuxBlockDevices(Clock& clock);
std::unique_ptr<Mounter> MakeLinuxMounter();
std::unique_ptr<FileSystems> MakeLinuxFileSystems(CommandRunner& runner, BlockDevices& devices);

/// What drivers and the engine are handed; the pointees outlive them.
struct Host {
  BlockDevices* devices = nullptr;
  Mounter* mounter = nullptr;
  FileSystems* file_systems = nullptr;
  Clock* clock = nullptr;
  DeviceWatch* watch = nullptr;  ///< null: a device that goes is noticed by asking its backend alone
  MountUsers* users = nullptr;   ///< null: no evidence, and no stale consumer is ever released
};

/// Why mounts made by this process would not reach containers, or OK: its mount namespace is not PID 1's and
/// `root` does not propagate (design of `setup service`).
absl::Status CheckMountsReachHost(Mounter& mounter, const std::string& root);

}  // namespace rexray::host
