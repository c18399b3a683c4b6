// What `rexray doctor` asks. Read-only.

#include <sys/statvfs.h>
#include <unistd.h>

#include <utility>

#include "base/status.h"
#include "drivers/local/driver.h"

namespace rexray::drivers::local {
namespace {

using Verdict = Diagnosis::Verdict;

Diagnosis Say(Verdict verdict, std::string check, std::string evidence, std::string fix = "") {
  Diagnosis diagnosis;
  diagnosis.verdict = verdict;
  diagnosis.check = std::move(check);
  diagnosis.evidence = std::move(evidence);
  diagnosis.fix = std::move(fix);
  return diagnosis;
}

Diagnosis CheckDirectory(const std::string& directory, size_t volumes) {
  const std::string check = "data directory";
  struct statvfs space {};
  if (statvfs(directory.c_str(), &space) != 0) {
    const absl::Status why = ErrnoError(errno, directory);
    return Say(Verdict::kBroken, check, std::string(MessageOf(why)), "make the directory " + directory);
  }
  const uint64_t free = space.f_bavail * space.f_frsize;
  const uint64_t all = space.f_blocks * space.f_frsize;
  const std::string evidence =
      fmt::format("{}: {} volumes, {} of {} free", directory, volumes, FormatSize(free), FormatSize(all));
  if ((space.f_flag & ST_RDONLY) != 0) {
    return Say(Verdict::kBroken, check, evidence + ", read-only", "mount that file system read-write");
  }
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return Say(Verdict::kBroken, check, fmt::format("{}, not writable for user {}", evidence, geteuid()),
               "run rexray as root");
  }
  if (free < all / 10) {
    return Say(Verdict::kWarning, check, evidence,
               "free some space: thin volumes fail when their disk is full");
  }
  return Say(Verdict::kOk, check, evidence);
}

Diagnosis CheckLoops(host::BlockDevices& devices) {
  const std::string check = "loop devices";
  if (geteuid() != 0) {
    return Say(Verdict::kWarning, check, fmt::format("running as user {}", geteuid()),
               "run rexray as root: attaching needs it");
  }
  if (access("/dev/loop-control", R_OK | W_OK) != 0) {
    return Say(Verdict::kBroken, check, "/dev/loop-control cannot be opened",
               "modprobe loop; in a container pass the host's /dev (docker run --privileged -v /dev:/dev)");
  }
  absl::StatusOr<std::vector<host::LoopDevice>> loops = devices.ListLoops();
  if (!loops.ok()) {
    return Say(Verdict::kBroken, check, std::string(MessageOf(loops.status())), "modprobe loop");
  }
  return Say(Verdict::kOk, check,
             fmt::format("/dev/loop-control answers; {} in use on this machine", loops->size()));
}

bool IsInstalled(const std::string& program) {
  for (const char* directory :
       {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((directory + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string MissingOf(std::initializer_list<const char*> programs) {
  std::string missing;
  for (const char* program : programs) {
    if (IsInstalled(program)) continue;
    if (!missing.empty()) missing += ", ";
    missing += program;
  }
  return missing;
}

Diagnosis CheckTools(std::string fs_type, std::initializer_list<const char*> programs,
                     const std::string& package, Verdict when_missing) {
  const std::string missing = MissingOf(programs);
  const std::string check = "tools for " + std::move(fs_type);
  if (missing.empty()) return Say(Verdict::kOk, check, package + " is installed");
  return Say(when_missing, check, "not found: " + missing, "apt-get install " + package);
}

}  // namespace

std::vector<Diagnosis> LocalDriver::Diagnose(const CallContext&) {
  std::vector<Diagnosis> all;
  all.push_back(CheckDirectory(options_.data_directory, index_.Count()));
  all.push_back(CheckLoops(*host_.devices));
  all.push_back(images_->has_attributes()
                    ? Say(Verdict::kOk, "user xattrs", images_->directory() + " has them")
                    : Say(Verdict::kWarning, "user xattrs", images_->directory() + " has none",
                          "back up catalogue.db, or move the data directory to ext4, xfs or btrfs"));
  all.push_back(CheckTools("ext4", {"mkfs.ext4", "e2fsck", "resize2fs"}, "e2fsprogs", Verdict::kBroken));
  all.push_back(CheckTools("xfs", {"mkfs.xfs", "xfs_growfs"}, "xfsprogs", Verdict::kWarning));
  all.push_back(CheckTools("btrfs", {"mkfs.btrfs", "btrfs"}, "btrfs-progs", Verdict::kWarning));
  for (const std::string& finding : findings_) {
    all.push_back(Say(Verdict::kWarning, "volumes", finding,
                      "restore what is missing from a backup, or remove the volume or the image"));
  }
  if (findings_.empty()) {
    all.push_back(Say(Verdict::kOk, "volumes", "catalogue and images agree"));
  }
  return all;
}

}  // namespace rexray::drivers::local
