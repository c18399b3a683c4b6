#pragma once

// The text of a log line, apart from where it is written: kept beside logging.h so that it can be tested
// alone.

#include <string>
#include <string_view>

#include "base/logging.h"

namespace rexray {

/// "mounted volume=pgdata reason=\"two words\"". Always one line of valid UTF-8: control characters and bytes
/// that are not UTF-8 become \n, \t or \xNN. A value that is empty or holds spaces, quotes, backslashes, '='
/// or anything that was escaped stands in double quotes.
std::string FormatLogText(std::string_view text, LogFields fields);

/// True when descriptor `fd` is the very journal stream that the variable JOURNAL_STREAM ("DEVICE:INODE", may
/// be null) names; a service whose standard error was sent elsewhere still inherits the variable
/// (systemd.exec(5)).
bool IsJournalStream(const char* journal_stream, int fd);

/// "<6>" for kInfo and so on: the syslog priority as sd-daemon(3) reads it.
std::string_view JournalPrefix(LogLevel level);

/// "DEBUG", "INFO", "WARN", "ERROR".
std::string_view LogLevelName(LogLevel level);

}  // namespace rexray
