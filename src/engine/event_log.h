#pragma once

// What happened to volumes, for the person who asks at 3 a.m.: the last thousand events in memory, each one
// also a log line. Thread-safe.

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "volume/volume.h"

namespace rexray::engine {

struct Event {
  uint64_t sequence = 0;
  WallTime at;
  LogLevel level = LogLevel::kInfo;
  std::string kind;  ///< "mounted", "formatted", "preempted", "adopted", "consumer-lost", …
  VolumeKey volume;
  std::string name;
  std::string text;
};

class EventLog {
 public:
  explicit EventLog(Clock& clock, size_t keep = 1000) : clock_(clock), keep_(keep) {}
  void Add(LogLevel level, std::string kind, const VolumeKey& volume, const std::string& name,
           std::string text);
  /// Events with a sequence above `after`, oldest first.
  std::vector<Event> Since(uint64_t after) const;

 private:
  Clock& clock_;
  const size_t keep_;
  mutable Mutex mutex_;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::engine
