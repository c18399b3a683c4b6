#include "volume/mount_options.h"

#include <array>

#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr size_t kMaxText = 2048;  // the kernel takes one page, and we add words of our own
constexpr size_t kMaxOption = 256;

enum class Rule {
  kRefuse,
  kIgnore,  // mount(8) reads it in fstab and does nothing with it on a mount
};

struct Word {
  std::string_view name;  // ends with '*': whatever begins so; ends with '=': with a value
  Rule rule;
  std::string_view why;
};

constexpr std::string_view kWhere = "it would change what is mounted, or where";
constexpr std::string_view kSpread = "how mounts spread between namespaces is not a volume's affair";
constexpr std::string_view kOtherDevice = "it names another device or another part of this one";
constexpr std::string_view kFstab = "it has a meaning in /etc/fstab only";

// mount(8), ext4(5), xfs(5), btrfs(5).
constexpr std::array kWords = std::to_array<Word>({
    {"bind", Rule::kRefuse, kWhere},
    {"rbind", Rule::kRefuse, kWhere},
    {"move", Rule::kRefuse, kWhere},
    {"remount", Rule::kRefuse, kWhere},
    {"loop", Rule::kRefuse, kWhere},
    {"loop=", Rule::kRefuse, kWhere},
    {"offset=", Rule::kRefuse, kWhere},
    {"sizelimit=", Rule::kRefuse, kWhere},
    {"encryption=", Rule::kRefuse, kWhere},
    {"X-*", Rule::kRefuse, kWhere},
    {"verity.*", Rule::kRefuse, kWhere},
    {"shared", Rule::kRefuse, kSpread},
    {"rshared", Rule::kRefuse, kSpread},
    {"private", Rule::kRefuse, kSpread},
    {"rprivate", Rule::kRefuse, kSpread},
    {"slave", Rule::kRefuse, kSpread},
    {"rslave", Rule::kRefuse, kSpread},
    {"unbindable", Rule::kRefuse, kSpread},
    {"runbindable", Rule::kRefuse, kSpread},
    {"helper=", Rule::kRefuse, "no mount helper is ever run"},
    {"uhelper=", Rule::kRefuse, "no mount helper is ever run"},
    {"device=", Rule::kRefuse, kOtherDevice},
    {"subvol=", Rule::kRefuse, kOtherDevice},
    {"subvolid=", Rule::kRefuse, kOtherDevice},
    {"subvolrootid=", Rule::kRefuse, kOtherDevice},
    {"sb=", Rule::kRefuse, kOtherDevice},
    {"journal_dev=", Rule::kRefuse, kOtherDevice},
    {"journal_path=", Rule::kRefuse, kOtherDevice},
    {"logdev=", Rule::kRefuse, kOtherDevice},
    {"rtdev=", Rule::kRefuse, kOtherDevice},
    {"user", Rule::kRefuse, kFstab},
    {"user=", Rule::kRefuse, kFstab},
    {"nouser", Rule::kRefuse, kFstab},
    {"users", Rule::kRefuse, kFstab},
    {"nousers", Rule::kRefuse, kFstab},
    {"owner", Rule::kRefuse, kFstab},
    {"group", Rule::kRefuse, kFstab},
    {"defaults", Rule::kIgnore, ""},
    {"auto", Rule::kIgnore, ""},
    {"noauto", Rule::kIgnore, ""},
    {"nofail", Rule::kIgnore, ""},
    {"_netdev", Rule::kIgnore, ""},
    {"x-*", Rule::kIgnore, ""},
    {"comment=", Rule::kIgnore, ""},
});

const Word* FindWord(std::string_view option) {
  for (const Word& word : kWords) {
    const bool prefix = word.name.back() == '*' || word.name.back() == '=';
    const std::string_view name =
        word.name.back() == '*' ? word.name.substr(0, word.name.size() - 1) : word.name;
    if (prefix ? option.starts_with(name) : option == name) return &word;
  }
  return nullptr;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Where the option that `text` begins with ends: at a comma outside double quotes (SELinux contexts hold
// commas).
absl::StatusOr<size_t> EndOfOption(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return i;
  }
  if (quoted) return Error(kInvalid, "mount option {} has no closing quote", Printable(text));
  return text.size();
}

absl::Status CheckShape(std::string_view option) {
  if (option.size() > kMaxOption) {
    return Error(kInvalid, "mount option \"{}\" has {} bytes; at most {} are allowed", Printable(option),
                 option.size(), kMaxOption);
  }
  if (option.front() == '=') return Error(kInvalid, "mount option \"{}\" has no name", Printable(option));
  if (option.find(' ') != std::string_view::npos && option.find('"') == std::string_view::npos) {
    return Error(kInvalid, "mount option \"{}\" holds a blank; put commas between options",
                 Printable(option));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseMountOptions(std::string_view text) {
  if (text.size() > kMaxText) {
    return Error(kInvalid, "mount options of {} bytes; at most {} are allowed", text.size(), kMaxText);
  }
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f) continue;
    return Error(kInvalid, "mount options \"{}\" hold a byte that is not printable ASCII", Printable(text));
  }
  std::vector<std::string> options;
  while (!text.empty()) {
    ASSIGN_OR_RETURN(const size_t end, EndOfOption(text));
    const std::string_view option = Trim(text.substr(0, end));
    text.remove_prefix(end == text.size() ? end : end + 1);
    if (option.empty()) continue;
    RETURN_IF_ERROR(CheckShape(option));
    const Word* word = FindWord(option);
    if (word != nullptr && word->rule == Rule::kRefuse) {
      return Error(kInvalid, "mount option \"{}\" is not allowed: {}", Printable(option), word->why);
    }
    if (word == nullptr) options.emplace_back(option);
  }
  return options;
}

absl::Status ValidateFsType(std::string_view fs_type) {
  if (fs_type.empty() || fs_type == "ext4" || fs_type == "xfs" || fs_type == "btrfs") return absl::OkStatus();
  return Error(kInvalid, "\"{}\" is not a file system that volumes can have: use ext4, xfs or btrfs",
               Printable(fs_type));
}

}  // namespace rexray
