#include "cli/daemon/running_config.h"

#include <map>
#include <utility>

namespace rexray::daemon {
namespace {

using Rows = std::map<std::string, config::EffectiveValue>;

Rows ByKey(std::vector<config::EffectiveValue> list) {
  Rows rows;
  for (config::EffectiveValue& value : list) rows.emplace(value.key, std::move(value));
  return rows;
}

}  // namespace

RunningConfig::Changes RunningConfig::Update(const config::Config& fresh) {
  Changes changes;
  Rows wanted = ByKey(fresh.Effective());
  const MutexLock lock(mutex_);
  Rows rows = ByKey(std::exchange(effective_, {}));
  for (auto& [key, value] : wanted) {
    const auto [row, is_new] = rows.try_emplace(key, value);
    const bool same = !is_new && row->second.fingerprint == value.fingerprint;
    if (value.reloadable) {
      row->second = value;  // its origin too: it may have moved to another line
      if (!same) changes.applied.push_back(key);
    } else if (!same) {
      changes.need_restart.push_back(key);
      if (is_new) rows.erase(row);
    }
  }
  std::erase_if(rows, [&](const auto& row) {
    if (wanted.count(row.first) != 0) return false;
    (row.second.reloadable ? changes.applied : changes.need_restart).push_back(row.first);
    return row.second.reloadable;
  });
  for (auto& [key, value] : rows) effective_.push_back(std::move(value));
  return changes;
}

}  // namespace rexray::daemon
