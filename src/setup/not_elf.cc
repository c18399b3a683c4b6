// What people have in a file that was to be a shared library. The usual way to get it: `curl -O` without -f
// and -L saves the server's page of apology under the library's name.

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "setup/elf_file.h"

namespace rexray::setup {
namespace {

struct Magic {
  std::string_view bytes;
  std::string_view what;
};

using namespace std::string_view_literals;

constexpr std::array kBinary{
    Magic{"\x1f\x8b"sv, "a gzip archive (unpack it first)"},
    Magic{"PK\x03\x04"sv, "a zip archive (unpack it first)"},
    Magic{"BZh"sv, "a bzip2 archive (unpack it first)"},
    Magic{"\xfd"
          "7zXZ\x00"sv,
          "an xz archive (unpack it first)"},
    Magic{"!<arch>\ndebian"sv, "a Debian package (install it, or unpack it with dpkg -x)"},
    Magic{"!<arch>\n"sv, "a static library (.a), which cannot be loaded"},
    Magic{"\xed\xab\xee\xdb"sv, "an RPM package (install it, or unpack it with rpm2cpio)"},
    Magic{"\xcf\xfa\xed\xfe"sv, "a macOS library"},
    Magic{"\xca\xfe\xba\xbe"sv, "a macOS library or Java class"},
    Magic{"MZ"sv, "a Windows program"},
};

// Compared without regard to case, after blanks and a byte order mark.
constexpr std::array kText{
    Magic{"<!doctype html"sv, "an HTML page saved under that name"},
    Magic{"<html"sv, "an HTML page saved under that name"},
    Magic{"<head"sv, "an HTML page saved under that name"},
    Magic{"<?xml"sv, "an XML document, such as a storage service's error message, saved under that name"},
    Magic{"<error"sv, "an XML error message saved under that name"},
    Magic{"{"sv, "JSON text, such as an API's error message, saved under that name"},
    Magic{"#!"sv, "a script"},
    Magic{"version https://git-lfs"sv, "a Git LFS pointer (fetch the file itself with git lfs pull)"},
    Magic{"/* gnu ld script"sv, "a linker script"},
    Magic{"-----begin"sv, "a PEM file"},
};

bool IsText(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : (byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f');
  });
}

}  // namespace

std::optional<std::string> NotElfBut(std::string_view head, uint64_t file_size) {
  if (head.starts_with("\x7f"
                       "ELF"sv))
    return std::nullopt;
  if (file_size == 0) return "an empty file";
  for (const Magic& magic : kBinary) {
    if (head.starts_with(magic.bytes)) return std::string(magic.what);
  }
  std::string_view text = head;
  if (text.starts_with("\xef\xbb\xbf"sv)) text.remove_prefix(3);
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  for (const Magic& magic : kText) {
    if (absl::StartsWithIgnoreCase({text.data(), text.size()}, {magic.bytes.data(), magic.bytes.size()})) {
      return std::string(magic.what);
    }
  }
  if (IsText(head)) {
    std::string_view line = text.substr(0, std::min<size_t>(text.find_first_of("\r\n"), 60));
    return "text that begins with \"" + std::string(line) + "\"";
  }
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; })) {
    return "a file of zeros (a download or a disk that broke off)";
  }
  return "a file of unknown kind";
}

}  // namespace rexray::setup
