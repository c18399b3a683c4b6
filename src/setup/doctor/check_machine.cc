// The node itself: rights, kernel, programs, space, mount propagation.

#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/str_split.h"

#include "base/size.h"
#include "base/status.h"
#include "config/config.h"
#include "config/paths.h"
#include "host/kernel_file.h"
#include "host/propagation.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/daemon_process.h"

namespace rexray::setup::doctor {
namespace {

const std::vector<std::string> kProgramDirectories = {"/usr/sbin", "/sbin",           "/usr/bin",
                                                      "/bin",      "/usr/local/sbin", "/usr/local/bin"};

struct Capability {
  int number;
  const char* name;
  const char* without;
};

/// linux/capability.h.
constexpr Capability kCapabilities[] = {
    {21, "CAP_SYS_ADMIN", "no mount, no loop device"},
    {0, "CAP_CHOWN", "volumes cannot be given to a container's user"},
    {1, "CAP_DAC_OVERRIDE", "other users' directories cannot be read"},
    {27, "CAP_MKNOD", "no device node in a container without udev"},
};
constexpr Capability kUseful{24, "CAP_SYS_RESOURCE",
                             "no online growth of ext4, no use of its reserved blocks"};

/// Of the daemon where one runs, else of this process.
Results CheckRights(const std::optional<int>& daemon) {
  const std::string who = daemon ? fmt::format("the daemon (pid {})", *daemon) : "this process";
  const auto status =
      host::ReadKernelFile(fmt::format("/proc/{}/status", daemon ? std::to_string(*daemon) : "self"));
  if (!status.ok()) return {Unknown("root and capabilities", std::string(MessageOf(status.status())))};
  uint64_t effective = 0;
  std::string uid;
  for (const absl::string_view line : absl::StrSplit(*status, '\n')) {
    const std::string_view text(line.data(), line.size());
    if (text.starts_with("CapEff:")) {
      const std::string_view digits = text.substr(text.find_first_of("0123456789abcdef", 7));
      std::from_chars(digits.data(), digits.data() + digits.size(), effective, 16);
    }
    if (text.starts_with("Uid:")) uid = std::vector<std::string>(absl::StrSplit(line, '\t')).at(2);
  }
  std::string missing;
  for (const Capability& one : kCapabilities) {
    if ((effective >> one.number & 1) == 0)
      missing += fmt::format("{}{} ({})", missing.empty() ? "" : ", ", one.name, one.without);
  }
  if (!missing.empty()) {
    const std::string evidence = fmt::format("{} runs as user {} without {}", who, uid, missing);
    constexpr const char* kFix =
        "run the daemon as root; in a container with --privileged (the vfs driver alone needs no root)";
    return {daemon ? Broken("root and capabilities", evidence, kFix)
                   : Warning("root and capabilities", evidence, kFix)};
  }
  if ((effective >> kUseful.number & 1) == 0) {
    return {Warning("root and capabilities",
                    fmt::format("{}: user {}, without {} ({})", who, uid, kUseful.name, kUseful.without),
                    "give it that capability")};
  }
  return {Ok("root and capabilities", fmt::format("{}: user {}, all that are needed", who, uid))};
}

/// Built in, loaded, or a module that the kernel would load by itself.
bool KernelHas(const std::string& module, const std::string& filesystems) {
  if (filesystems.find("\t" + module + "\n") != std::string::npos) return true;
  if (access(("/sys/module/" + module).c_str(), F_OK) == 0) return true;
  struct utsname kernel {};
  if (uname(&kernel) != 0) return false;
  for (const char* file : {"/modules.builtin", "/modules.dep"}) {
    const auto list = host::ReadKernelFile(std::string("/lib/modules/") + kernel.release + file);
    if (list.ok() && list->find("/" + module + ".ko") != std::string::npos) return true;
  }
  return false;
}

Results CheckKernel() {
  const auto filesystems = host::ReadKernelFile("/proc/filesystems");
  if (!filesystems.ok()) return {Unknown("file systems", std::string(MessageOf(filesystems.status())))};
  Results results;
  std::string known;
  for (const char* type : {"ext4", "xfs", "btrfs"}) {
    if (KernelHas(type, *filesystems)) known += (known.empty() ? "" : ", ") + std::string(type);
  }
  results.push_back(
      known.find("ext4") != std::string::npos
          ? Ok("file systems", "the kernel has " + known)
          : Broken("file systems", "the kernel has no ext4, which new volumes get", "modprobe ext4"));
  const bool control = access("/dev/loop-control", F_OK) == 0;
  if (control) {
    results.push_back(Ok("loop devices", "/dev/loop-control is there"));
  } else if (KernelHas("loop", "")) {
    results.push_back(Warning("loop devices",
                              "no /dev/loop-control: the loop module is not loaded, or /dev is a container's",
                              "modprobe loop; in a container pass the host's /dev"));
  } else {
    results.push_back(Broken("loop devices",
                             "the kernel has no loop devices: the local driver cannot attach a volume",
                             "load the loop module, or use another driver"));
  }
  return results;
}

Diagnosis CheckTools(const Tree& tree, const std::string& type, const std::vector<std::string>& programs,
                     const std::string& package, bool needed) {
  std::string missing;
  for (const std::string& program : programs) {
    if (FindExecutable(tree, kProgramDirectories, program).empty())
      missing += (missing.empty() ? "" : ", ") + program;
  }
  const std::string check = "tools for " + type;
  if (missing.empty()) return Ok(check, "all there");
  const std::string fix = "install " + package;
  return needed ? Broken(check, "not found: " + missing, fix) : Warning(check, "not found: " + missing, fix);
}

Diagnosis CheckSpace(const Tree& tree, const std::string& directory) {
  const std::string check = "free space";
  std::string path = directory;
  while (path.size() > 1 && !tree.Exists(path)) path = path.substr(0, std::max<size_t>(path.rfind('/'), 1));
  const absl::StatusOr<std::string> on_disk = tree.OnDisk(path);
  struct statvfs space {};
  if (!on_disk.ok() || statvfs(on_disk->c_str(), &space) != 0)
    return Unknown(check, directory + " cannot be asked");
  const uint64_t free = space.f_bavail * space.f_frsize;
  const uint64_t all = space.f_blocks * space.f_frsize;
  const std::string evidence = fmt::format("{}: {} of {} free", directory, FormatSize(free), FormatSize(all));
  if ((space.f_flag & ST_RDONLY) != 0)
    return Broken(check, evidence + ", read-only", "mount that file system read-write");
  if (free < 64 * kMiB || (space.f_files > 0 && space.f_favail == 0)) {
    return Broken(check, evidence + (space.f_favail == 0 ? ", no inodes left" : ""), "free some space");
  }
  if (free < all / 20)
    return Warning(check, evidence, "free some space: thin volumes fail when their disk is full");
  return Ok(check, evidence);
}

Results CheckReach(const std::string& volumes, const std::optional<int>& daemon) {
  const std::string check = "mounts reach containers";
  const std::string self = daemon ? std::to_string(*daemon) : "self";
  const auto ours = host::TryReadLink("/proc/" + self + "/ns/mnt");
  const auto hosts = host::TryReadLink("/proc/1/ns/mnt");
  if (!ours || !hosts)
    return {Unknown(check, "/proc/1/ns/mnt cannot be read",
                    "run the doctor as root, in the host's PID namespace")};
  if (!daemon) {
    return {Ok(check, "no daemon runs; one that is started from here would have " +
                          std::string(*ours == *hosts ? "the host's mount namespace"
                                                      : "a mount namespace of its own"))};
  }
  if (*ours == *hosts)
    return {Ok(check, fmt::format("the daemon (pid {}) is in the host's mount namespace", *daemon))};
  const auto our_text = host::ReadKernelFile("/proc/" + self + "/mountinfo");
  const auto host_text = host::ReadKernelFile("/proc/1/mountinfo");
  if (!our_text.ok() || !host_text.ok())
    return {Unknown(check, "mountinfo cannot be read", "run the doctor as root")};
  const auto our_mounts = host::ParseMountInfo(*our_text);
  const auto host_mounts = host::ParseMountInfo(*host_text);
  if (!our_mounts.ok() || !host_mounts.ok()) return {Unknown(check, "mountinfo cannot be understood")};
  const absl::Status reach = host::CheckPropagation(*our_mounts, &*host_mounts, volumes);
  if (reach.ok()) return {Ok(check, volumes + " is shared with the host")};
  return {Broken(check, std::string(MessageOf(reach)) + ": containers would write to the root disk instead",
                 "rexray setup service writes a unit without these options")};
}

void Append(Results& to, Results from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

Results CheckMachine(const Scene& scene) {
  Results results;
  const bool here = scene.tree.IsHost();
  config::Paths paths;
  if (here) {
    if (const auto from = config::PathsFrom(scene.environment); from.ok()) paths = *from;
  }
  if (here) {
    const std::optional<int> daemon = DaemonPid(paths.pid_file());
    Append(results, CheckRights(daemon));
    Append(results, CheckKernel());
    Append(results, CheckReach(paths.volumes, daemon));
  }
  results.push_back(CheckTools(scene.tree, "ext4", {"mkfs.ext4", "e2fsck", "resize2fs"}, "e2fsprogs", true));
  results.push_back(
      CheckTools(scene.tree, "xfs", {"mkfs.xfs", "xfs_growfs", "xfs_repair"}, "xfsprogs", false));
  results.push_back(CheckTools(scene.tree, "btrfs", {"mkfs.btrfs", "btrfs"}, "btrfs-progs", false));
  if (here) {
    results.push_back(CheckSpace(scene.tree, paths.lib));
    results.push_back(CheckSpace(scene.tree, paths.run));
  }
  return results;
}

}  // namespace rexray::setup::doctor
