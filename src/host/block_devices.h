#pragma once

// The Linux node's block devices: loop devices, what is on a device, and whether anybody uses it. Calls here
// can hang on a dying disk (open and probe of a device, LOOP_*), so they stand behind this interface, which a
// helper process can implement.
//
// Facts: loop(4) and linux/loop.h (LOOP_CONFIGURE since 5.8), libblkid's superblocks API ("safe probe"),
// open(2) on O_EXCL for block devices.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"

namespace rexray::host {

/// A file's identity, whatever it is called: what a loop device is bound to.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct LoopDevice {
  std::string path;  ///< "/dev/loop3"
  dev_t number = 0;  ///< major:minor
  FileIdentity backing;
  bool autoclear = false;
  bool direct_io = false;
  bool read_only = false;
};

/// What libblkid and we found on a device.
struct ProbeResult {
  /// Nothing known to libblkid *and* the first and last MiB are zero. The only state in which a device is
  /// formatted.
  bool empty = false;
  std::string fs_type;  ///< "ext4", "xfs", "crypto_LUKS", "LVM2_member", "swap", …; empty when none
  std::string uuid;
  std::string label;
  /// A partition table ("gpt", "dos"); empty when none.
  std::string partition_table;
  bool ambivalent = false;  ///< more than one signature: refuse
  /// Bytes that the file system spans, from its superblock (ext2/3/4, xfs, btrfs); 0 = not known.
  uint64_t fs_size = 0;
  /// What stands on the device in words: "an ext4 file system (UUID …)", "a GPT partition table", "data that
  /// is no known format (first MiB is not zero)", "nothing".
  std::string description;
};

/// Thread-safe.
class BlockDevices {
 public:
  virtual ~BlockDevices() = default;

  /// A loop device over the regular file `path`; one that exists for that file already is returned as it is.
  /// Direct I/O where the backing file allows. Races for a free number with other programs are retried. "No
  /// loop device" says what to do (max_loop, modprobe loop, /dev in a container).
  virtual absl::StatusOr<LoopDevice> AttachLoop(const std::string& path, bool read_only,
                                                Deadline deadline) = 0;

  /// The loop device bound to that file, by LOOP_GET_STATUS64's device and inode (names lie after a rename).
  virtual absl::StatusOr<std::optional<LoopDevice>> FindLoop(const FileIdentity& backing) = 0;
  virtual absl::StatusOr<std::vector<LoopDevice>> ListLoops() = 0;

  /// The device goes by itself with its last user (LO_FLAGS_AUTOCLEAR): set once it is mounted, so that
  /// nothing leaks even when the daemon is killed.
  virtual absl::Status SetAutoclear(const std::string& device, bool autoclear) = 0;

  /// Clears it and waits until it is gone (autoclear and a straggler's open descriptor delay that). OK when
  /// it is not bound to `backing` any more. FailedPrecondition while something holds it, saying what where it
  /// can be seen.
  virtual absl::Status DetachLoop(const std::string& device, const FileIdentity& backing,
                                  Deadline deadline) = 0;

  /// The device follows its grown file (LOOP_SET_CAPACITY).
  virtual absl::Status RefreshLoopSize(const std::string& device) = 0;

  virtual absl::StatusOr<ProbeResult> Probe(const std::string& device) = 0;
  virtual absl::StatusOr<uint64_t> SizeOf(const std::string& device) = 0;
  virtual absl::StatusOr<dev_t> NumberOf(const std::string& device) = 0;

  /// OK when the device opens with O_EXCL: nobody in any mount namespace has it mounted, no dm or md holds
  /// it. Asked before every detach (design §4.5). FailedPrecondition says by whom where that can be seen.
  virtual absl::Status CheckUnused(const std::string& device) = 0;
};

}  // namespace rexray::host
