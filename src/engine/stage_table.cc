#include "engine/stage_table.h"

#include "base/status.h"

namespace rexray::engine {

const char* ToString(StageState state) {
  switch (state) {
    case StageState::kDetached:
      return "detached";
    case StageState::kAttached:
      return "attached";
    case StageState::kReady:
      return "ready";
    case StageState::kStaged:
      return "staged";
    case StageState::kInUse:
      return "in use";
    case StageState::kLingering:
      return "lingering";
    case StageState::kLost:
      return "lost";
  }
  return "unknown";
}

std::optional<StageState> ParseStageState(const std::string& text) {
  for (StageState state :
       {StageState::kDetached, StageState::kAttached, StageState::kReady, StageState::kStaged,
        StageState::kInUse, StageState::kLingering, StageState::kLost}) {
    if (text == ToString(state)) return state;
  }
  return std::nullopt;
}

StageRow RowOf(const Stage& stage) {
  StageRow row;
  row.key = stage.key;
  row.name = stage.name;
  row.device = stage.device;
  row.identity = stage.identity;
  row.device_number = stage.device_number;
  row.stage_path = stage.stage_path;
  row.user_path = stage.user_path;
  row.state = ToString(stage.state);
  row.attached_by_us = stage.attached_by_us;
  row.read_only = stage.read_only;
  row.since = stage.since;
  row.fs_type = stage.fs_type;
  row.mount_options = stage.mount_options;
  row.keep_attached = stage.keep_attached;
  row.lost_because = stage.lost_because;
  return row;
}

Stage StageOf(const StageRow& row) {
  Stage stage;
  stage.key = row.key;
  stage.name = row.name;
  stage.state = ParseStageState(row.state).value_or(StageState::kAttached);
  stage.device = row.device;
  stage.identity = row.identity;
  stage.device_number = row.device_number;
  stage.stage_path = row.stage_path;
  stage.user_path = row.user_path;
  stage.fs_type = row.fs_type;
  stage.mount_options = row.mount_options;
  stage.read_only = row.read_only;
  stage.attached_by_us = row.attached_by_us;
  stage.keep_attached = row.keep_attached;
  stage.since = row.since;
  stage.lost_because = row.lost_because;
  stage.note = row.lost_because;
  return stage;
}

std::string DescribeConsumers(const Stage& stage) {
  constexpr size_t kMost = 8;
  std::string text;
  for (size_t i = 0; i < stage.consumers.size() && i < kMost; ++i) {
    const ConsumerRecord& record = stage.consumers[i];
    if (!text.empty()) text += ", ";
    text += ToString(record.consumer.api);
    if (!record.consumer.id.empty()) text += " " + record.consumer.id;
    if (record.count > 1) text += fmt::format(" ({} times)", record.count);
  }
  if (stage.consumers.size() > kMost) text += fmt::format(" and {} more", stage.consumers.size() - kMost);
  return text;
}

StagePtr StageTable::Find(const VolumeKey& key) const {
  MutexLock lock(mutex_);
  const auto found = stages_.find(key);
  return found == stages_.end() ? nullptr : found->second;
}

std::vector<StagePtr> StageTable::FindByName(const std::string& service, const std::string& name) const {
  std::vector<StagePtr> result;
  MutexLock lock(mutex_);
  const auto found = names_.find({service, name});
  if (found == names_.end()) return result;
  for (const VolumeKey& key : found->second) result.push_back(stages_.at(key));
  return result;
}

std::vector<StagePtr> StageTable::All() const {
  std::vector<StagePtr> result;
  MutexLock lock(mutex_);
  result.reserve(stages_.size());
  for (const auto& [key, stage] : stages_) result.push_back(stage);
  return result;
}

std::map<std::string, StagePtr> StageTable::AllOf(const std::string& service) const {
  std::map<std::string, StagePtr> result;
  MutexLock lock(mutex_);
  for (auto entry = stages_.lower_bound({service, ""});
       entry != stages_.end() && entry->first.service == service; ++entry) {
    result.emplace_hint(result.end(), entry->first.id, entry->second);
  }
  return result;
}

void StageTable::Put(Stage stage) {
  auto fresh = std::make_shared<const Stage>(std::move(stage));
  StagePtr old;  // goes after the lock
  MutexLock lock(mutex_);
  StagePtr& entry = stages_[fresh->key];
  if (entry != nullptr && entry->name != fresh->name) Forget(fresh->key);
  names_[{fresh->key.service, fresh->name}].insert(fresh->key);
  if (!fresh->stage_path.empty()) paths_.emplace(fresh->stage_path, fresh->key);
  old = std::exchange(entry, std::move(fresh));
}

void StageTable::Drop(const VolumeKey& key) {
  StagePtr old;
  MutexLock lock(mutex_);
  const auto found = stages_.find(key);
  if (found == stages_.end()) return;
  Forget(key);
  old = std::move(found->second);
  stages_.erase(found);
  const auto path = paths_.find(old->stage_path);
  if (path != paths_.end() && path->second == key) paths_.erase(path);
}

void StageTable::Forget(const VolumeKey& key) {
  const auto stage = stages_.find(key);
  const auto name = names_.find({key.service, stage->second->name});
  if (name == names_.end()) return;
  name->second.erase(key);
  if (name->second.empty()) names_.erase(name);
}

std::optional<VolumeKey> StageTable::Reserve(const std::string& stage_path, const VolumeKey& key) {
  MutexLock lock(mutex_);
  const auto [path, added] = paths_.emplace(stage_path, key);
  if (!added && path->second != key) return path->second;
  return std::nullopt;
}

void StageTable::Release(const std::string& stage_path, const VolumeKey& key) {
  MutexLock lock(mutex_);
  const auto path = paths_.find(stage_path);
  if (path != paths_.end() && path->second == key) paths_.erase(path);
}

}  // namespace rexray::engine
