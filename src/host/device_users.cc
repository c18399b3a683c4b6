#include "host/device_users.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "base/status.h"
#include "host/kernel_file.h"
#include "volume/volume_name.h"

namespace rexray::host {
namespace {

constexpr size_t kMaxMaps = size_t{4} << 20;
constexpr size_t kMaxNamed = 10;

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

std::vector<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  const Directory dir(::opendir(path.c_str()), ::closedir);
  if (dir == nullptr) return names;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

std::vector<pid_t> Processes() {
  std::vector<pid_t> pids;
  for (const std::string& name : NamesIn("/proc")) {
    pid_t pid = 0;
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data(), end, pid).ptr == end && pid > 0) pids.push_back(pid);
  }
  return pids;
}

std::string ProcPath(pid_t pid, std::string_view name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

MountHolder Holder(pid_t pid, std::string how) {
  return {pid, TryReadLine(ProcPath(pid, "comm")).value_or("?"), std::move(how)};
}

// What a link of /proc/PID leads to, as far as the kernel has it in memory already.
struct Target {
  dev_t file_system = 0;
  dev_t block_device = 0;  // 0: it is none
};

std::optional<Target> TargetOf(const std::string& link) {
  struct statx status {};
  if (::statx(AT_FDCWD, link.c_str(), AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
    return std::nullopt;
  }
  Target target{::makedev(status.stx_dev_major, status.stx_dev_minor), 0};
  if (S_ISBLK(status.stx_mode)) target.block_device = ::makedev(status.stx_rdev_major, status.stx_rdev_minor);
  return target;
}

using Wanted = std::function<bool(const Target&)>;

std::optional<std::string> FirstOpenFile(pid_t pid, const Wanted& wanted) {
  const std::string dir = ProcPath(pid, "fd/");
  for (const std::string& name : NamesIn(dir)) {
    const auto target = TargetOf(dir + name);
    if (target && wanted(*target)) return TryReadLink(dir + name).value_or("?");
  }
  return std::nullopt;
}

// "7f…-7f… r-xp 00000000 fe:00 123   /path"
std::optional<std::string> MappingOn(std::string_view line, const std::vector<dev_t>& devices) {
  for (int skip = 0; skip < 3; ++skip) {
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    line.remove_prefix(blank + 1);
  }
  unsigned major_number = 0;
  unsigned minor_number = 0;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, major_number, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, minor_number, 16).ec != std::errc()) return std::nullopt;
  if (std::count(devices.begin(), devices.end(), ::makedev(major_number, minor_number)) == 0)
    return std::nullopt;
  const size_t slash = line.find('/');
  return std::string(slash == std::string_view::npos ? "?" : line.substr(slash));
}

std::optional<std::string> FirstMapping(pid_t pid, const std::vector<dev_t>& devices) {
  const auto maps = ReadKernelFile(ProcPath(pid, "maps"), kMaxMaps);
  if (!maps.ok()) return std::nullopt;
  std::string_view rest = *maps;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (auto found = MappingOn(line, devices)) return found;
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return std::nullopt;
}

std::optional<std::string> HowOn(pid_t pid, const std::vector<dev_t>& devices) {
  const Wanted wanted = [&](const Target& target) {
    return std::count(devices.begin(), devices.end(), target.file_system) != 0;
  };
  if (const auto file = FirstOpenFile(pid, wanted)) return fmt::format("open file \"{}\"", Printable(*file));
  struct Link {
    std::string_view name;
    std::string_view how;
  };
  for (const Link& link :
       {Link{"cwd", "current directory"}, Link{"root", "root directory"}, Link{"exe", "program"}}) {
    const std::string path = ProcPath(pid, link.name);
    const auto target = TargetOf(path);
    if (!target || !wanted(*target)) continue;
    return fmt::format("{} \"{}\"", link.how, Printable(TryReadLink(path).value_or("?")));
  }
  if (const auto file = FirstMapping(pid, devices))
    return fmt::format("mapped file \"{}\"", Printable(*file));
  return std::nullopt;
}

std::vector<std::string> OwnMountsOf(dev_t block_device) {
  std::vector<std::string> words;
  const auto text = ReadKernelFile("/proc/self/mountinfo");
  if (!text.ok()) return words;
  const auto mounts = ParseMountInfo(*text);
  if (!mounts.ok()) return words;
  for (const MountEntry& entry : *mounts) {
    if (IsMountOf(entry, block_device)) words.push_back("mounted at " + Printable(entry.target));
  }
  return words;
}

}  // namespace

bool IsMountOf(const MountEntry& entry, dev_t block_device) {
  if (entry.device == block_device) return true;
  if (entry.fs_type != "btrfs") return false;
  const auto source = TargetOf(entry.source);
  return source && source->block_device == block_device;
}

