#include "host/new_uuid.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "base/pause.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "host/ext4_check.h"

namespace rexray::host {
namespace {

absl::StatusOr<CommandResult> RunTool(CommandRunner& runner, std::vector<std::string> argv, Deadline deadline,
                                      std::string input = "") {
  Command command;
  command.argv = std::move(argv);
  command.input = std::move(input);
  command.deadline = deadline;
  return runner.Run(command);
}

/// With metadata checksums, and without a seed of their own for these (metadata_csum_seed), all checksums
/// change with the UUID: tune2fs rewrites them, asks first, and wants a file system that was just looked
/// through.
absl::Status NewExt4Uuid(CommandRunner& runner, const std::string& device, Deadline deadline) {
  const std::vector<std::string> argv{"tune2fs", "-U", "random", device};
  if (RunTool(runner, argv, deadline, "y\n").ok()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckExt4(runner, device, deadline, Ext4Check::kFull));
  return RunTool(runner, argv, deadline, "y\n").status();
}

/// Mounted and unmounted again, in no mount namespace at all: when this process dies on the way, the mount
/// dies with its descriptor. fsopen(2), fsmount(2).
absl::Status ReplayXfsLog(const std::string& device) {
  const UniqueFd fs(::fsopen("xfs", FSOPEN_CLOEXEC));
  if (!fs.valid()) return ErrnoError(errno, "cannot prepare a mount of xfs");
  const bool told = ::fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", device.c_str(), 0) == 0 &&
                    ::fsconfig(fs.get(), FSCONFIG_SET_FLAG, "nouuid", nullptr, 0) == 0 &&
                    ::fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  if (!told) return ErrnoError(errno, "cannot mount the xfs file system on " + device + " to replay its log");
  const UniqueFd mount(::fsmount(fs.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount.valid()) return ErrnoError(errno, "cannot mount the xfs file system on " + device);
  return absl::OkStatus();
}

absl::Status NewXfsUuid(CommandRunner& runner, BlockDevices& devices, Clock& clock, const std::string& device,
                        Deadline deadline) {
  RETURN_IF_ERROR(ReplayXfsLog(device));
  // What ends the mount ends a moment after its descriptor.
  for (absl::Status unused = devices.CheckUnused(device); !unused.ok();
       unused = devices.CheckUnused(device)) {
    if (deadline.Passed(clock)) return unused;
    PauseUntil(clock, clock.Now() + std::chrono::milliseconds(5));
  }
  // What xfs_admin(8) does; that one is a shell script.
  ASSIGN_OR_RETURN(
      const CommandResult done,
      RunTool(runner, {"xfs_db", "-x", "-p", "xfs_admin", "-c", "uuid generate", device}, deadline));
  if (done.out.find("new UUID = ") != std::string::npos) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal, "xfs_db: {}{}", done.out, done.err);
}

}  // namespace

absl::Status GiveNewUuid(CommandRunner& runner, BlockDevices& devices, Clock& clock,
                         const std::string& device, const std::string& fs_type, Deadline deadline) {
  absl::Status status = absl::OkStatus();
  if (fs_type == "ext4" || fs_type == "ext3" || fs_type == "ext2") {
    status = NewExt4Uuid(runner, device, deadline);
  } else if (fs_type == "xfs") {
    status = NewXfsUuid(runner, devices, clock, device, deadline);
  } else if (fs_type == "btrfs") {
    status = RunTool(runner, {"btrfstune", "-f", "-m", device}, deadline).status();
  }
  return Annotate(status, fmt::format("cannot give the {} file system on {} a new UUID", fs_type, device));
}

}  // namespace rexray::host
