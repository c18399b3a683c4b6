#include "cli/rexray/mount_table.h"

#include <charconv>

namespace rexray::cli {

namespace {

std::string_view TakeWord(std::string_view* line) {
  const size_t end = line->find(' ');
  const std::string_view word = line->substr(0, end);
  line->remove_prefix(end == std::string_view::npos ? line->size() : end + 1);
  return word;
}

bool Parse(std::string_view text, int* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsOctal(char c) {
  return c >= '0' && c <= '7';
}

/// The kernel writes blanks, line ends and backslashes as three octal digits.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) &&
        IsOctal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool ParseLine(std::string_view line, MountEntry* entry) {
  if (!Parse(TakeWord(&line), &entry->id) || !Parse(TakeWord(&line), &entry->parent)) return false;
  const std::string_view device = TakeWord(&line);
  const size_t colon = device.find(':');
  if (colon == std::string_view::npos || !Parse(device.substr(0, colon), &entry->major) ||
      !Parse(device.substr(colon + 1), &entry->minor)) {
    return false;
  }
  entry->root = Unescape(TakeWord(&line));
  entry->mount_point = Unescape(TakeWord(&line));
  entry->options = std::string(TakeWord(&line));
  while (!line.empty()) {
    const std::string_view word = TakeWord(&line);
    if (word == "-") break;
    entry->optional += (entry->optional.empty() ? "" : " ") + std::string(word);
  }
  entry->fs_type = std::string(TakeWord(&line));
  entry->source = Unescape(TakeWord(&line));
  entry->super_options = std::string(TakeWord(&line));
  return !entry->fs_type.empty();
}

}  // namespace

std::vector<MountEntry> ParseMountTable(std::string_view text) {
  std::vector<MountEntry> entries;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    MountEntry entry;
    if (ParseLine(text.substr(0, end), &entry)) entries.push_back(std::move(entry));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return entries;
}

}  // namespace rexray::cli
