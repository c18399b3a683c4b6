#pragma once

// Loop devices over regular files, straight on the kernel's interface: loop(4), linux/loop.h,
// Documentation/ABI/testing/sysfs-block (diskseq), drivers/block/loop.c.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "host/block_devices.h"

namespace rexray::host {

/// The loop half of BlockDevices; the calls are described there. Thread-safe: no lock is held during a system
/// call that can hang; attaching one file waits for another attach of the same file only.
class LoopDevices {
 public:
  /// `dev` and `sys_block` are other directories in tests only.
  explicit LoopDevices(Clock& clock, std::string dev = "/dev", std::string sys_block = "/sys/block")
      : clock_(clock), dev_(std::move(dev)), sys_block_(std::move(sys_block)) {}

  absl::StatusOr<LoopDevice> Attach(const std::string& path, bool read_only, Deadline deadline);
  absl::StatusOr<std::optional<LoopDevice>> Find(const FileIdentity& backing);
  absl::StatusOr<std::vector<LoopDevice>> List();
  absl::Status SetAutoclear(const std::string& device, bool autoclear);
  absl::Status Detach(const std::string& device, const FileIdentity& backing, Deadline deadline);
  absl::Status RefreshSize(const std::string& device);

 private:
  using FileKey = std::pair<dev_t, ino_t>;
  /// What loop device N was bound to when the kernel counted its diskseq to that value. The kernel counts on
  /// at each binding and clearing, so an entry with today's diskseq is today's truth: a thousand loop devices
  /// are looked through by reading one sysfs attribute each. That a device is bound to nothing is never kept:
  /// LOOP_CONFIGURE counts on first and binds then, and another process may be in between.
  struct Seen {
    std::string diskseq;
    FileKey backing;
  };

  absl::StatusOr<LoopDevice> AttachAlone(int file, const std::string& path, const FileIdentity& backing,
                                         bool read_only, Deadline deadline);
  absl::StatusOr<LoopDevice> Configure(int file, const std::string& path, bool read_only, Deadline deadline);
  absl::StatusOr<std::optional<LoopDevice>> FindByHint(FileKey key);
  absl::StatusOr<std::optional<LoopDevice>> FindByScan(FileKey key);
  absl::StatusOr<std::optional<LoopDevice>> Inspect(int number);
  absl::StatusOr<std::vector<int>> Numbers() const;
  absl::Status KeepReused(LoopDevice& loop);
  absl::Status AwaitGone(const std::string& device, int number, const FileIdentity& backing,
                         Deadline deadline);

  absl::StatusOr<UniqueFd> OpenNode(int number, int flags) const;
  absl::Status MakeNode(int number) const;
  bool Bound(int number) const;
  void Pause(Duration wait, Deadline deadline);

  std::string NodePath(int number) const { return dev_ + "/loop" + std::to_string(number); }
  std::string SysPath(int number, std::string_view attribute) const;

  Clock& clock_;
  const std::string dev_;
  const std::string sys_block_;

  Mutex mutex_;
  CondVar changed_;
  std::set<FileKey> attaching_ ABSL_GUARDED_BY(mutex_);
  std::map<FileKey, int> hints_ ABSL_GUARDED_BY(mutex_);  // where a file was last seen; may be out of date
  std::map<int, Seen> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::host
