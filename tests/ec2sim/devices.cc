#include "ec2sim/devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/logging.h"
#include "base/status.h"
#include "ec2sim/image_file.h"
#include "ec2sim/power_cut.h"
#include "host/device_users.h"
#include "host/linux_host.h"

namespace rexray::ec2sim {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kGib = uint64_t{1} << 30;

std::string SerialOf(const std::string& volume) {
  return "vol" + volume.substr(volume.find('-') + 1);
}

std::string ByIdOf(const std::string& serial) {
  return "nvme-Amazon_Elastic_Block_Store_" + serial;
}

// "/dev/sdf" and "/dev/xvdf" are both xvdf in a Xen guest.
std::string XenName(const std::string& device) {
  std::string name = device.substr(device.rfind('/') + 1);
  if (name.substr(0, 2) == "sd") name.replace(0, 2, "xvd");
  return name;
}

void WriteLine(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text << '\n';
}

absl::StatusOr<host::FileIdentity> IdentityOf(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) return ErrnoError(errno, path);
  return host::FileIdentity{about.st_dev, about.st_ino};
}

// A node, as the kernel would make it; a link where this file system may have none.
absl::Status MakeNode(const fs::path& path, const std::string& loop, dev_t number) {
  if (mknod(path.c_str(), S_IFBLK | 0660, number) == 0) return absl::OkStatus();
  if (errno == EPERM && symlink(loop.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return ErrnoError(errno, path.string());
}

std::string FirstFreeNvme(const fs::path& root) {
  for (int n = 1;; ++n) {
    std::string name = fmt::format("nvme{}n1", n);
    if (!fs::exists(root / "sys/block" / name)) return name;
  }
}

}  // namespace

Devices::Devices(std::string directory) : directory_(std::move(directory)) {
  if (!enabled()) return;
  fs::create_directories(directory_);
  loops_ = host::MakeLinuxBlockDevices(SystemClock::Get());
}

absl::StatusOr<std::string> Devices::MakeBacking(const std::string& volume, int64_t gib,
                                                 const std::string& from) {
  if (!enabled()) return std::string();
  const std::string path = directory_ + "/" + volume + ".img";
  const uint64_t size = static_cast<uint64_t>(gib) * kGib;
  if (from.empty()) {
    RETURN_IF_ERROR(MakeImage(path, size));
  } else {
    RETURN_IF_ERROR(CopyImage(from, path));
    RETURN_IF_ERROR(GrowImage(path, size));
  }
  return path;
}

absl::StatusOr<std::string> Devices::MakeSnapshot(const Volume& volume, const std::string& snapshot) {
  if (!enabled() || volume.backing.empty()) return std::string();
  const std::string path = directory_ + "/" + snapshot + ".img";
  const std::string loop = volume.attachments.empty() ? "" : volume.attachments.front().loop;
  const Standstill still(loop);
  RETURN_IF_ERROR(CopyImage(volume.backing, path));
  return path;
}

absl::Status Devices::Grow(const Volume& volume, int64_t gib) {
  if (!enabled() || volume.backing.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(GrowImage(volume.backing, static_cast<uint64_t>(gib) * kGib));
  for (const Attachment& attachment : volume.attachments) {
    if (attachment.loop.empty()) continue;
    RETURN_IF_ERROR(loops_->RefreshLoopSize(attachment.loop));
    if (!attachment.sysfs.empty()) {
      WriteLine(attachment.sysfs + "/size", std::to_string(static_cast<uint64_t>(gib) * kGib / 512));
    }
  }
  return absl::OkStatus();
}

void Devices::RemoveFile(const std::string& path) {
  if (!path.empty()) unlink(path.c_str());
}

absl::Status Devices::Show(const Volume& volume, Attachment& attachment, const Instance& instance,
                           bool nitro) {
  if (!enabled() || instance.device_root.empty() || volume.backing.empty()) return absl::OkStatus();
  const Deadline deadline = Deadline::After(SystemClock::Get(), std::chrono::seconds(10));
  ASSIGN_OR_RETURN(const host::LoopDevice loop, loops_->AttachLoop(volume.backing, false, deadline));
  std::error_code ignored;
  fs::create_directories(instance.device_root + "/sys/block", ignored);
  fs::create_directories(instance.device_root + "/dev/disk/by-id", ignored);
  attachment.loop = loop.path;
  attachment.guest_name = nitro ? FirstFreeNvme(instance.device_root) : XenName(attachment.device);
  return MakeGuestFiles(volume, attachment, instance, nitro, loop.number);
}

absl::Status Devices::MakeGuestFiles(const Volume& volume, Attachment& attachment, const Instance& instance,
                                     bool nitro, uint64_t number) {
  const fs::path root(instance.device_root);
  const fs::path sysfs = root / "sys/block" / attachment.guest_name;
  const std::string serial = SerialOf(volume.id);
  // Whole at once, as sysfs is.
  const fs::path unfinished = root / "sys" / ("." + attachment.guest_name);
  std::error_code error;
  fs::remove_all(unfinished, error);
  fs::create_directories(unfinished / "device", error);
  WriteLine(unfinished / "dev", fmt::format("{}:{}", major(number), minor(number)));
  WriteLine(unfinished / "size", std::to_string(static_cast<uint64_t>(volume.size) * kGib / 512));
  WriteLine(unfinished / "ro", "0");
  if (nitro) {
    WriteLine(unfinished / "device/serial", fmt::format("{:<20}", serial));
    WriteLine(unfinished / "device/model", fmt::format("{:<40}", "Amazon Elastic Block Store"));
  }
  attachment.sysfs = sysfs;
  fs::rename(unfinished, sysfs, error);
  if (error) return Error(absl::StatusCode::kInternal, "{}: {}", sysfs.string(), error.message());
  RETURN_IF_ERROR(MakeNode(root / "dev" / attachment.guest_name, attachment.loop, number));
  if (!nitro) return absl::OkStatus();
  for (const char* suffix : {"", "-ns-1"}) {
    fs::create_symlink("../../" + attachment.guest_name, root / "dev/disk/by-id" / (ByIdOf(serial) + suffix),
                       error);
  }
  return absl::OkStatus();
}

void Devices::RemoveGuestFiles(const Attachment& attachment, const Instance& instance) {
  if (attachment.guest_name.empty()) return;
  const fs::path root(instance.device_root);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "dev/disk/by-id", error)) {
    if (fs::read_symlink(entry, error) == "../../" + attachment.guest_name) fs::remove(entry, error);
  }
  fs::remove(root / "dev" / attachment.guest_name, error);
  fs::remove_all(root / "sys/block" / attachment.guest_name, error);
}

