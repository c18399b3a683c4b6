// What `rexray doctor` asks. Read-only.

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "base/status.h"
#include "drivers/local/closed_look.h"
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

std::vector<Diagnosis> CheckAllTools() {
  return {CheckTools("ext4", {"mkfs.ext4", "e2fsck", "resize2fs"}, "e2fsprogs", Verdict::kBroken),
          CheckTools("xfs", {"mkfs.xfs", "xfs_growfs"}, "xfsprogs", Verdict::kWarning),
          CheckTools("btrfs", {"mkfs.btrfs", "btrfs"}, "btrfs-progs", Verdict::kWarning)};
}

Diagnosis CheckAttributes(const std::string& images, bool has_them) {
  if (has_them) return Say(Verdict::kOk, "user xattrs", images + " has them");
  return Say(Verdict::kWarning, "user xattrs", images + " has none",
             "back up catalogue.db, or move the data directory to ext4, xfs or btrfs");
}

std::vector<Diagnosis> CheckVolumes(const std::vector<std::string>& findings) {
  if (findings.empty()) return {Say(Verdict::kOk, "volumes", "catalogue and images agree")};
  std::vector<Diagnosis> all;
  for (const std::string& finding : findings) {
    all.push_back(Say(Verdict::kWarning, "volumes", finding,
                      "restore what is missing from a backup, or remove the volume or the image"));
  }
  return all;
}

void Append(std::vector<Diagnosis>& to, std::vector<Diagnosis> from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

/// The next start makes it.
Diagnosis CheckMissingDirectory(const std::string& directory) {
  const std::string check = "data directory";
  std::string above = directory;
  while (above.size() > 1 && access(above.c_str(), F_OK) != 0) above = above.substr(0, above.rfind('/'));
  if (above.empty()) above = "/";
  if (access(above.c_str(), W_OK | X_OK) == 0) {
    return Say(Verdict::kOk, check, directory + " is not there yet; the first start makes it");
  }
  return Say(Verdict::kBroken, check,
             fmt::format("{} is not there, and user {} cannot make it in {}", directory, geteuid(), above),
             "run rexray as root, or choose another data directory");
}

}  // namespace

std::vector<Diagnosis> LocalDriver::Diagnose(const CallContext&) {
  std::vector<Diagnosis> all;
  all.push_back(CheckDirectory(options_.data_directory, index_.Count()));
  all.push_back(CheckLoops(*host_.devices));
  all.push_back(CheckAttributes(images_->directory(), images_->has_attributes()));
  Append(all, CheckAllTools());
  Append(all, CheckVolumes(findings_));
  return all;
}

std::vector<Diagnosis> DiagnoseLocal(const LocalOptions& options, const host::Host& host) {
  const std::string& directory = options.data_directory;
  std::vector<Diagnosis> all;
  struct stat info {};
  const bool there = stat(directory.c_str(), &info) == 0;
  if (there && !S_ISDIR(info.st_mode)) {
    return {Say(Verdict::kBroken, "data directory", directory + " is not a directory",
                "move it away, or choose another data directory")};
  }
  absl::StatusOr<ClosedLook> look = ClosedLook{};
  if (there) look = LookWithoutOpening(directory);
  if (!there) {
    all.push_back(CheckMissingDirectory(directory));
  } else {
    all.push_back(CheckDirectory(directory, look.ok() ? look->volumes : 0));
  }
  all.push_back(CheckLoops(*host.devices));
  if (look.ok() && look->has_attributes) {
    all.push_back(CheckAttributes(directory + "/images", *look->has_attributes));
  }
  Append(all, CheckAllTools());
  if (!look.ok()) {
    all.push_back(Say(absl::IsPermissionDenied(look.status()) ? Verdict::kUnknown : Verdict::kBroken,
                      "volumes", std::string(MessageOf(look.status())), "run the doctor as root"));
  } else if (there) {
    Append(all, CheckVolumes(look->findings));
  }
  return all;
}

}  // namespace rexray::drivers::local
