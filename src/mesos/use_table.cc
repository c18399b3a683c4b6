#include "mesos/use_table.h"

#include <algorithm>

namespace rexray::mesos {

bool UseTable::Begin(const std::string& id) {
  return containers_.try_emplace(id).second;
}

bool UseTable::Want(const std::string& id, const std::vector<VolumeKey>& keys) {
  if (HasLeft(id)) return false;
  for (const VolumeKey& key : keys) containers_[id].uses[key].key = key;
  return true;
}

std::optional<std::vector<VolumeKey>> UseTable::Leave(const std::string& id) {
  const auto container = containers_.find(id);
  if (container == containers_.end()) return std::nullopt;
  container->second.left = true;
  std::vector<VolumeKey> keys;
  for (const auto& [key, use] : container->second.uses) keys.push_back(key);
  return keys;
}

bool UseTable::HasLeft(const std::string& id) const {
  const auto container = containers_.find(id);
  return container == containers_.end() || container->second.left;
}

bool UseTable::UsedByAnother(const std::string& id, const VolumeKey& key) const {
  return std::any_of(containers_.begin(), containers_.end(),
                     [&](const auto& entry) { return entry.first != id && entry.second.uses.contains(key); });
}

std::optional<VolumeUse> UseTable::Mounted(const std::string& id, const VolumeKey& key) const {
  std::optional<VolumeUse> found;
  for (const auto& [other, container] : containers_) {
    const auto use = container.uses.find(key);
    if (use == container.uses.end() || !use->second.mounted) continue;
    if (!found || other == id) found = use->second;
  }
  return found;
}

void UseTable::SetMounted(const std::string& id, const VolumeUse& use) {
  owed_.erase(use.key);
  if (const auto container = containers_.find(id); container != containers_.end()) {
    container->second.uses[use.key] = use;
  }
}

std::optional<VolumeUse> UseTable::Release(const std::string& id, const VolumeKey& key) {
  const auto container = containers_.find(id);
  if (container == containers_.end()) return std::nullopt;
  const auto node = container->second.uses.extract(key);
  if (node.empty()) return std::nullopt;
  const VolumeUse use = node.mapped();
  if (!UsedByAnother(id, key)) {
    // A mount that failed must not overwrite what is known from an unmount that failed before it.
    VolumeUse& owed = owed_.try_emplace(key, use).first->second;
    if (use.mounted) owed = use;
    return owed;
  }
  if (!use.mounted) return std::nullopt;
  for (auto& [other, heir] : containers_) {
    const auto inherited = heir.uses.find(key);
    if (inherited != heir.uses.end() && !inherited->second.mounted) inherited->second = use;
  }
  return std::nullopt;
}

void UseTable::DoNotWant(const std::string& id, const VolumeKey& key) {
  if (const auto container = containers_.find(id); container != containers_.end()) {
    container->second.uses.erase(key);
  }
}

void UseTable::Forget(const std::string& id) {
  const auto container = containers_.find(id);
  if (container != containers_.end() && container->second.left && container->second.uses.empty()) {
    containers_.erase(container);
  }
}

std::optional<VolumeUse> UseTable::OwedUnmount(const VolumeKey& key) const {
  const auto owed = owed_.find(key);
  if (owed == owed_.end() || UsedByAnother("", key)) return std::nullopt;
  return owed->second;
}

std::vector<VolumeKey> UseTable::OwedUnmounts() const {
  std::vector<VolumeKey> keys;
  for (const auto& [key, use] : owed_) keys.push_back(key);
  return keys;
}

void UseTable::Unmounted(const VolumeKey& key) {
  owed_.erase(key);
}

std::vector<std::string> UseTable::Containers() const {
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  return ids;
}

std::vector<VolumeUse> UseTable::UsesOf(const std::string& id) const {
  std::vector<VolumeUse> uses;
  const auto container = containers_.find(id);
  if (container == containers_.end()) return uses;
  for (const auto& [key, use] : container->second.uses) uses.push_back(use);
  return uses;
}

Checkpoint UseTable::ToCheckpoint(const std::string& boot_id) const {
  Checkpoint checkpoint;
  checkpoint.boot_id = boot_id;
  for (const auto& [id, container] : containers_) {
    if (!container.uses.empty()) checkpoint.containers.push_back({id, UsesOf(id)});
  }
  for (const auto& [key, use] : owed_) checkpoint.unmount.push_back(use);
  return checkpoint;
}

void UseTable::Add(const Checkpoint& checkpoint) {
  for (const ContainerUse& container : checkpoint.containers) {
    for (const VolumeUse& use : container.volumes) containers_[container.id].uses.try_emplace(use.key, use);
  }
  for (const VolumeUse& use : checkpoint.unmount) owed_.try_emplace(use.key, use);
}

}  // namespace rexray::mesos
