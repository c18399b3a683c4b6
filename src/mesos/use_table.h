#pragma once

// Who uses what: the isolator's memory, without locks, threads or I/O.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mesos/checkpoint.h"

namespace rexray::mesos {

/// Not thread-safe.
class UseTable {
 public:
  /// A container arrives. False: it is here already.
  bool Begin(const std::string& id);

  /// It wants these volumes. False: it has left in the meantime.
  bool Want(const std::string& id, const std::vector<VolumeKey>& keys);

  /// It goes: it gets no further volumes. Returns those that it has; nullopt: it is not here.
  std::optional<std::vector<VolumeKey>> Leave(const std::string& id);

  /// True also for one that is not here.
  bool HasLeft(const std::string& id) const;

  /// Is the volume in use by a container other than this?
  bool UsedByAnother(const std::string& id, const VolumeKey& key) const;

  /// This container's own mount of the volume, or else that of another.
  std::optional<VolumeUse> Mounted(const std::string& id, const VolumeKey& key) const;

  /// The container uses the volume and has it mounted so. Ends the debt of an unmount.
  void SetMounted(const std::string& id, const VolumeUse& use);

  /// The container no longer uses the volume. If it was the last, the volume is owed an unmount from now on,
  /// and what is known of its mount is returned. Else others that have not mounted yet inherit it.
  std::optional<VolumeUse> Release(const std::string& id, const VolumeKey& key);

  /// The container does not get the volume after all, and nothing was begun: no unmount is owed.
  void DoNotWant(const std::string& id, const VolumeKey& key);

  /// Removes a container that has left and uses nothing.
  void Forget(const std::string& id);

  /// An unmount that is owed, unless a container uses the volume again.
  std::optional<VolumeUse> OwedUnmount(const VolumeKey& key) const;
  std::vector<VolumeKey> OwedUnmounts() const;
  void Unmounted(const VolumeKey& key);

  std::vector<std::string> Containers() const;
  std::vector<VolumeUse> UsesOf(const std::string& id) const;

  Checkpoint ToCheckpoint(const std::string& boot_id) const;
  /// Adds what the checkpoint knows; what is here already stays.
  void Add(const Checkpoint& checkpoint);

 private:
  struct Container {
    bool left = false;
    std::map<VolumeKey, VolumeUse> uses;
  };
  std::map<std::string, Container> containers_;
  std::map<VolumeKey, VolumeUse> owed_;
};

}  // namespace rexray::mesos
