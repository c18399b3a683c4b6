#include "cli/rexray/terminal_text.h"

#include <cstdint>

#include "fmt/format.h"

namespace rexray::cli {

namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Unicode 15, the blocks that matter for alignment; a rare character counted wrongly moves one column.
constexpr Range kZeroWidth[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},  {0x0610, 0x061A},
                                {0x064B, 0x065F}, {0x0900, 0x0902}, {0x1AB0, 0x1AFF},  {0x1DC0, 0x1DFF},
                                {0x200B, 0x200D}, {0x2060, 0x2060}, {0x20D0, 0x20FF},  {0xFE00, 0xFE0F},
                                {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
constexpr Range kDoubleWidth[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF}, {0x3400, 0x4DBF},
                                  {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                  {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                                  {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool In(const Range (&ranges)[N], uint32_t point) {
  for (const Range& range : ranges) {
    if (point >= range.first && point <= range.last) return true;
  }
  return false;
}

/// One code point at the start of `text` and the bytes that it takes; 0 bytes when it is not UTF-8 (overlong
/// forms, surrogates and values above U+10FFFF included).
struct Decoded {
  uint32_t point = 0;
  size_t bytes = 0;
};

Decoded Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  uint32_t point = lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = (point << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (bytes == 3 && point < 0x800) || (bytes == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, bytes};
}

bool Dangerous(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || (point >= 0x200E && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0x061C;
}

std::string Escape(uint32_t point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return point <= 0xFF ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
  }
}

std::string MakeSafe(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = Decode(text);
    if (decoded.bytes == 0) {
      out += Escape(static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (Dangerous(decoded.point) && !(keep_lines && decoded.point == '\n')) {
      out += Escape(decoded.point);
    } else {
      out += text.substr(0, decoded.bytes);
    }
    text.remove_prefix(decoded.bytes);
  }
  return out;
}

}  // namespace

std::string TerminalSafe(std::string_view text) {
  return MakeSafe(text, false);
}

std::string TerminalSafeLines(std::string_view text) {
  return MakeSafe(text, true);
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Decoded decoded = Decode(text);
    const size_t bytes = decoded.bytes == 0 ? 1 : decoded.bytes;
    if (In(kDoubleWidth, decoded.point)) {
      width += 2;
    } else if (!In(kZeroWidth, decoded.point)) {
      width += 1;
    }
    text.remove_prefix(bytes);
  }
  return width;
}

}  // namespace rexray::cli
