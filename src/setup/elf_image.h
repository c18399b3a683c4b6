#pragma once

// The inside of ParseElf: an ELF file as the loader maps it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "setup/elf_bytes.h"
#include "setup/elf_file.h"

namespace rexray::setup {

constexpr uint64_t kMaxElfTable = uint64_t{256} << 20;  ///< libmesos has 30 MiB of symbol names

/// Not thread-safe; used for one parse.
class ElfImage {
 public:
  ElfImage(const ByteSource& bytes, uint64_t file_size, ElfFile& out)
      : bytes_(bytes), file_size_(file_size), out_(out) {}

  absl::Status ReadHeaders();
  absl::Status ReadDynamic();
  absl::Status ReadSymbols();
  absl::Status ReadVersions();
  absl::Status ReadMesosModules();

 private:
  struct Segment {
    uint64_t offset, address, file_size;
  };
  struct Symbol {
    std::string name;
    uint64_t value, size;
    bool object;
  };

  absl::StatusOr<std::string> FileBytes(uint64_t offset, uint64_t size, const char* what) const;
  /// At most `size` bytes from a virtual address, fewer where its segment ends.
  absl::StatusOr<std::string> Mapped(uint64_t address, uint64_t size, const char* what) const;
  std::optional<uint64_t> OffsetOf(uint64_t address, uint64_t& room) const;
  ElfBytes Reader(std::string_view bytes) const { return {bytes, out_.is_64_bit, out_.big_endian}; }
  absl::StatusOr<uint64_t> CountSymbols() const;
  absl::StatusOr<uint64_t> CountByGnuHash(uint64_t address) const;
  absl::Status ReadSegments(std::string_view header);
  absl::Status NameFromDynamic(uint64_t tag, uint64_t value);
  absl::Status ReadNeeds(uint64_t address, uint64_t count);
  absl::Status ReadDefinitions(uint64_t address, uint64_t count);
  absl::Status ReadRelocations();
  std::string TextAt(uint64_t pointer_address) const;
  uint64_t Value(uint64_t tag) const;

  const ByteSource& bytes_;
  const uint64_t file_size_;
  ElfFile& out_;
  std::vector<Segment> segments_;
  uint64_t dynamic_offset_ = 0;
  uint64_t dynamic_size_ = 0;
  std::map<uint64_t, uint64_t> dynamic_;  ///< single-valued tags
  std::string strings_;
  std::vector<Symbol> candidates_;          ///< data symbols that may be a Mesos module
  std::map<uint64_t, uint64_t> relocated_;  ///< address -> what the loader puts there, for the candidates
};

}  // namespace rexray::setup
