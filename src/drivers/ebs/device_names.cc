#include "drivers/ebs/device_names.h"

#include "base/status.h"

namespace rexray::drivers::ebs {

const std::vector<std::string>& SafeDeviceNames() {
  static const std::vector<std::string>& names = *[] {
    auto* all = new std::vector<std::string>;
    for (char first = 'a'; first <= 'd'; ++first) {
      for (char second = 'a'; second <= (first == 'd' ? 'x' : 'z'); ++second) {
        all->push_back(std::string("/dev/xvd") + first + second);
      }
    }
    for (char letter = 'b'; letter <= 'z'; ++letter) all->push_back(std::string("/dev/xvd") + letter);
    return all;
  }();
  return names;
}

absl::StatusOr<std::string> DeviceNames::Reserve(const std::set<std::string>& in_use) {
  const std::vector<std::string>& names = SafeDeviceNames();
  MutexLock lock(mutex_);
  std::erase_if(bad_until_, [&](const auto& entry) { return entry.second <= clock_.Now(); });
  for (const bool take_bad : {false, true}) {
    for (size_t i = 0; i < names.size(); ++i) {
      const size_t at = (next_ + i) % names.size();
      const std::string& name = names[at];
      if (in_use.contains(name) || reserved_.contains(name)) continue;
      if (bad_until_.contains(name) != take_bad) continue;
      next_ = at + 1;
      reserved_.insert(name);
      return name;
    }
  }
  return Error(absl::StatusCode::kResourceExhausted, "all {} device names of this instance are in use",
               names.size());
}

void DeviceNames::Release(const std::string& name) {
  MutexLock lock(mutex_);
  reserved_.erase(name);
}

void DeviceNames::MarkBad(const std::string& name) {
  MutexLock lock(mutex_);
  reserved_.erase(name);
  bad_until_[name] = clock_.Now() + bad_for_;
}

}  // namespace rexray::drivers::ebs
