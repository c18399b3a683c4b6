#include "host/testing/disk_signatures.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

// A block of zeros with little-endian numbers put into it.
class Block {
 public:
  explicit Block(size_t size) : bytes_(size, '\0') {}
  Block& Text(size_t at, std::string_view text) {
    bytes_.replace(at, text.size(), text);
    return *this;
  }
  Block& Number(size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes_[at + i] = static_cast<char>(value >> (8 * i));
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// CRC-32 (IEEE), without the final inversion.
uint32_t Crc32(std::string_view bytes, uint32_t crc) {
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
  }
  return crc;
}

std::string Uuid() {
  return "0123456789abcdef";
}

Block ProtectiveMbr(uint8_t type, uint64_t first, uint64_t count) {
  Block mbr(512);
  return mbr.Number(450, type, 1).Number(454, first, 4).Number(458, count, 4).Text(510, "\x55\xaa");
}

}  // namespace

void WriteLuks(const std::string& image) {
  Block header(592);
  header.Text(0, "LUKS\xba\xbe").Number(7, 1, 1).Text(8, "aes").Text(40, "xts-plain64").Text(72, "sha256");
  header.Text(168, "5f3c1a52-0c1f-4c5e-9d54-1f4bd1c4c001");
  WriteAt(image, 0, header.bytes());
}

void WriteLvm(const std::string& image) {
  Block label(512);
  label.Text(0, "LABELONE").Number(8, 1, 8).Number(20, 32, 4).Text(24, "LVM2 001");
  label.Text(32, "abcdefghijklmnopqrstuvwxyz012345");
  label.Number(16, Crc32(std::string_view(label.bytes()).substr(20), 0xf597a6cf), 4);
  WriteAt(image, 512, label.bytes());
}

void WriteMdRaid(const std::string& image) {
  const uint64_t sectors = std::filesystem::file_size(image) / 512;
  Block super(256);
  super.Number(0, 0xa92b4efc, 4).Number(4, 1, 4).Text(16, Uuid()).Text(32, "host:0").Number(72, 1, 4);
  super.Number(80, sectors - 2048, 8).Number(92, 2, 4).Number(128, 2048, 8).Number(136, sectors - 2048, 8);
  super.Number(144, 8, 8);
  uint64_t sum = 0;
  for (size_t i = 0; i < super.bytes().size(); i += 4) {
    uint32_t word = 0;
    for (size_t j = 0; j < 4; ++j)
      word |= static_cast<uint32_t>(static_cast<uint8_t>(super.bytes()[i + j])) << (8 * j);
    sum += word;
  }
  super.Number(216, (sum & 0xffffffff) + (sum >> 32), 4);
  WriteAt(image, 4096, super.bytes());
}

void WriteGpt(const std::string& image) {
  const uint64_t sectors = std::filesystem::file_size(image) / 512;
  Block entries(128 * 128);
  Block header(512);
  header.Text(0, "EFI PART")
      .Number(8, 0x00010000, 4)
      .Number(12, 92, 4)
      .Number(24, 1, 8)
      .Number(32, sectors - 1, 8);
  header.Number(40, 34, 8).Number(48, sectors - 34, 8).Text(56, Uuid()).Number(72, 2, 8).Number(80, 128, 4);
  header.Number(84, 128, 4).Number(88, ~Crc32(entries.bytes(), ~0U), 4);
  header.Number(16, ~Crc32(std::string_view(header.bytes()).substr(0, 92), ~0U), 4);
  WriteAt(image, 0, ProtectiveMbr(0xee, 1, sectors - 1).bytes() + header.bytes() + entries.bytes());
}

void WriteMbr(const std::string& image) {
  WriteAt(image, 0, ProtectiveMbr(0x83, 2048, std::filesystem::file_size(image) / 512 - 2048).bytes());
}

void WriteSwap(const std::string& image) {
  Block page(4096);
  page.Number(1024, 1, 4).Number(1028, std::filesystem::file_size(image) / 4096 - 1, 4).Text(1036, Uuid());
  page.Text(4086, "SWAPSPACE2");
  WriteAt(image, 0, page.bytes());
}

void WriteZfs(const std::string& image) {
  Block ring(8 * 1024);
  for (size_t i = 0; i < 8; ++i) ring.Number(i * 1024, 0x00bab10c, 8).Number(i * 1024 + 8, 5000, 8);
  WriteAt(image, 128 * 1024, ring.bytes());
}

void WriteBcache(const std::string& image) {
  Block super(512);
  super.Number(8, 8, 8).Number(16, 1, 8);
  super.Text(24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81").Text(40, Uuid());
  WriteAt(image, 4096, super.bytes());
}

void WriteNtfs(const std::string& image) {
  Block boot(512);
  boot.Text(0, "\xeb\x52\x90NTFS    ").Number(11, 512, 2).Number(13, 8, 1).Number(21, 0xf8, 1);
  boot.Number(40, std::filesystem::file_size(image) / 512 - 1, 8).Number(48, 4, 8).Number(56, 2, 8);
  boot.Number(64, 0xf6, 1).Number(68, 1, 1).Number(72, 0x1122334455667788, 8).Text(510, "\x55\xaa");
  WriteAt(image, 0, boot.bytes());
  for (uint64_t record = 0; record < 4; ++record) WriteAt(image, 4 * 4096 + record * 1024, "FILE");
}

void WriteOracleAsm(const std::string& image) {
  Block header(512);
  header.Number(0, 0x01018201, 4).Text(32, "ORCLDISK").Text(40, "DATA01");
  WriteAt(image, 0, header.bytes());
}

void WriteOracleRawHeader(const std::string& image) {
  Block header(512);
  header.Number(0, 0x01018201, 4).Number(8, 0x80000000, 4).Text(72, "DATA_0000");
  WriteAt(image, 0, header.bytes());
}

}  // namespace rexray::host
