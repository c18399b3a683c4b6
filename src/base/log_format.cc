#include "base/log_format.h"

#include <sys/stat.h>

#include <charconv>
#include <iterator>

#include "fmt/format.h"

namespace rexray {
namespace {

/// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629), 0 when there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;   // overlong
    if (lead == 0xED) high = 0x9F;  // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;   // overlong
    if (lead == 0xF4) high = 0x8F;  // beyond U+10FFFF
  }
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

/// C0 and C1 controls, DEL, and the two Unicode line separators: what a terminal or a log reader may act on.
bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  if (character.size() == 2) return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return character == "\u2028" || character == "\u2029";
}

void AppendHex(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
}

/// Appends `text` on one line; true when something had to be escaped.
bool AppendOneLine(std::string& out, std::string_view text) {
  bool escaped = false;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    if (length != 0 && !IsControl(character)) {
      out.append(character);
      continue;
    }
    escaped = true;
    if (character == "\n") {
      out += "\\n";
    } else if (character == "\r") {
      out += "\\r";
    } else if (character == "\t") {
      out += "\\t";
    } else {
      AppendHex(out, character);
    }
  }
  return escaped;
}

void AppendValue(std::string& out, std::string_view value) {
  std::string line;
  const bool escaped = AppendOneLine(line, value);
  if (!escaped && !value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos) {
    out += line;
    return;
  }
  // Quotes and backslashes of the value itself are escaped first, so that the escapes above stay unambiguous.
  std::string doubled;
  for (const char c : value) {
    if (c == '"' || c == '\\') doubled += '\\';
    doubled += c;
  }
  out += '"';
  AppendOneLine(out, doubled);
  out += '"';
}

}  // namespace

std::string FormatLogText(std::string_view text, LogFields fields) {
  std::string out;
  out.reserve(text.size() + fields.size() * 32);
  AppendOneLine(out, text);
  for (const auto& [key, value] : fields) {
    out += ' ';
    AppendOneLine(out, key);
    out += '=';
    AppendValue(out, value);
  }
  return out;
}

bool IsJournalStream(const char* journal_stream, int fd) {
  if (journal_stream == nullptr) return false;
  const std::string_view text(journal_stream);
  const char* const end = text.data() + text.size();
  dev_t device = 0;
  ino_t inode = 0;
  const auto first = std::from_chars(text.data(), end, device);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return false;
  const auto second = std::from_chars(first.ptr + 1, end, inode);
  if (second.ec != std::errc() || second.ptr != end) return false;
  struct stat status {};
  return ::fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

std::string_view JournalPrefix(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "<7>";
    case LogLevel::kInfo:
      return "<6>";
    case LogLevel::kWarn:
      return "<4>";
    case LogLevel::kError:
      break;
  }
  return "<3>";
}

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      break;
  }
  return "ERROR";
}

}  // namespace rexray
