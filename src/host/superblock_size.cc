#include "host/superblock_size.h"

#include <endian.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace rexray::host {
namespace {

constexpr size_t kBytes = 1024;  // all that is looked at lies in the first KiB of a superblock
using Superblock = std::array<char, kBytes>;

bool ReadAt(int fd, off_t offset, Superblock& block) {
  return ::pread(fd, block.data(), block.size(), offset) == static_cast<ssize_t>(block.size());
}

template <typename T>
T At(const Superblock& block, size_t offset) {
  T value;
  std::memcpy(&value, block.data() + offset, sizeof value);
  return value;
}

uint64_t Times(uint64_t blocks, uint64_t size) {
  uint64_t bytes = 0;
  return __builtin_mul_overflow(blocks, size, &bytes) ? 0 : bytes;
}

uint64_t ExtSize(int fd) {
  Superblock block;
  if (!ReadAt(fd, 1024, block) || le16toh(At<uint16_t>(block, 0x38)) != 0xEF53) return 0;
  constexpr uint32_t k64Bit = 0x80;  // of s_feature_incompat
  constexpr uint32_t kMostShift = 6;
  const uint32_t shift = le32toh(At<uint32_t>(block, 0x18));
  if (shift > kMostShift) return 0;
  uint64_t blocks = le32toh(At<uint32_t>(block, 0x4));
  if ((le32toh(At<uint32_t>(block, 0x60)) & k64Bit) != 0) {
    blocks |= uint64_t{le32toh(At<uint32_t>(block, 0x150))} << 32;
  }
  return Times(blocks, uint64_t{1024} << shift);
}

uint64_t XfsSize(int fd) {
  Superblock block;
  if (!ReadAt(fd, 0, block) || std::memcmp(block.data(), "XFSB", 4) != 0) return 0;
  return Times(be64toh(At<uint64_t>(block, 8)), be32toh(At<uint32_t>(block, 4)));
}

uint64_t BtrfsSize(int fd) {
  Superblock block;
  if (!ReadAt(fd, 64 * 1024, block) || std::memcmp(block.data() + 0x40, "_BHRfS_M", 8) != 0) return 0;
  return le64toh(At<uint64_t>(block, 0x70));
}

}  // namespace

uint64_t SuperblockSize(int fd, std::string_view fs_type) {
  if (fs_type == "ext2" || fs_type == "ext3" || fs_type == "ext4") return ExtSize(fd);
  if (fs_type == "xfs") return XfsSize(fd);
  if (fs_type == "btrfs") return BtrfsSize(fd);
  return 0;
}

}  // namespace rexray::host
