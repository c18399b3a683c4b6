#include "setup/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/status.h"
#include "base/unique_fd.h"
#include "setup/elf_image.h"

namespace rexray::setup {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct Machine {
  uint16_t number;
  const char* name;
};

constexpr Machine kMachines[] = {
    {EM_X86_64, "x86-64"}, {EM_386, "x86"},       {EM_AARCH64, "ARM"},   {EM_ARM, "ARM"},
    {EM_PPC64, "PowerPC"}, {EM_PPC, "PowerPC"},   {EM_S390, "s390"},     {EM_RISCV, "RISC-V"},
    {EM_MIPS, "MIPS"},     {EM_SPARCV9, "SPARC"}, {EM_IA_64, "Itanium"},
};

absl::Status CheckIdentity(const std::string& identity, uint64_t file_size) {
  if (const auto what = NotElfBut(identity, file_size)) {
    return Error(kInvalid, "it is not a shared library but {}", *what);
  }
  if (identity.size() < EI_NIDENT) return Error(kInvalid, "it ends after {} bytes of its header", file_size);
  const int file_class = static_cast<unsigned char>(identity[EI_CLASS]);
  const int data = static_cast<unsigned char>(identity[EI_DATA]);
  if (file_class != ELFCLASS32 && file_class != ELFCLASS64) {
    return Error(kInvalid, "its ELF header is damaged: class {}", file_class);
  }
  if (data != ELFDATA2LSB && data != ELFDATA2MSB) {
    return Error(kInvalid, "its ELF header is damaged: byte order {}", data);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ElfFile> ParseElf(const ByteSource& bytes, uint64_t file_size) {
  ASSIGN_OR_RETURN(const std::string head, bytes(0, 512));
  RETURN_IF_ERROR(CheckIdentity(head, file_size));
  ElfFile out;
  out.is_64_bit = head[EI_CLASS] == ELFCLASS64;
  out.big_endian = head[EI_DATA] == ELFDATA2MSB;
  ElfImage image(bytes, file_size, out);
  RETURN_IF_ERROR(image.ReadHeaders());
  RETURN_IF_ERROR(image.ReadDynamic());
  RETURN_IF_ERROR(image.ReadSymbols());
  RETURN_IF_ERROR(image.ReadVersions());
  RETURN_IF_ERROR(image.ReadMesosModules());
  return out;
}

absl::StatusOr<ElfFile> ReadElfFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return ErrnoError(errno, path);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return ErrnoError(errno, path);
  if (!S_ISREG(info.st_mode)) return Error(kInvalid, "{}: it is not a regular file", path);
  const ByteSource source = [&](uint64_t offset, uint64_t size) -> absl::StatusOr<std::string> {
    std::string out(size, '\0');
    size_t done = 0;
    while (done < size) {
      const ssize_t got =
          pread(file.get(), out.data() + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError(errno, path);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    out.resize(done);
    return out;
  };
  absl::StatusOr<ElfFile> parsed = ParseElf(source, static_cast<uint64_t>(info.st_size));
  if (!parsed.ok()) return Annotate(parsed.status(), path);
  return parsed;
}

std::string MachineName(const ElfFile& file) {
  const auto known = std::find_if(std::begin(kMachines), std::end(kMachines),
                                  [&](const Machine& machine) { return machine.number == file.machine; });
  const std::string name =
      known != std::end(kMachines) ? known->name : fmt::format("machine {}", file.machine);
  return fmt::format("{}-bit {}{}", file.is_64_bit ? 64 : 32, name, file.big_endian ? " (big-endian)" : "");
}

}  // namespace rexray::setup
