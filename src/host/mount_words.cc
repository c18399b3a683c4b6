#include "host/mount_words.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/status.h"
#include "base/unique_fd.h"
#include "libmount/libmount.h"
#include "volume/volume_name.h"

namespace rexray::host {
namespace {

constexpr unsigned long kNotAPlainMount =
    MS_BIND | MS_MOVE | MS_REMOUNT | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE | MS_REC;

using CString = std::unique_ptr<char, decltype(&std::free)>;

std::string Joined(const std::vector<std::string>& options) {
  std::string text;
  for (const std::string& option : options) text.append(text.empty() ? "" : ",").append(option);
  return text;
}

// The kernel's words since the last read: "e ext4: Unknown parameter 'x'".
std::string KernelWords(int fs) {
  char line[512];
  std::string last;
  while (true) {
    const ssize_t size = ::read(fs, line, sizeof line);
    if (size <= 0) return last;
    std::string_view text(line, static_cast<size_t>(size));
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (text.starts_with("e ")) last = text.substr(2);
  }
}

bool Takes(int fs, const std::string& option) {
  const size_t equals = option.find('=');
  if (equals == std::string::npos) return ::fsconfig(fs, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0) == 0;
  std::string value = option.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return ::fsconfig(fs, FSCONFIG_SET_STRING, option.substr(0, equals).c_str(), value.c_str(), 0) == 0;
}

}  // namespace

absl::StatusOr<MountWords> ParseMountWords(const std::vector<std::string>& options, bool read_only) {
  char* user = nullptr;
  char* vfs = nullptr;
  char* fs = nullptr;
  const std::string text = Joined(options);
  const int split = ::mnt_split_optstr(text.c_str(), &user, &vfs, &fs, 0, 0);
  const CString user_owner(user, &std::free);
  const CString vfs_owner(vfs, &std::free);
  const CString fs_owner(fs, &std::free);
  MountWords words;
  const libmnt_optmap* flags = ::mnt_get_builtin_optmap(MNT_LINUX_MAP);
  if (split != 0 || (vfs != nullptr && ::mnt_optstr_get_flags(vfs, &words.flags, flags) != 0)) {
    return Error(absl::StatusCode::kInvalidArgument, "mount options \"{}\" cannot be read", Printable(text));
  }
  if ((words.flags & kNotAPlainMount) != 0) {
    return Error(absl::StatusCode::kInvalidArgument, "mount options \"{}\" do more than mount a device",
                 Printable(text));
  }
  if (read_only) words.flags |= MS_RDONLY;
  if (fs != nullptr) words.data = fs;
  return words;
}

std::string RefusedOption(const std::string& fs_type, const MountWords& words) {
  if (words.data.empty()) return "";
  const UniqueFd fs(::fsopen(fs_type.c_str(), FSOPEN_CLOEXEC));
  if (!fs.valid()) return "";
  std::string rest = words.data;
  char* cursor = rest.data();
  char* name = nullptr;
  char* value = nullptr;
  size_t name_size = 0;
  size_t value_size = 0;
  while (::mnt_optstr_next_option(&cursor, &name, &name_size, &value, &value_size) == 0) {
    std::string option(name, name_size);
    if (value != nullptr) option.append("=").append(value, value_size);
    if (Takes(fs.get(), option)) continue;
    const std::string why = KernelWords(fs.get());
    return fmt::format("mount option \"{}\" is not taken{}{}", Printable(option), why.empty() ? "" : ": ",
                       Printable(why));
  }
  return "";
}

}  // namespace rexray::host
