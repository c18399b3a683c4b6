#include "cli/dvdcli/log_lines.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iterator>

#include "fmt/format.h"

namespace rexray::dvdcli {
namespace {

bool IsPlain(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

/// C0 controls, DEL, and C1 controls in UTF-8 (0xC2 0x80–0x9F): a terminal may act on these.
size_t ControlLength(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x20 || first == 0x7F) return 1;
  const bool c1 = first == 0xC2 && text.size() > 1 && static_cast<uint8_t>(text[1]) >= 0x80 &&
                  static_cast<uint8_t>(text[1]) < 0xA0;
  return c1 ? 2 : 0;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

}  // namespace

std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  if (name == "debug" || name == "trace") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn" || name == "warning") return LogLevel::kWarning;
  if (name == "error" || name == "fatal" || name == "panic") return LogLevel::kError;
  return std::nullopt;
}

std::string QuotedValue(std::string_view value) {
  if (IsPlain(value)) return std::string(value);
  std::string quoted = "\"";
  while (!value.empty()) {
    const char c = value.front();
    const size_t control = ControlLength(value);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (control != 0) {
      for (const char byte : value.substr(0, control)) {
        fmt::format_to(std::back_inserter(quoted), "\\x{:02x}", static_cast<uint8_t>(byte));
      }
    } else {
      quoted += c;
    }
    value.remove_prefix(std::max<size_t>(control, 1));
  }
  return quoted + "\"";
}

std::string FormatLogLine(WallTime at, LogLevel level, std::string_view text, LogFields fields) {
  const time_t seconds = std::chrono::system_clock::to_time_t(at);
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::string line = fmt::format("time=\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z\" level={} msg={}",
                                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec, LevelName(level), QuotedValue(text));
  std::sort(fields.begin(), fields.end());
  for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, QuotedValue(value));
  return line + " \n";
}

}  // namespace rexray::dvdcli
