#include "engine/event_log.h"

#include <utility>

namespace rexray::engine {
namespace {

void LogLine(const Event& event) {
  switch (event.level) {
    case LogLevel::kDebug:
      return LogDebug(event.text, {{"event", event.kind},
                                   {"volume", event.name},
                                   {"id", event.volume.id},
                                   {"service", event.volume.service}});
    case LogLevel::kInfo:
      return LogInfo(event.text, {{"event", event.kind},
                                  {"volume", event.name},
                                  {"id", event.volume.id},
                                  {"service", event.volume.service}});
    case LogLevel::kWarn:
      return LogWarn(event.text, {{"event", event.kind},
                                  {"volume", event.name},
                                  {"id", event.volume.id},
                                  {"service", event.volume.service}});
    case LogLevel::kError:
      return LogError(event.text, {{"event", event.kind},
                                   {"volume", event.name},
                                   {"id", event.volume.id},
                                   {"service", event.volume.service}});
  }
}

}  // namespace

void EventLog::Add(LogLevel level, std::string kind, const VolumeKey& volume, const std::string& name,
                   std::string text) {
  Event event;
  event.at = clock_.WallNow();
  event.level = level;
  event.kind = std::move(kind);
  event.volume = volume;
  event.name = name;
  event.text = std::move(text);
  LogLine(event);
  MutexLock lock(mutex_);
  event.sequence = next_++;
  events_.push_back(std::move(event));
  if (events_.size() > keep_) events_.pop_front();
}

std::vector<Event> EventLog::Since(uint64_t after) const {
  MutexLock lock(mutex_);
  std::vector<Event> result;
  for (const Event& event : events_) {
    if (event.sequence > after) result.push_back(event);
  }
  return result;
}

}  // namespace rexray::engine
