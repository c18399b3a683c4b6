// Symbols, their versions, and what a Mesos module says about itself.

#include <elf.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"

#include "setup/elf_image.h"

namespace rexray::setup {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr uint64_t kMaxVersions = 65536;  // an index has 16 bits
constexpr size_t kMaxCandidates = 1024;
constexpr uint64_t kMaxNames = uint64_t{512} << 20;  // of all symbols together
constexpr uint64_t kMaxText = 256;
constexpr uint64_t kPointers = 4;  // apiVersion, mesosVersion, kind, authorName: the first of ModuleBase

void SortUnique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

/// "1.11.0", "0.28.1-rc2".
bool LooksLikeVersion(std::string_view text) {
  return !text.empty() && text.size() < 40 && absl::ascii_isdigit(static_cast<unsigned char>(text[0])) &&
         text.find('.') != std::string_view::npos && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '+';
         });
}

}  // namespace

/// The table's length is nowhere: the hash table for the loader knows it (DT_GNU_HASH: the last chain's end).
absl::StatusOr<uint64_t> ElfImage::CountByGnuHash(uint64_t address) const {
  ASSIGN_OR_RETURN(const std::string head, Mapped(address, 16, "symbol hash"));
  ElfBytes reader = Reader(head);
  const uint64_t buckets = reader.Word(0);
  const uint64_t first = reader.Word(4);
  const uint64_t bloom = reader.Word(8) * static_cast<uint64_t>(reader.word_size());
  ASSIGN_OR_RETURN(const std::string table, Mapped(address + 16 + bloom, buckets * 4, "symbol hash"));
  if (table.size() != buckets * 4) return Error(kInvalid, "its symbol hash is damaged");
  ElfBytes bucket = Reader(table);
  uint64_t last = 0;
  for (uint64_t i = 0; i < buckets; ++i) last = std::max<uint64_t>(last, bucket.Word(i * 4));
  if (!reader.ok() || !bucket.ok()) return Error(kInvalid, "its symbol hash is damaged");
  if (last < first) return first;  // it defines none
  // The chain's words follow; the last one of a chain has its lowest bit set.
  ASSIGN_OR_RETURN(const std::string chain, Mapped(address + 16 + bloom + buckets * 4 + (last - first) * 4,
                                                   kMaxElfTable, "symbol hash"));
  ElfBytes words = Reader(chain);
  for (uint64_t at = 0; at + 4 <= chain.size(); at += 4, ++last) {
    if ((words.Word(at) & 1) != 0) return last + 1;
  }
  return Error(kInvalid, "its symbol hash is damaged");
}

absl::StatusOr<uint64_t> ElfImage::CountSymbols() const {
  if (const uint64_t hash = Value(DT_HASH);
      hash != 0 && out_.machine != EM_S390 && out_.machine != EM_ALPHA) {
    ASSIGN_OR_RETURN(const std::string head, Mapped(hash, 8, "symbol hash"));
    return Reader(head).Word(4);
  }
  if (const uint64_t hash = Value(DT_GNU_HASH); hash != 0) return CountByGnuHash(hash);
  return uint64_t{0};
}

absl::Status ElfImage::ReadSymbols() {
  if (Value(DT_SYMTAB) == 0 || strings_.empty()) return absl::OkStatus();
  const bool wide = out_.is_64_bit;
  const uint64_t entry = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  ASSIGN_OR_RETURN(const uint64_t count, CountSymbols());
  if (count > kMaxElfTable / entry) return Error(kInvalid, "its symbol table is damaged");
  ASSIGN_OR_RETURN(const std::string table, Mapped(Value(DT_SYMTAB), count * entry, "symbol table"));
  ElfBytes reader = Reader(table);
  ElfBytes names = Reader(strings_);
  uint64_t all_names = 0;
  for (uint64_t at = entry; at + entry <= table.size(); at += entry) {
    Symbol symbol;
    if (!names.Text(reader.Word(at), symbol.name)) return Error(kInvalid, "its symbol names are damaged");
    all_names += symbol.name.size();
    if (all_names > kMaxNames) return Error(kInvalid, "its symbol names overlap: the file is damaged");
    const auto info = static_cast<unsigned>(reader.Number(at + (wide ? 4 : 12), 1));
    const uint16_t section = reader.Half(at + (wide ? 6 : 14));
    symbol.value = reader.Address(at + (wide ? 8 : 4));
    symbol.size = reader.Address(at + (wide ? 16 : 8));
    symbol.object = ELF64_ST_TYPE(info) == STT_OBJECT;
    const unsigned bind = ELF64_ST_BIND(info);
    if (symbol.name.empty() || bind == STB_LOCAL) continue;
    if (section == SHN_UNDEF) {
      if (bind != STB_WEAK) out_.undefined.push_back(symbol.name);
      continue;
    }
    out_.defined.push_back(symbol.name);
    // Seven pointers and the create function.
    const bool has_size = symbol.size == 8 * static_cast<uint64_t>(reader.word_size());
    if (symbol.object && has_size && candidates_.size() < kMaxCandidates)
      candidates_.push_back(std::move(symbol));
  }
  SortUnique(out_.undefined);
  SortUnique(out_.defined);
  return absl::OkStatus();
}

// --- versions: two tables of records that are chained by byte distances ---

