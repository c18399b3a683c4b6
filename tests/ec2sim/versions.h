#pragma once

// What a Describe sees: objects as they were some time ago. Each change publishes a version; versions older
// than the longest lag are dropped, but for the last one before it.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace rexray::ec2sim {

template <typename T>
class Versions {
 public:
  struct Entry {
    explicit Entry(T v) : value(std::move(v)) {}
    T value;
    mutable std::string xml;  ///< rendered once: thousands of callers list the same volumes
  };
  using Pointer = std::shared_ptr<const Entry>;

  /// nullopt: it is gone.
  void Publish(const std::string& id, TimePoint at, std::optional<T> value, Duration keep) {
    auto& log = logs_[id];
    log.emplace_back(at, value ? std::make_shared<const Entry>(*std::move(value)) : nullptr);
    while (log.size() > 1 && log[1].first + keep <= at) log.pop_front();
    if (log.size() == 1 && log.front().second == nullptr) logs_.erase(id);
  }

  /// nullptr when it did not exist then.
  Pointer Find(const std::string& id, TimePoint as_of) const {
    const auto log = logs_.find(id);
    return log == logs_.end() ? nullptr : At(log->second, as_of);
  }

  /// By id.
  std::vector<Pointer> All(TimePoint as_of) const {
    std::vector<Pointer> out;
    out.reserve(logs_.size());
    for (const auto& [id, log] : logs_) {
      if (Pointer entry = At(log, as_of)) out.push_back(std::move(entry));
    }
    return out;
  }

 private:
  using Log = std::deque<std::pair<TimePoint, Pointer>>;

  static Pointer At(const Log& log, TimePoint as_of) {
    for (auto version = log.rbegin(); version != log.rend(); ++version) {
      if (version->first <= as_of) return version->second;
    }
    return nullptr;
  }

  std::map<std::string, Log> logs_;
};

}  // namespace rexray::ec2sim
