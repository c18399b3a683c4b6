// mountinfo lines, proc(5):
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   id parent major:minor root target options [tags…] - type source super-options
//
// Read at each mount and unmount, with thousands of lines on a busy node: one pass, no copies but the
// results.

#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/status.h"
#include "host/mounter.h"

namespace rexray::host {
namespace {

// Fields are separated by single blanks; an empty field is real (a super block without options gives an empty
// last one, and a source may be "").
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  bool Next(std::string_view& field) {
    if (ended_) return false;
    const size_t blank = rest_.find(' ');
    if (blank == std::string_view::npos) {
      field = rest_;
      ended_ = true;
      return true;
    }
    field = rest_.substr(0, blank);
    rest_.remove_prefix(blank + 1);
    return true;
  }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

template <typename Number>
bool ToNumber(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end && number >= 0;
}

bool ToDevice(std::string_view text, dev_t& device) {
  const size_t colon = text.find(':');
  int major_number = 0;
  int minor_number = 0;
  if (colon == std::string_view::npos || !ToNumber(text.substr(0, colon), major_number) ||
      !ToNumber(text.substr(colon + 1), minor_number)) {
    return false;
  }
  device = ::makedev(static_cast<unsigned>(major_number), static_cast<unsigned>(minor_number));
  return true;
}

bool IsOctal(char c) {
  return c >= '0' && c <= '7';
}

// The kernel writes blank, tab, newline, backslash and '#' as \ooo.
std::string Unescaped(std::string_view text) {
  size_t backslash = text.find('\\');
  if (backslash == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (backslash != std::string_view::npos) {
    out.append(text, 0, backslash);
    text.remove_prefix(backslash);
    if (text.size() >= 4 && text[1] <= '3' && IsOctal(text[1]) && IsOctal(text[2]) && IsOctal(text[3])) {
      out += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
      text.remove_prefix(4);
    } else {
      out += '\\';
      text.remove_prefix(1);
    }
    backslash = text.find('\\');
  }
  return out.append(text);
}

// Tags that we do not know are passed over, as proc(5) asks.
bool ParseTag(std::string_view tag, MountEntry& entry) {
  if (tag.starts_with("shared:")) return ToNumber(tag.substr(7), entry.peer_group);
  if (tag.starts_with("master:")) return ToNumber(tag.substr(7), entry.master_group);
  return true;
}

bool ParseLine(std::string_view line, MountEntry& entry) {
  Fields fields(line);
  std::string_view id, parent, device, root, target, options, field;
  if (!fields.Next(id) || !fields.Next(parent) || !fields.Next(device) || !fields.Next(root) ||
      !fields.Next(target) || !fields.Next(options)) {
    return false;
  }
  if (!ToNumber(id, entry.id) || !ToNumber(parent, entry.parent) || !ToDevice(device, entry.device))
    return false;
  while (true) {
    if (!fields.Next(field)) return false;
    if (field == "-") break;
    if (!ParseTag(field, entry)) return false;
  }
  std::string_view type, source, super;
  if (!fields.Next(type) || !fields.Next(source) || !fields.Next(super)) return false;
  entry.root = Unescaped(root);
  entry.target = Unescaped(target);
  entry.options = options;
  entry.fs_type = Unescaped(type);
  entry.source = Unescaped(source);
  entry.super_options = Unescaped(super);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<MountEntry>> ParseMountInfo(std::string_view text) {
  std::vector<MountEntry> mounts;
  mounts.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    if (!ParseLine(line, mounts.emplace_back())) {
      return Error(absl::StatusCode::kInternal,
                   "line {} of mountinfo is not what proc(5) describes: {} bytes", number, line.size());
    }
  }
  return mounts;
}

std::optional<MountEntry> FindMount(const std::vector<MountEntry>& mounts, std::string_view target) {
  // The kernel lists mounts in an order in which what covers comes after what is covered.
  const auto found = std::find_if(mounts.rbegin(), mounts.rend(),
                                  [target](const MountEntry& entry) { return entry.target == target; });
  if (found == mounts.rend()) return std::nullopt;
  return *found;
}

std::vector<MountEntry> MountsOfDevice(const std::vector<MountEntry>& mounts, dev_t device) {
  std::vector<MountEntry> found;
  std::copy_if(mounts.begin(), mounts.end(), std::back_inserter(found),
               [device](const MountEntry& entry) { return entry.device == device; });
  return found;
}

}  // namespace rexray::host
