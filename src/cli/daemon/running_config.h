#pragma once

// The configuration that a running daemon works by: the one that it started with, and of later ones what may
// change while it runs (KeyInfo::reloadable).

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "config/config.h"

namespace rexray::daemon {

/// Thread-safe.
class RunningConfig final : public config::Config {
 public:
  explicit RunningConfig(std::unique_ptr<config::Config> started)
      : started_(std::move(started)), effective_(started_->Effective()) {}

  struct Changes {
    std::vector<std::string> applied;       ///< keys that count from now on
    std::vector<std::string> need_restart;  ///< keys whose written value is not the one that counts
  };
  /// Takes over from `fresh` what may change.
  Changes Update(const config::Config& fresh);

  /// As the daemon started; what was reloaded since is in Effective() alone.
  const config::Settings& settings() const override { return started_->settings(); }
  const std::vector<std::string>& warnings() const override { return started_->warnings(); }
  std::vector<config::EffectiveValue> Effective() const override {
    const MutexLock lock(mutex_);
    return effective_;
  }

 private:
  const std::unique_ptr<const config::Config> started_;
  mutable Mutex mutex_;
  std::vector<config::EffectiveValue> effective_ ABSL_GUARDED_BY(mutex_);  ///< sorted by key
};

}  // namespace rexray::daemon