absl::Status ElfImage::ReadNeeds(uint64_t address, uint64_t count) {
  ASSIGN_OR_RETURN(const std::string bytes, Mapped(address, kMaxElfTable, "needed versions"));
  ElfBytes reader = Reader(bytes);
  ElfBytes names = Reader(strings_);
  uint64_t at = 0;
  uint64_t seen = 0;
  for (uint64_t i = 0; i < std::min(count, kMaxVersions) && reader.ok(); ++i) {
    std::string library;
    if (!names.Text(reader.Word(at + 4), library)) break;
    uint64_t aux = at + reader.Word(at + 8);
    for (uint64_t left = reader.Half(at + 2); left > 0 && reader.ok(); --left) {
      if (++seen > kMaxVersions) return Error(kInvalid, "its needed versions are damaged");
      VersionNeed need{library, "", (reader.Half(aux + 4) & VER_FLG_WEAK) != 0};
      if (!names.Text(reader.Word(aux + 8), need.version)) break;
      out_.version_needs.push_back(std::move(need));
      const uint64_t next = reader.Word(aux + 12);
      if (next == 0) break;
      aux += next;
    }
    const uint64_t next = reader.Word(at + 12);
    if (next == 0) break;
    at += next;
  }
  if (!reader.ok() || !names.ok()) return Error(kInvalid, "its needed versions are damaged");
  return absl::OkStatus();
}

absl::Status ElfImage::ReadDefinitions(uint64_t address, uint64_t count) {
  ASSIGN_OR_RETURN(const std::string bytes, Mapped(address, kMaxElfTable, "defined versions"));
  ElfBytes reader = Reader(bytes);
  ElfBytes names = Reader(strings_);
  uint64_t at = 0;
  for (uint64_t i = 0; i < std::min(count, kMaxVersions) && reader.ok(); ++i) {
    std::string name;
    const bool own_name = (reader.Half(at + 2) & VER_FLG_BASE) != 0;
    if (!names.Text(reader.Word(at + reader.Word(at + 12)), name)) break;
    if (!own_name) out_.versions.push_back(std::move(name));
    const uint64_t next = reader.Word(at + 16);
    if (next == 0) break;
    at += next;
  }
  if (!reader.ok() || !names.ok()) return Error(kInvalid, "its defined versions are damaged");
  SortUnique(out_.versions);
  return absl::OkStatus();
}

absl::Status ElfImage::ReadVersions() {
  if (Value(DT_VERNEED) != 0) RETURN_IF_ERROR(ReadNeeds(Value(DT_VERNEED), Value(DT_VERNEEDNUM)));
  if (Value(DT_VERDEF) != 0) RETURN_IF_ERROR(ReadDefinitions(Value(DT_VERDEF), Value(DT_VERDEFNUM)));
  return absl::OkStatus();
}

// --- Mesos modules: a struct of pointers to text, which the loader fills in by relocations ---

absl::Status ElfImage::ReadRelocations() {
  // With DT_REL and DT_RELR the addend stands in place, where TextAt finds it.
  const uint64_t address = Value(DT_RELA);
  if (address == 0) return absl::OkStatus();
  const uint64_t entry = out_.is_64_bit ? sizeof(Elf64_Rela) : sizeof(Elf32_Rela);
  const auto word = static_cast<uint64_t>(out_.is_64_bit ? 8 : 4);
  ASSIGN_OR_RETURN(const std::string table, Mapped(address, Value(DT_RELASZ), "relocations"));
  std::set<uint64_t> wanted;
  for (const Symbol& symbol : candidates_) {
    for (uint64_t i = 0; i < kPointers; ++i) wanted.insert(symbol.value + i * word);
  }
  ElfBytes reader = Reader(table);
  for (uint64_t at = 0; at + entry <= table.size(); at += entry) {
    const uint64_t where = reader.Address(at);
    if (wanted.contains(where)) relocated_[where] = reader.Address(at + 2 * word);
  }
  return absl::OkStatus();
}

std::string ElfImage::TextAt(uint64_t pointer_address) const {
  const auto word = static_cast<uint64_t>(out_.is_64_bit ? 8 : 4);
  uint64_t address = 0;
  if (const auto found = relocated_.find(pointer_address); found != relocated_.end()) {
    address = found->second;
  } else {
    const absl::StatusOr<std::string> pointer = Mapped(pointer_address, word, "data");
    if (!pointer.ok()) return "";
    address = Reader(*pointer).Address(0);
  }
  const absl::StatusOr<std::string> bytes = Mapped(address, kMaxText, "data");
  std::string text;
  return bytes.ok() && Reader(*bytes).Text(0, text) ? text : "";
}

absl::Status ElfImage::ReadMesosModules() {
  const auto word = static_cast<uint64_t>(out_.is_64_bit ? 8 : 4);
  if (candidates_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(ReadRelocations());
  for (const Symbol& symbol : candidates_) {
    MesosModule module{symbol.name, TextAt(symbol.value), TextAt(symbol.value + word),
                       TextAt(symbol.value + 2 * word)};
    if (LooksLikeVersion(module.mesos_version) && !module.kind.empty() && module.api_version.size() < 8) {
      out_.mesos_modules.push_back(std::move(module));
    }
  }
  return absl::OkStatus();
}

}  // namespace rexray::setup
