// Headers, segments and the dynamic section.

#include "setup/elf_image.h"

#include <elf.h>

#include <algorithm>

namespace rexray::setup {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr uint64_t kMaxSegments = 4096;
constexpr uint64_t kMaxDynamic = uint64_t{1} << 20;
constexpr size_t kMaxNeeded = 4096;

}  // namespace

absl::StatusOr<std::string> ElfImage::FileBytes(uint64_t offset, uint64_t size, const char* what) const {
  if (size > kMaxElfTable) return Error(kInvalid, "its {} is {} bytes large, which cannot be", what, size);
  if (offset > file_size_ || size > file_size_ - offset) {
    return Error(kInvalid, "it ends before its {} does (a download that broke off?)", what);
  }
  ASSIGN_OR_RETURN(std::string bytes, bytes_(offset, size));
  if (bytes.size() != size) return Error(kInvalid, "it became shorter while it was read");
  return bytes;
}

std::optional<uint64_t> ElfImage::OffsetOf(uint64_t address, uint64_t& room) const {
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.file_size) continue;
    const uint64_t into = address - segment.address;
    if (segment.offset > file_size_ || into > file_size_ - segment.offset) return std::nullopt;
    room = segment.file_size - into;
    return segment.offset + into;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> ElfImage::Mapped(uint64_t address, uint64_t size, const char* what) const {
  uint64_t room = 0;
  const std::optional<uint64_t> offset = OffsetOf(address, room);
  if (!offset) return Error(kInvalid, "its {} is in none of its segments: the file is damaged", what);
  return FileBytes(*offset, std::min({size, room, file_size_ - *offset}), what);
}

absl::Status ElfImage::ReadHeaders() {
  const uint64_t size = out_.is_64_bit ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
  ASSIGN_OR_RETURN(const std::string header, FileBytes(0, size, "ELF header"));
  ElfBytes reader = Reader(header);
  out_.type = reader.Half(16);
  out_.machine = reader.Half(18);
  return ReadSegments(header);
}

absl::Status ElfImage::ReadSegments(std::string_view header) {
  const bool wide = out_.is_64_bit;
  ElfBytes reader = Reader(header);
  const uint64_t table = reader.Address(wide ? 32 : 28);
  const uint64_t entry = reader.Half(wide ? 54 : 42);
  const uint64_t count = reader.Half(wide ? 56 : 44);
  const uint64_t least = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  if (count == 0 || count > kMaxSegments || entry < least) {
    return Error(kInvalid, "it has no program headers: an object file (.o), or damaged");
  }
  ASSIGN_OR_RETURN(const std::string headers, FileBytes(table, count * entry, "program headers"));
  ElfBytes programs = Reader(headers);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = i * entry;
    const uint32_t type = programs.Word(at);
    const uint64_t offset = programs.Address(at + (wide ? 8 : 4));
    const uint64_t address = programs.Address(at + (wide ? 16 : 8));
    const uint64_t in_file = programs.Address(at + (wide ? 32 : 16));
    if (type == PT_LOAD) segments_.push_back({offset, address, in_file});
    if (type == PT_DYNAMIC) {
      dynamic_offset_ = offset;
      dynamic_size_ = in_file;
    }
  }
  return absl::OkStatus();
}

uint64_t ElfImage::Value(uint64_t tag) const {
  const auto found = dynamic_.find(tag);
  return found == dynamic_.end() ? 0 : found->second;
}

absl::Status ElfImage::NameFromDynamic(uint64_t tag, uint64_t value) {
  std::string text;
  if (!Reader(strings_).Text(value, text)) {
    return Error(kInvalid, "its dynamic section points outside its strings: the file is damaged");
  }
  if (tag == DT_SONAME) out_.soname = text;
  if (tag == DT_NEEDED) out_.needed.push_back(text);
  if (tag == DT_RUNPATH || tag == DT_RPATH) {
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(':', at), text.size());
      if (end > at) out_.search.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  return absl::OkStatus();
}

absl::Status ElfImage::ReadDynamic() {
  if (dynamic_size_ == 0) return absl::OkStatus();  // statically linked
  if (dynamic_size_ > kMaxDynamic) return Error(kInvalid, "its dynamic section is damaged");
  ASSIGN_OR_RETURN(const std::string bytes, FileBytes(dynamic_offset_, dynamic_size_, "dynamic section"));
  ElfBytes reader = Reader(bytes);
  const auto word = static_cast<uint64_t>(reader.word_size());
  std::vector<std::pair<uint64_t, uint64_t>> names;
  for (uint64_t at = 0; at + 2 * word <= bytes.size(); at += 2 * word) {
    const uint64_t tag = reader.Address(at);
    const uint64_t value = reader.Address(at + word);
    if (tag == DT_NULL) break;
    if (tag == DT_NEEDED || tag == DT_SONAME || tag == DT_RUNPATH || tag == DT_RPATH) {
      names.emplace_back(tag, value);
    } else {
      dynamic_.emplace(tag, value);
    }
  }
  if (names.size() > kMaxNeeded) return Error(kInvalid, "it names {} libraries: damaged", names.size());
  if (Value(DT_STRTAB) == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(strings_, Mapped(Value(DT_STRTAB), Value(DT_STRSZ), "table of names"));
  for (const auto& [tag, value] : names) RETURN_IF_ERROR(NameFromDynamic(tag, value));
  return absl::OkStatus();
}

}  // namespace rexray::setup