std::vector<MountHolder> ProcessesOn(const std::vector<dev_t>& devices, size_t limit) {
  std::vector<MountHolder> holders;
  for (const pid_t pid : Processes()) {
    if (holders.size() >= limit) break;
    if (auto how = HowOn(pid, devices)) holders.push_back(Holder(pid, *std::move(how)));
  }
  return holders;
}

std::vector<MountHolder> ProcessesThatOpened(dev_t block_device, size_t limit) {
  const Wanted wanted = [block_device](const Target& target) { return target.block_device == block_device; };
  std::vector<MountHolder> holders;
  for (const pid_t pid : Processes()) {
    if (holders.size() >= limit) break;
    if (const auto file = FirstOpenFile(pid, wanted)) {
      holders.push_back(Holder(pid, fmt::format("open device \"{}\"", Printable(*file))));
    }
  }
  return holders;
}

std::vector<MountHolder> OtherNamespacesWith(const std::function<bool(const MountEntry&)>& wanted,
                                             size_t limit) {
  std::vector<MountHolder> holders;
  std::set<std::string> seen;
  if (auto own = TryReadLink("/proc/self/ns/mnt")) seen.insert(*std::move(own));
  for (const pid_t pid : Processes()) {
    if (holders.size() >= limit) break;
    auto space = TryReadLink(ProcPath(pid, "ns/mnt"));
    if (!space || !seen.insert(*std::move(space)).second) continue;
    const auto text = ReadKernelFile(ProcPath(pid, "mountinfo"));
    if (!text.ok()) continue;
    const auto mounts = ParseMountInfo(*text);
    if (!mounts.ok()) continue;
    const auto found = std::find_if(mounts->begin(), mounts->end(), wanted);
    if (found == mounts->end()) continue;
    holders.push_back(
        Holder(pid, fmt::format("its mount namespace has it mounted at \"{}\"", Printable(found->target))));
  }
  return holders;
}

std::vector<MountHolder> SwapOn(const std::vector<dev_t>& devices) {
  std::vector<MountHolder> holders;
  const auto text = ReadKernelFile("/proc/swaps");
  if (!text.ok()) return holders;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string path(line.substr(0, line.find_first_of(" \t")));
    const auto target = path.starts_with('/') ? TargetOf(path) : std::nullopt;
    if (!target) continue;
    const dev_t device = target->block_device != 0 ? target->block_device : target->file_system;
    if (std::count(devices.begin(), devices.end(), device) == 0) continue;
    holders.push_back({0, "", fmt::format("swap \"{}\"", Printable(path))});
  }
  return holders;
}

std::vector<MountHolder> LoopsOver(const std::string& target) {
  std::vector<MountHolder> holders;
  for (const std::string& name : NamesIn("/sys/block")) {
    if (!name.starts_with("loop")) continue;
    const auto file = TryReadLine("/sys/block/" + name + "/loop/backing_file");
    if (!file || !file->starts_with(target + "/")) continue;
    holders.push_back({0, "", fmt::format("loop device /dev/{} over \"{}\"", name, Printable(*file))});
  }
  return holders;
}

std::string Describe(const std::vector<MountHolder>& holders) {
  std::string text;
  for (const MountHolder& holder : holders) {
    if (!text.empty()) text += "; ";
    if (holder.pid != 0) text += fmt::format("process {} ({}): ", holder.pid, Printable(holder.command));
    text += holder.how;
  }
  return text;
}

absl::Status BusyDevice(const std::string& device, dev_t number) {
  std::vector<std::string> reasons = OwnMountsOf(number);
  const auto mounted = [number](const MountEntry& entry) { return IsMountOf(entry, number); };
  const std::string others = Describe(OtherNamespacesWith(mounted, kMaxNamed));
  if (!others.empty()) reasons.push_back(others);
  const std::string sys = fmt::format("/sys/dev/block/{}:{}/holders", ::major(number), ::minor(number));
  for (const std::string& name : NamesIn(sys)) reasons.push_back(fmt::format("part of {}", name));
  const std::string swap = Describe(SwapOn({number}));
  if (!swap.empty()) reasons.push_back(swap);
  if (reasons.empty()) {
    const std::string openers = Describe(ProcessesThatOpened(number, kMaxNamed));
    reasons.push_back(openers.empty()
                          ? fmt::format("by whom cannot be seen from here (lsblk {}; grep -l ' {}:{} ' "
                                        "/proc/[0-9]*/mountinfo as root may tell)",
                                        device, ::major(number), ::minor(number))
                          : openers);
  }
  std::string text;
  for (const std::string& reason : reasons) text.append(text.empty() ? "" : "; ").append(reason);
  return Error(absl::StatusCode::kFailedPrecondition, "{} is in use: {}", device, text);
}

std::string DescribeOpeners(const std::string& path) {
  const auto target = TargetOf(path);
  if (!target || target->block_device == 0) return "by whom cannot be seen from here";
  const std::string text = Describe(ProcessesThatOpened(target->block_device, kMaxNamed));
  return text.empty() ? "by whom cannot be seen from here" : text;
}

}  // namespace rexray::host
