#pragma once

// The pools that thin volumes share: a warning before one is full, once for each time that it fills up.

#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/engine_core.h"

namespace rexray::engine {

/// "12GiB of 100GiB are free in /var/lib/rexray/local".
std::string DescribeSpace(const Pool& pool);
/// In percent, rounded down.
int FilledPercent(const Pool& pool);

/// Thread-safe. Outlives the core's operations.
class PoolWatch {
 public:
  /// Looks now and every EngineOptions::pool_interval, at those services whose driver has a pool.
  void Start(Core& core);
  /// Soon: after something that takes space.
  void LookSoon(Core& core, ServiceState& service);
  std::vector<std::string> Warnings() const;

 private:
  void Look(Core& core, ServiceState& service);
  void Again(Core& core, ServiceState& service);

  mutable Mutex mutex_;
  std::map<std::string, std::string> warnings_ ABSL_GUARDED_BY(mutex_);  // by service
};

}  // namespace rexray::engine
