// What people read about a command: its line, its failure, the package that a missing program comes from.

#include "base/command_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace rexray {
namespace {

constexpr size_t kLinesShown = 5;
constexpr size_t kBytesShown = 1000;

bool NeedsNoQuotes(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

void AppendQuoted(std::string& out, const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), NeedsNoQuotes)) {
    out += word;
    return;
  }
  out += '\'';
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
}

/// The last non-empty lines, joined with "; ".
std::string LastLines(std::string_view text) {
  std::string joined;
  for (size_t lines = 0; lines < kLinesShown && !text.empty();) {
    const size_t newline = text.find_last_of("\r\n");
    const std::string_view line = newline == std::string_view::npos ? text : text.substr(newline + 1);
    text = newline == std::string_view::npos ? std::string_view() : text.substr(0, newline);
    if (line.find_first_not_of(" \t\b") == std::string_view::npos) continue;
    if (joined.size() + line.size() > kBytesShown && lines > 0) break;
    const std::string_view shown = line.substr(line.size() - std::min(line.size(), kBytesShown));
    joined = lines == 0 ? std::string(shown) : fmt::format("{}; {}", shown, joined);
    ++lines;
  }
  return joined;
}

std::string_view PackageOf(std::string_view program) {
  using Entry = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Entry, 23> kPackages{{
      {"mkfs.ext4", "e2fsprogs"},    {"mkfs.ext3", "e2fsprogs"}, {"mkfs.ext2", "e2fsprogs"},
      {"mke2fs", "e2fsprogs"},       {"fsck.ext4", "e2fsprogs"}, {"fsck.ext3", "e2fsprogs"},
      {"fsck.ext2", "e2fsprogs"},    {"e2fsck", "e2fsprogs"},    {"resize2fs", "e2fsprogs"},
      {"tune2fs", "e2fsprogs"},      {"dumpe2fs", "e2fsprogs"},  {"mkfs.xfs", "xfsprogs"},
      {"fsck.xfs", "xfsprogs"},      {"xfs_growfs", "xfsprogs"}, {"xfs_repair", "xfsprogs"},
      {"xfs_admin", "xfsprogs"},     {"xfs_io", "xfsprogs"},     {"xfs_info", "xfsprogs"},
      {"mkfs.btrfs", "btrfs-progs"}, {"btrfs", "btrfs-progs"},   {"btrfstune", "btrfs-progs"},
      {"fsck.btrfs", "btrfs-progs"}, {"btrfsck", "btrfs-progs"},
  }};
  for (const auto& [name, package] : kPackages) {
    if (name == program) return package;
  }
  return {};
}

}  // namespace

std::string QuoteForDisplay(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& word : argv) {
    if (!out.empty()) out += ' ';
    AppendQuoted(out, word);
  }
  return out;
}

absl::Status ProgramNotFound(std::string_view program) {
  const std::string_view name = program.substr(program.rfind('/') + 1);  // npos + 1 is 0
  if (const std::string_view package = PackageOf(name); !package.empty()) {
    return Error(absl::StatusCode::kNotFound, "program \"{}\" is not installed; install the package {}",
                 program, package);
  }
  return Error(absl::StatusCode::kNotFound, "program \"{}\" is not installed", program);
}

std::string LastOutput(std::string_view out, std::string_view err) {
  std::string why = LastLines(err);
  if (why.empty()) why = LastLines(out);
  return why.empty() ? "; it printed nothing" : "; its last words: " + why;
}

absl::StatusOr<CommandResult> CheckExitCode(const Command& command, CommandResult result) {
  const std::vector<int>& accepted = command.accepted_exit_codes;
  if (std::find(accepted.begin(), accepted.end(), result.exit_code) != accepted.end()) return result;
  return Error(absl::StatusCode::kInternal, "`{}` failed with exit code {}{}", QuoteForDisplay(command.argv),
               result.exit_code, LastOutput(result.out, result.err));
}

absl::Status KilledBySignal(const Command& command, int signal, std::string_view out, std::string_view err) {
  const char* name = sigabbrev_np(signal);  // not strsignal(3), which is not thread-safe
  return Error(absl::StatusCode::kInternal, "`{}` was ended by signal {} (SIG{}){}",
               QuoteForDisplay(command.argv), signal, name == nullptr ? "?" : name, LastOutput(out, err));
}

}  // namespace rexray
