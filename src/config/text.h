#pragma once

// Letters without the locale, and text that is safe to quote in a message.

#include <string>
#include <string_view>
#include <vector>

namespace rexray::config {

std::string Lower(std::string_view text);
std::string Upper(std::string_view text);
std::string_view Trim(std::string_view text);

/// At runs of spaces, tabs and line ends; no empty items.
std::vector<std::string> SplitWords(std::string_view text);

/// `text` in double quotes, control characters and bytes that are no UTF-8 as \xNN, cut at 64 bytes.
std::string Quoted(std::string_view text);

/// The first byte that a configuration file cannot hold: a control character other than tab and line end, or
/// what is not UTF-8. npos when there is none.
size_t FindNotText(std::string_view text);

/// Optimal string alignment (Damerau-Levenshtein without edits between swapped letters); gives up above
/// `limit` and returns limit + 1.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit);

}  // namespace rexray::config
