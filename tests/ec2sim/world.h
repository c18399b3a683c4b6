#pragma once

// The state of the region, its timers and its dice. Actions (actions.h) read and change it. Not thread-safe:
// Simulator holds one lock around all of it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "ec2sim/devices.h"
#include "ec2sim/model.h"
#include "ec2sim/options.h"
#include "ec2sim/versions.h"

namespace rexray::ec2sim {

/// What a ClientToken stands for.
struct TokenUse {
  std::string parameters;
  std::string volume;
  std::string answer;  ///< the first one, repeated
  TimePoint at;
  bool failed = false;  ///< the volume failed asynchronously: the token is burned
};

class World {
 public:
  World(Options options, Clock& clock);

  Options options;

  /// The time of the event or request under way.
  TimePoint now() const { return now_; }
  WallTime wall() const;

  /// Runs what is due, in order, and sets now() to the clock's.
  void Settle();
  TimePoint NextDue() const;  ///< TimePoint::max() = nothing is under way
  void After(Duration wait, std::function<void()> event);

  std::string NewId(std::string_view prefix);  ///< "vol-0" and 16 hexadecimal digits
  Duration Draw(const Latency& latency);
  uint64_t NextSerial() { return ++serial_; }
  bool Toss() { return random_() % 2 == 0; }
  uint64_t Random() { return random_(); }

  // The truth. Edit… is for changing: what it returned is published when the event or request ends.
  const std::map<std::string, Volume>& volumes() const { return volumes_; }
  const std::map<std::string, Snapshot>& snapshots() const { return snapshots_; }
  const std::map<std::string, Instance>& instances() const { return instances_; }
  Volume* EditVolume(const std::string& id);      ///< nullptr = none
  Snapshot* EditSnapshot(const std::string& id);  ///< nullptr = none
  Instance* EditInstance(const std::string& id);  ///< nullptr = none
  Volume& AddVolume(Volume volume);
  Snapshot& AddSnapshot(Snapshot snapshot);
  Instance& AddInstance(Instance instance);
  void RemoveVolume(const std::string& id);
  void RemoveSnapshot(const std::string& id);
  void RemoveInstance(const std::string& id);
  void Publish();

  // What a Describe sees; each call may be answered by another replica.
  std::vector<Versions<Volume>::Pointer> VolumeView();
  std::vector<Versions<Snapshot>::Pointer> SnapshotView();
  /// Volumes as DescribeInstances knows them.
  std::vector<Versions<Volume>::Pointer> InstanceVolumeView();
  /// Whether a call that names the volume finds it: a new one is unknown for a while.
  bool VolumeIsKnown(const std::string& id);
  bool SnapshotIsKnown(const std::string& id);

  std::map<std::string, TokenUse>& tokens() { return tokens_; }
  Devices& devices() { return devices_; }

 private:
  TimePoint Replica(Duration lag) { return now_ - (options.flicker && Toss() ? Duration{} : lag); }

  Clock& clock_;
  TimePoint now_;
  std::mt19937_64 random_;
  uint64_t serial_ = 0;
  std::multimap<TimePoint, std::function<void()>> timers_;

  std::map<std::string, Volume> volumes_;
  std::map<std::string, Snapshot> snapshots_;
  std::map<std::string, Instance> instances_;
  Versions<Volume> volume_versions_;
  Versions<Snapshot> snapshot_versions_;
  std::set<std::string> changed_volumes_;
  std::set<std::string> changed_snapshots_;
  std::map<std::string, TokenUse> tokens_;
  Devices devices_;
};

}  // namespace rexray::ec2sim
