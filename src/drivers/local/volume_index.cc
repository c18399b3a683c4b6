#include "drivers/local/volume_index.h"

namespace rexray::drivers::local {

void VolumeIndex::Put(IndexEntry entry) {
  auto pointer = std::make_shared<const IndexEntry>(std::move(entry));
  MutexLock lock(mutex_);
  by_id_[pointer->record.id] = pointer;
  by_name_[pointer->record.name] = pointer;
}

void VolumeIndex::Erase(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  by_name_.erase(found->second->record.name);
  by_id_.erase(found);
}

void VolumeIndex::Change(const std::string& id, const std::function<void(IndexEntry&)>& change) {
  MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  IndexEntry copy = *found->second;
  change(copy);
  found->second = std::make_shared<const IndexEntry>(std::move(copy));
  by_name_[found->second->record.name] = found->second;
}

EntryPointer VolumeIndex::Find(const std::string& id) const {
  MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

EntryPointer VolumeIndex::FindName(const std::string& name) const {
  MutexLock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<EntryPointer> VolumeIndex::All() const {
  MutexLock lock(mutex_);
  std::vector<EntryPointer> all;
  all.reserve(by_name_.size());
  for (const auto& [name, entry] : by_name_) all.push_back(entry);
  return all;
}

size_t VolumeIndex::Count() const {
  MutexLock lock(mutex_);
  return by_id_.size();
}

}  // namespace rexray::drivers::local