absl::Status Devices::Hide(Attachment& attachment, const Instance& instance) {
  if (attachment.loop.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const dev_t number, loops_->NumberOf(attachment.loop));
  RETURN_IF_ERROR(loops_->CheckUnused(attachment.loop));
  const auto users = host::ProcessesThatOpened(number, 3);
  if (!users.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is open: {}", attachment.loop,
                 host::Describe(users));
  }
  RemoveGuestFiles(attachment, instance);
  ASSIGN_OR_RETURN(const auto loops, loops_->ListLoops());
  for (const host::LoopDevice& loop : loops) {
    if (loop.path != attachment.loop) continue;
    const Deadline deadline = Deadline::After(SystemClock::Get(), std::chrono::seconds(5));
    RETURN_IF_ERROR(loops_->DetachLoop(loop.path, loop.backing, deadline));
  }
  attachment.loop.clear();
  attachment.guest_name.clear();
  return absl::OkStatus();
}

absl::Status Devices::Sever(Volume& volume, Attachment& attachment, const Instance& instance) {
  if (attachment.loop.empty()) return absl::OkStatus();
  RemoveGuestFiles(attachment, instance);
  RETURN_IF_ERROR(CutPower(attachment.loop));
  const std::string copy = fmt::format("{}/{}.{}.img", directory_, volume.id, ++copies_);
  RETURN_IF_ERROR(CopyImage(volume.backing, copy));
  ASSIGN_OR_RETURN(const host::FileIdentity backing, IdentityOf(volume.backing));
  // The old one goes with its last user; its file has no name from here on.
  if (const auto status =
          loops_->DetachLoop(attachment.loop, backing, Deadline::After(SystemClock::Get(), Duration{}));
      !status.ok()) {
    loops_->SetAutoclear(attachment.loop, true).IgnoreError();
  }
  RemoveFile(volume.backing);
  volume.backing = copy;
  attachment.loop.clear();
  attachment.guest_name.clear();
  return absl::OkStatus();
}

}  // namespace rexray::ec2sim
