#pragma once

// All snapshots in memory, those that are being made too, so that ListSnapshots touches no disk.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "drivers/local/volume_index.h"

namespace rexray::drivers::local {

/// Thread-safe.
class SnapshotList {
 public:
  struct Item {
    IndexEntry entry;  ///< `loop` is never set
    int progress_percent = 100;
    bool pending = false;
  };

  void Put(Item item) {
    MutexLock lock(mutex_);
    const std::string id = item.entry.record.id;
    items_[id] = std::move(item);
  }
  void Erase(const std::string& id) {
    MutexLock lock(mutex_);
    items_.erase(id);
  }
  void SetProgress(const std::string& id, int percent) {
    MutexLock lock(mutex_);
    if (const auto found = items_.find(id); found != items_.end()) found->second.progress_percent = percent;
  }
  std::optional<Item> Find(const std::string& id) const {
    MutexLock lock(mutex_);
    const auto found = items_.find(id);
    return found == items_.end() ? std::nullopt : std::optional<Item>(found->second);
  }
  std::vector<Item> All() const {
    MutexLock lock(mutex_);
    std::vector<Item> all;
    all.reserve(items_.size());
    for (const auto& [id, item] : items_) all.push_back(item);
    return all;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, Item> items_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::local
