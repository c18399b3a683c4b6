#include "volume/mkfs_options.h"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "fmt/format.h"

#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray {
namespace {

using Words = std::vector<std::string_view>;

struct Option {
  bool takes_value = true;
  /// Of a value that is a list of key or key=value; empty: any plain value.
  Words keys{};
  /// Values, or pieces of a list, that are refused all the same.
  Words refused{};
};
using Table = std::map<std::string_view, Option>;

const Table& Ext4() {
  static const auto* table = new Table{
      {"-b", {}},
      {"-C", {}},
      {"-D", {.takes_value = false}},
      {"-E",
       {.keys = {"stride", "stripe_width", "stripe-width", "resize", "lazy_itable_init", "lazy_journal_init",
                 "num_backup_sb", "packed_meta_blocks", "root_owner", "discard", "nodiscard", "quotatype",
                 "mmp_update_interval", "hash_seed", "encoding", "encoding_flags", "assume_storage_prezeroed",
                 "orphan_file_size"}}},
      {"-e", {}},
      {"-G", {}},
      {"-g", {}},
      {"-I", {}},
      {"-i", {}},
      {"-J", {.keys = {"size", "fast_commit_size"}}},
      {"-j", {.takes_value = false}},
      {"-L", {}},
      {"-M", {}},
      {"-m", {}},
      {"-N", {}},
      {"-O", {.refused = {"journal_dev"}}},
      {"-T", {}},
  };
  return *table;
}

const Table& Xfs() {
  static const auto* table = new Table{
      {"-b", {.keys = {"size", "log"}}},
      {"-d",
       {.keys = {"agcount", "agsize", "su", "sw", "sunit", "swidth", "noalign", "cowextsize", "extszinherit",
                 "daxinherit", "projinherit", "sectsize", "sectlog"}}},
      {"-i", {.keys = {"size", "perblock", "maxpct", "align", "attr", "projid32bit", "sparse", "nrext64"}}},
      {"-K", {.takes_value = false}},
      {"-L", {}},
      {"-l", {.keys = {"agnum", "size", "version", "sunit", "su", "lazy-count", "sectsize", "sectlog"}}},
      {"-m", {.keys = {"crc", "finobt", "inobtcount", "rmapbt", "reflink", "bigtime"}}},
      {"-n", {.keys = {"size", "log", "version", "ftype"}}},
      {"-s", {.keys = {"size", "log"}}},
  };
  return *table;
}

const Table& Btrfs() {
  const auto profile = Option{.keys = {"single", "dup", "SINGLE", "DUP"}};
  static const auto* table = new Table{
      {"-d", profile},
      {"--data", profile},
      {"-m", profile},
      {"--metadata", profile},
      {"-M", {.takes_value = false}},
      {"--mixed", {.takes_value = false}},
      {"-K", {.takes_value = false}},
      {"--nodiscard", {.takes_value = false}},
      {"-n", {}},
      {"--nodesize", {}},
      {"-s", {}},
      {"--sectorsize", {}},
      {"-L", {}},
      {"--label", {}},
      {"-O", {}},
      {"--features", {}},
      {"-R", {}},
      {"--runtime-features", {}},
      {"--csum", {}},
      {"--checksum", {}},
  };
  return *table;
}

const Table* TableOf(std::string_view fs_type) {
  if (fs_type == "ext4") return &Ext4();
  if (fs_type == "xfs") return &Xfs();
  if (fs_type == "btrfs") return &Btrfs();
  return nullptr;
}

absl::Status Refused(std::string_view fs_type, std::string_view what, const Table& table) {
  std::string known;
  for (const auto& [name, option] : table) known.append(known.empty() ? "" : " ").append(name);
  return Error(absl::StatusCode::kInvalidArgument, "mkfs option \"{}\" is not allowed for {}; allowed are {}",
               Printable(what), fs_type, known);
}

bool Has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "stride=2,discard" against the keys of its option.
absl::Status CheckValue(std::string_view fs_type, std::string_view name, std::string_view value,
                        const Option& option) {
  const auto refuse = [&](std::string_view piece) {
    return Error(
        absl::StatusCode::kInvalidArgument, "mkfs option \"{} {}\": \"{}\" is not allowed for {}{}", name,
        Printable(value), Printable(piece), fs_type,
        option.keys.empty() ? std::string() : fmt::format("; allowed are {}", fmt::join(option.keys, ", ")));
  };
  if (value.empty() || value.front() == '-' || value.find('/') != std::string_view::npos)
    return refuse(value);
  for (std::string_view rest = value; !rest.empty();) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view piece = rest.substr(0, end);
    const std::string_view key = piece.substr(0, piece.find('='));
    if ((!option.keys.empty() && !Has(option.keys, key)) || Has(option.refused, key)) return refuse(piece);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return absl::OkStatus();
}

/// "-m", "-m0", "--label=x": the option's name and what is attached to it.
std::pair<std::string_view, std::string_view> Split(std::string_view word) {
  if (word.starts_with("--")) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) return {word, {}};
    return {word.substr(0, equals), word.substr(equals + 1)};
  }
  return {word.substr(0, 2), word.size() > 2 ? word.substr(2) : std::string_view()};
}

}  // namespace

absl::Status ValidateMkfsOptions(std::string_view fs_type, const std::vector<std::string>& words) {
  if (words.empty()) return absl::OkStatus();
  const Table* table = TableOf(fs_type);
  if (table == nullptr) {
    return Error(absl::StatusCode::kInvalidArgument, "there are no mkfs options for \"{}\"",
                 Printable(fs_type));
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const auto [name, attached] = Split(words[i]);
    const auto option = table->find(name);
    if (option == table->end()) return Refused(fs_type, words[i], *table);
    if (!option->second.takes_value) {
      if (!attached.empty()) return Refused(fs_type, words[i], *table);
      continue;
    }
    std::string_view value = attached;
    if (value.empty()) {
      if (++i == words.size()) {
        return Error(absl::StatusCode::kInvalidArgument, "mkfs option {} wants a value", name);
      }
      value = words[i];
    }
    RETURN_IF_ERROR(CheckValue(fs_type, name, value, option->second));
  }
  return absl::OkStatus();
}

}  // namespace rexray
