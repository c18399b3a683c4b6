#pragma once

// Text of unknown origin (a volume's name, a backend's message) made fit for a terminal.

#include <string>
#include <string_view>

namespace rexray::cli {

/// `text` on one line that cannot drive a terminal: control characters (C0, DEL, C1), line and paragraph
/// separators, bidirectional overrides and bytes that are not UTF-8 become \n, \t, \x1b, \u202e. Everything
/// else stays as it is, a backslash too: this is for reading, not for parsing back.
std::string TerminalSafe(std::string_view text);

/// The same, but line breaks stay: for messages of several lines.
std::string TerminalSafeLines(std::string_view text);

/// Columns that `text` (already safe) takes: combining marks and zero-width characters 0, East Asian wide
/// characters and emoji 2, everything else 1.
int DisplayWidth(std::string_view text);

}  // namespace rexray::cli
