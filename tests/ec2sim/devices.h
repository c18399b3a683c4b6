#pragma once

// Block devices of simulated instances. A volume's bytes are a sparse file; while it is attached, a loop
// device over that file appears below the instance's device root, laid out as a Nitro instance's /sys and
// /dev:
//
//   ROOT/sys/block/nvme1n1/device/serial   "vol0123456789abcdef0\n" (20 characters, padded with spaces)
//   ROOT/sys/block/nvme1n1/device/model    "Amazon Elastic Block Store              \n"
//   ROOT/sys/block/nvme1n1/dev             "7:3\n"
//   ROOT/sys/block/nvme1n1/size            in 512-byte sectors
//   ROOT/dev/nvme1n1                       a block node with that number
//   ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0       -> ../../nvme1n1
//   ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0-ns-1  -> ../../nvme1n1
//
// in this order, so that whoever is woken by the node finds the serial. Xen types have
// ROOT/sys/block/xvdba/dev and ROOT/dev/xvdba alone. nvme0n1 would be the root disk, which is not made. Gone
// in the opposite order.
//
// Nothing of one image is live twice: an orderly detach waits until nobody uses the device; a severed one
// (force, power cut, network cut) stops the file system, and gives the volume a new file with the bytes of
// that moment, so that the old loop device, which lives until its last user closes it, writes into a file
// that nobody sees.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "ec2sim/model.h"
#include "host/block_devices.h"

namespace rexray::ec2sim {

/// Not thread-safe.
class Devices {
 public:
  /// `directory` is made when it is missing; "" = no devices at all: every call succeeds and does nothing.
  explicit Devices(std::string directory);

  bool enabled() const { return !directory_.empty(); }

  /// The file of a new volume, blank or with the bytes of a snapshot's file.
  absl::StatusOr<std::string> MakeBacking(const std::string& volume, int64_t gib, const std::string& from);
  absl::StatusOr<std::string> MakeSnapshot(const Volume& volume, const std::string& snapshot);
  /// The file, and the devices over it.
  absl::Status Grow(const Volume& volume, int64_t gib);
  void RemoveFile(const std::string& path);

  /// Fills in guest_name and loop.
  absl::Status Show(const Volume& volume, Attachment& attachment, const Instance& instance, bool nitro);
  /// FailedPrecondition while anybody uses it; then nothing has changed.
  absl::Status Hide(Attachment& attachment, const Instance& instance);
  /// Never refused for users' sake: they get EIO. The volume has another file afterwards.
  absl::Status Sever(Volume& volume, Attachment& attachment, const Instance& instance);

 private:
  absl::Status MakeGuestFiles(const Volume& volume, Attachment& attachment, const Instance& instance,
                              bool nitro, uint64_t number);
  void RemoveGuestFiles(const Attachment& attachment, const Instance& instance);

  const std::string directory_;
  std::unique_ptr<host::BlockDevices> loops_;
  int copies_ = 0;
};

}  // namespace rexray::ec2sim
