#pragma once

// Which block device of this instance is a volume. On Nitro the NVMe controller says so itself: its serial
// number is the volume's id. Names and links are never believed: a stale by-id link once mounted another
// volume (aws-ebs-csi-driver #1224). On Xen there is no serial, and the device is called as AttachVolume was
// told.
//
// Facts: Amazon EBS User Guide, "Map Amazon EBS volumes to NVMe device names".

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "volume/storage_driver.h"

namespace rexray::drivers::ebs {

/// Thread-safe; reads /sys and /dev only, and never the device itself.
class DeviceFinder {
 public:
  /// `root` stands before /sys and /dev.
  explicit DeviceFinder(std::string root) : root_(std::move(root)) {}

  /// By serial. nullopt: not here (yet). FailedPrecondition: the serial is here, and /dev shows another
  /// device under that name (a container's own /dev).
  absl::StatusOr<std::optional<LocalResource>> FindNvme(const std::string& volume) const;

  /// By the name of its attachment, for Xen: believe it only while EC2 says that the volume is attached here
  /// under that name.
  std::optional<LocalResource> FindXen(const std::string& volume, const std::string& name) const;

  /// Whether it has Xen's disks.
  bool IsXen() const;

  /// Those of `names` that exist here as devices, whatever EC2 says (mappings of the AMI).
  std::set<std::string> TakenNames() const;

  const std::string& root() const { return root_; }

 private:
  const std::string root_;
};

/// "vol-0abc" -> "vol0abc".
std::string SerialOf(const std::string& volume);

}  // namespace rexray::drivers::ebs
