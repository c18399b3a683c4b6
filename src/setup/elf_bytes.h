#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/status.h"

namespace rexray::setup {

/// Numbers out of a table of an ELF file, in that file's byte order and word size. Every read is checked:
/// beyond the end is 0 and makes ok() false, so that a caller checks once, after a record. Not thread-safe.
class ElfBytes {
 public:
  ElfBytes(std::string_view bytes, bool is_64_bit, bool big_endian)
      : bytes_(bytes), is_64_bit_(is_64_bit), big_endian_(big_endian) {}

  uint64_t Number(uint64_t offset, int width) {
    if (offset > bytes_.size() || static_cast<uint64_t>(width) > bytes_.size() - offset) {
      ok_ = false;
      return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
      const int at = big_endian_ ? i : width - 1 - i;
      value = value << 8 | static_cast<unsigned char>(bytes_[offset + static_cast<uint64_t>(at)]);
    }
    return value;
  }
  uint16_t Half(uint64_t offset) { return static_cast<uint16_t>(Number(offset, 2)); }
  uint32_t Word(uint64_t offset) { return static_cast<uint32_t>(Number(offset, 4)); }
  /// An address or offset: 4 or 8 bytes.
  uint64_t Address(uint64_t offset) { return Number(offset, word_size()); }

  /// Up to the next NUL; false when there is none, or `offset` is beyond the end.
  bool Text(uint64_t offset, std::string& out) {
    if (offset >= bytes_.size()) return ok_ = false;
    const std::string_view rest = bytes_.substr(offset);
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) return ok_ = false;
    out.assign(rest.substr(0, end));
    return true;
  }

  bool ok() const { return ok_; }
  uint64_t size() const { return bytes_.size(); }
  bool is_64_bit() const { return is_64_bit_; }
  int word_size() const { return is_64_bit_ ? 8 : 4; }

 private:
  std::string_view bytes_;
  bool is_64_bit_;
  bool big_endian_;
  bool ok_ = true;
};

}  // namespace rexray::setup
