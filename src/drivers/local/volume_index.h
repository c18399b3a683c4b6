#pragma once

// All volumes in memory, so that List and Get never touch SQLite or a disk. Entries are immutable and shared:
// a reader holds the lock only while it copies pointers (10,000 of them take well under a millisecond),
// whatever writers do.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "drivers/local/image_store.h"
#include "drivers/local/record.h"

namespace rexray::drivers::local {

struct IndexEntry {
  VolumeRecord record;
  ImageInfo image;
  /// The loop device that we know of; empty when detached. The kernel's word (BlockDevices::FindLoop) counts
  /// more.
  std::string loop;
  /// Why the volume cannot be used (its image is gone, or is cut off); empty when all is well.
  std::string problem;
};
using EntryPointer = std::shared_ptr<const IndexEntry>;

/// Thread-safe.
class VolumeIndex {
 public:
  void Put(IndexEntry entry);
  void Erase(const std::string& id);
  /// Changes a copy and puts it in the entry's place. Nothing when there is none.
  void Change(const std::string& id, const std::function<void(IndexEntry&)>& change);

  EntryPointer Find(const std::string& id) const;  ///< null when there is none
  EntryPointer FindName(const std::string& name) const;
  /// By name, then id.
  std::vector<EntryPointer> All() const;
  size_t Count() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, EntryPointer> by_id_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, EntryPointer> by_name_ ABSL_GUARDED_BY(mutex_);  ///< names are unique here
};

}  // namespace rexray::drivers::local
