#include "ec2sim/world.h"

#include <algorithm>

#include "fmt/core.h"

namespace rexray::ec2sim {

World::World(Options o, Clock& clock)
    : options(std::move(o)),
      clock_(clock),
      now_(clock.Now()),
      random_(options.seed),
      devices_(options.data_directory) {}

WallTime World::wall() const {
  return clock_.WallNow() - std::chrono::duration_cast<WallTime::duration>(clock_.Now() - now_);
}

void World::Settle() {
  const TimePoint now = clock_.Now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto first = timers_.begin();
    now_ = std::max(now_, first->first);
    const std::function<void()> event = std::move(first->second);
    timers_.erase(first);
    event();
    Publish();
  }
  now_ = std::max(now_, now);
}

TimePoint World::NextDue() const {
  return timers_.empty() ? TimePoint::max() : timers_.begin()->first;
}

void World::After(Duration wait, std::function<void()> event) {
  timers_.emplace(now_ + wait, std::move(event));
}

std::string World::NewId(std::string_view prefix) {
  return fmt::format("{}-0{:016x}", prefix, random_());
}

Duration World::Draw(const Latency& latency) {
  const auto span = (latency.most - latency.least).count();
  if (span <= 0) return latency.least;
  return latency.least + Duration(static_cast<int64_t>(random_() % static_cast<uint64_t>(span + 1)));
}

Volume* World::EditVolume(const std::string& id) {
  const auto found = volumes_.find(id);
  if (found == volumes_.end()) return nullptr;
  changed_volumes_.insert(id);
  return &found->second;
}

Snapshot* World::EditSnapshot(const std::string& id) {
  const auto found = snapshots_.find(id);
  if (found == snapshots_.end()) return nullptr;
  changed_snapshots_.insert(id);
  return &found->second;
}

Instance* World::EditInstance(const std::string& id) {
  const auto found = instances_.find(id);
  return found == instances_.end() ? nullptr : &found->second;
}

Volume& World::AddVolume(Volume volume) {
  changed_volumes_.insert(volume.id);
  const std::string id = volume.id;
  return volumes_[id] = std::move(volume);
}

Snapshot& World::AddSnapshot(Snapshot snapshot) {
  changed_snapshots_.insert(snapshot.id);
  const std::string id = snapshot.id;
  return snapshots_[id] = std::move(snapshot);
}

Instance& World::AddInstance(Instance instance) {
  const std::string id = instance.id;
  return instances_[id] = std::move(instance);
}

void World::RemoveVolume(const std::string& id) {
  volumes_.erase(id);
  changed_volumes_.insert(id);
}

void World::RemoveSnapshot(const std::string& id) {
  snapshots_.erase(id);
  changed_snapshots_.insert(id);
}

void World::RemoveInstance(const std::string& id) {
  instances_.erase(id);
}

void World::Publish() {
  const Duration keep =
      std::max(options.volume_view_lag, options.instance_view_lag) + std::chrono::seconds(1);
  for (const std::string& id : changed_volumes_) {
    const auto found = volumes_.find(id);
    volume_versions_.Publish(id, now_, found == volumes_.end() ? std::nullopt : std::optional(found->second),
                             keep);
  }
  for (const std::string& id : changed_snapshots_) {
    const auto found = snapshots_.find(id);
    snapshot_versions_.Publish(id, now_,
                               found == snapshots_.end() ? std::nullopt : std::optional(found->second), keep);
  }
  changed_volumes_.clear();
  changed_snapshots_.clear();
}

std::vector<Versions<Volume>::Pointer> World::VolumeView() {
  return volume_versions_.All(Replica(options.volume_view_lag));
}

std::vector<Versions<Snapshot>::Pointer> World::SnapshotView() {
  return snapshot_versions_.All(Replica(options.volume_view_lag));
}

std::vector<Versions<Volume>::Pointer> World::InstanceVolumeView() {
  return volume_versions_.All(Replica(options.instance_view_lag));
}

bool World::VolumeIsKnown(const std::string& id) {
  return volumes_.contains(id) && volume_versions_.Find(id, Replica(options.volume_view_lag)) != nullptr;
}

bool World::SnapshotIsKnown(const std::string& id) {
  return snapshots_.contains(id) && snapshot_versions_.Find(id, Replica(options.volume_view_lag)) != nullptr;
}

}  // namespace rexray::ec2sim
