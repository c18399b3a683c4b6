#pragma once

// What a shared library or program says about itself, read from the file without loading it: which machine it
// is for, what it needs, what it offers. A Mesos agent that loads a wrong module says one line and ends; here
// the reason is found beforehand. Facts: elf(5), the System V ABI (gABI, chapter 5), the LSB on symbol
// versions (.gnu.version_r/_d), <elf.h>.
//
// The file is hostile: every offset and count is checked against its size, every table is bounded. Only what
// the loader itself uses is read (program headers and the dynamic section), so that a stripped file reads the
// same.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::setup {

struct VersionNeed {
  std::string library;  ///< "libstdc++.so.6"
  std::string version;  ///< "GLIBCXX_3.4.21"
  bool weak = false;

  bool operator==(const VersionNeed&) const = default;
};

/// The start of a `struct ModuleBase` of Mesos (include/mesos/module.hpp; the same from 0.21 to HEAD).
struct MesosModule {
  std::string name;           ///< the symbol: "com_emccode_mesos_DockerVolumeDriverIsolator"
  std::string api_version;    ///< "2"
  std::string mesos_version;  ///< "0.28.1"
  std::string kind;           ///< "Isolator"
};

struct ElfFile {
  bool is_64_bit = true;
  bool big_endian = false;
  uint16_t type = 0;     ///< ET_DYN, ET_EXEC …
  uint16_t machine = 0;  ///< EM_X86_64 …
  std::string soname;
  std::vector<std::string> needed;         ///< DT_NEEDED, in order
  std::vector<std::string> search;         ///< DT_RUNPATH or DT_RPATH, split at ":", $ORIGIN left as it is
  std::vector<VersionNeed> version_needs;  ///< of other libraries
  std::vector<std::string> versions;       ///< that it defines, but for its own name
  std::vector<std::string> undefined;      ///< strong symbols that somebody else must bring; sorted
  std::vector<std::string> defined;        ///< symbols that it brings, weak ones too; sorted
  std::vector<MesosModule> mesos_modules;  ///< of those data symbols that look like one
};

/// The bytes [offset, offset + size) of a file; fewer where it ends before, an error where it cannot be read.
using ByteSource = std::function<absl::StatusOr<std::string>(uint64_t offset, uint64_t size)>;

/// InvalidArgument says what is wrong with the file; for one that is no ELF file, what it is instead.
absl::StatusOr<ElfFile> ParseElf(const ByteSource& bytes, uint64_t file_size);

/// Opens `path` (a regular file; a FIFO is refused, not waited for). NotFound, PermissionDenied,
/// InvalidArgument; messages begin with the path.
absl::StatusOr<ElfFile> ReadElfFile(const std::string& path);

/// "64-bit x86-64", "32-bit ARM", "machine 4711".
std::string MachineName(const ElfFile& file);

/// What a file that begins with `head` is, for a sentence: "an HTML page", "a gzip archive". nullopt for ELF.
std::optional<std::string> NotElfBut(std::string_view head, uint64_t file_size);

}  // namespace rexray::setup
