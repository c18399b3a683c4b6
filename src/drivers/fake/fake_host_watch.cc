// FakeHost's devices that go, and who uses its mounts.

#include <sys/sysmacros.h>

#include <utility>

#include "base/status.h"
#include "drivers/fake/fake_host.h"

namespace rexray::drivers::fake {

void FakeHost::TellRemoval(const std::string& path) {
  dev_t number = 0;
  {
    MutexLock lock(mutex_);
    const auto found = devices_.find(path);
    if (found != devices_.end()) number = found->second.number;
  }
  Tell({number, path});
}

void FakeHost::Tell(const host::DeviceRemoval& removal) {
  MutexLock lock(listeners_mutex_);
  for (const auto& [subscription, listener] : listeners_) listener(removal);
}

uint64_t FakeHost::Subscribe(Listener listener) {
  MutexLock lock(listeners_mutex_);
  listeners_[next_listener_] = std::move(listener);
  return next_listener_++;
}

void FakeHost::Unsubscribe(uint64_t subscription) {
  MutexLock lock(listeners_mutex_);
  listeners_.erase(subscription);
}

absl::Status FakeHost::CheckPresent(const std::string& path, dev_t number) {
  return calls_.Run("CheckPresent", path, Deadline::Never(), [&]() -> absl::Status {
    MutexLock lock(mutex_);
    const auto found = devices_.find(path);
    const bool same = found != devices_.end() && (major(number) == 0 || found->second.number == number);
    if (same) return absl::OkStatus();
    return Error(absl::StatusCode::kNotFound, "the device {} was removed from this node", path);
  });
}

absl::Status FakeHost::ReadBlock(const std::string& path, Deadline deadline) {
  return calls_.Run("ReadBlock", path, deadline, [&]() -> absl::Status {
    MutexLock lock(mutex_);
    if (devices_.contains(path)) return absl::OkStatus();
    return Error(absl::StatusCode::kDataLoss, "the device {} cannot be read: No such device or address",
                 path);
  });
}

absl::StatusOr<host::MountCensus> FakeHost::Count(const std::vector<host::WatchedMount>& watched) {
  return calls_.Run("Count", "", Deadline::Never(), [&]() -> absl::StatusOr<host::MountCensus> {
    MutexLock lock(mutex_);
    host::MountCensus census;
    for (const host::WatchedMount& mount : watched) {
      const auto found = uses_.find(mount.stage_path);
      census.uses.push_back(found == uses_.end() ? std::vector<host::MountUse>() : found->second);
    }
    census.gap = census_gap_;
    return census;
  });
}

absl::Status FakeHost::SeesEveryProcess() {
  MutexLock lock(mutex_);
  return sees_all_;
}

}  // namespace rexray::drivers::fake
