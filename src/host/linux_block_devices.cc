#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"
#include "base/unique_fd.h"
#include "host/device_users.h"
#include "host/linux_host.h"
#include "host/loop_devices.h"
#include "host/probe.h"

namespace rexray::host {
namespace {

class LinuxBlockDevices final : public BlockDevices {
 public:
  explicit LinuxBlockDevices(Clock& clock) : loops_(clock) {}

  absl::StatusOr<LoopDevice> AttachLoop(const std::string& path, bool read_only, Deadline deadline) override {
    return loops_.Attach(path, read_only, deadline);
  }
  absl::StatusOr<std::optional<LoopDevice>> FindLoop(const FileIdentity& backing) override {
    return loops_.Find(backing);
  }
  absl::StatusOr<std::vector<LoopDevice>> ListLoops() override { return loops_.List(); }
  absl::Status SetAutoclear(const std::string& device, bool autoclear) override {
    return loops_.SetAutoclear(device, autoclear);
  }
  absl::Status DetachLoop(const std::string& device, const FileIdentity& backing,
                          Deadline deadline) override {
    return loops_.Detach(device, backing, deadline);
  }
  absl::Status RefreshLoopSize(const std::string& device) override { return loops_.RefreshSize(device); }

  absl::StatusOr<ProbeResult> Probe(const std::string& device) override { return ProbeDevice(device); }

  absl::StatusOr<uint64_t> SizeOf(const std::string& device) override {
    const UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return ErrnoError(errno, "cannot open " + device);
    return SizeOfOpen(fd.get(), device);
  }

  absl::StatusOr<dev_t> NumberOf(const std::string& device) override {
    struct stat status {};
    if (::stat(device.c_str(), &status) != 0) return ErrnoError(errno, "cannot stat " + device);
    if (S_ISBLK(status.st_mode)) return status.st_rdev;
    return Error(absl::StatusCode::kInvalidArgument, "{} is not a block device", device);
  }

  absl::Status CheckUnused(const std::string& device) override {
    ASSIGN_OR_RETURN(const dev_t number, NumberOf(device));
    const UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
    if (fd.valid()) return absl::OkStatus();
    if (errno == EBUSY) return BusyDevice(device, number);
    return ErrnoError(errno, "cannot open " + device);
  }

 private:
  LoopDevices loops_;
};

}  // namespace

std::unique_ptr<BlockDevices> MakeLinuxBlockDevices(Clock& clock) {
  return std::make_unique<LinuxBlockDevices>(clock);
}

}  // namespace rexray::host
