#include "base/logging.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>

#include "spdlog/logger.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"

#include "base/log_format.h"
#include "base/status.h"

namespace rexray {
namespace {

std::atomic<LogLevel> level_now{LogLevel::kWarn};

struct Sink {
  spdlog::logger logger{"rexray", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  bool journal = IsJournalStream(std::getenv("JOURNAL_STREAM"), STDERR_FILENO);

  Sink() {
    logger.set_level(spdlog::level::trace);  // level_now decides
    // The journal keeps the time itself.
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  }
};

void Log(LogLevel level, std::string_view text, LogFields fields) {
  if (level < level_now.load(std::memory_order_relaxed)) return;
  static Sink& sink = *new Sink;  // never destroyed: threads may log while the program leaves main
  std::string line(sink.journal ? JournalPrefix(level) : LogLevelName(level));
  if (!sink.journal) line += ' ';
  line += FormatLogText(text, fields);
  sink.logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void SetLogLevel(LogLevel level) {
  level_now.store(level, std::memory_order_relaxed);
}
LogLevel GetLogLevel() {
  return level_now.load(std::memory_order_relaxed);
}

void LogDebug(std::string_view text, LogFields fields) {
  Log(LogLevel::kDebug, text, fields);
}
void LogInfo(std::string_view text, LogFields fields) {
  Log(LogLevel::kInfo, text, fields);
}
void LogWarn(std::string_view text, LogFields fields) {
  Log(LogLevel::kWarn, text, fields);
}
void LogError(std::string_view text, LogFields fields) {
  Log(LogLevel::kError, text, fields);
}

}  // namespace rexray
