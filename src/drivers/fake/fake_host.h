#pragma once

// A Linux node in memory: block devices, a mount table, file systems. Needs no root and no kernel; quick
// enough for thousands of mounts in one unit test. It refuses what the kernel refuses (a busy umount, a wrong
// file system type, a device that is in use), so that tests see the engine's mistakes.
//
// Devices come from three sides: Plug (a test, or a FakeCloud's attach), AttachLoop (over a *real* regular
// file, whose inode and size count, so that drivers/local runs on it without root), and nothing else.
//
// Calls for calls().FailNext and friends, with their subject: AttachLoop (file), FindLoop, ListLoops,
// SetAutoclear, DetachLoop, RefreshLoopSize, Probe, SizeOf, NumberOf, CheckUnused (device), Mount, Unmount,
// UnmountLazily, HoldersOf, Freeze, Thaw, UsageOf (mount point), List, Make, Check, Grow, NewUuid,
// CheckPresent, ReadBlock (device), Count.
//
// Thread-safe.

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "drivers/fake/call_script.h"
#include "drivers/fake/fake_disk.h"
#include "host/block_devices.h"
#include "host/file_systems.h"
#include "host/linux_host.h"
#include "host/mounter.h"

namespace rexray::drivers::fake {

class FakeHost final : public host::BlockDevices,
                       public host::Mounter,
                       public host::FileSystems,
                       public host::DeviceWatch,
                       public host::MountUsers {
 public:
  struct Options {
    /// Empty: mounts are lines in a table only. Else a directory on the same real file system as the mount
    /// points: Mount moves the disk's directory over the mount point by rename(2), Unmount moves it back, so
    /// files that are written below a mount point go with the disk, even to another FakeHost.
    std::string data_root{};
    /// Mount refuses a mount point that is no directory of the real machine, as the kernel does.
    bool targets_must_exist = true;
  };
  explicit FakeHost(Clock& clock);
  FakeHost(Clock& clock, Options options);
  ~FakeHost() override;

  host::Host AsHost();
  CallScript& calls() { return calls_; }

  // --- for tests ---

  /// A device appears. Replaces one of the same path.
  void Plug(const std::string& path, std::shared_ptr<FakeDisk> disk);
  /// It is gone, mounted or not: mounts stay in the table, as they do when a cloud tears a disk away. Who
  /// listens is told.
  void Unplug(const std::string& path);
  /// Unplug does nothing: a backend that has ended an attachment, and a kernel that knows nothing of it yet.
  void KeepDevices(bool keep) { keep_devices_ = keep; }
  /// A removal that is told and did not happen.
  void TellRemoval(const std::string& path);
  bool HasDevice(const std::string& path) const;
  std::vector<std::string> Devices() const;

  /// What is on a device. A device that is not there ends the test program.
  DiskContent ContentOf(const std::string& device) const;
  void SetContent(const std::string& device, DiskContent content);

  /// Somebody we cannot see keeps the device open: CheckUnused and DetachLoop fail, autoclear waits. Empty =
  /// let go.
  void HoldDevice(const std::string& device, const std::string& by);
  /// These processes use what is mounted at `target`: Unmount is busy. Empty = nobody.
  void SetMountHolders(const std::string& target, std::vector<host::MountHolder> holders);
  /// Who has what is mounted at `target` in a mount namespace of its own (Count). Empty = nobody.
  void SetMountUses(const std::string& target, std::vector<host::MountUse> uses);
  /// What Count could not look at; "" = it saw all.
  void SetCensusGap(const std::string& gap);
  void SetSeesEveryProcess(absl::Status status);
  /// The next Make dies half-way: `status`, and a device that holds something unknown.
  void FailNextMakeHalfway(absl::Status status);
  /// GrowsMounted's answer, for all file systems; Grow of a mounted one is PermissionDenied then.
  void SetGrowsMounted(bool grows_mounted) { grows_mounted_ = grows_mounted; }
  /// A mount that another program made.
  void AddMount(host::MountEntry entry);

  /// Mount points that are frozen now. Nothing thaws them but Thaw.
  std::vector<std::string> Frozen() const;
  /// What UsageOf says of every mounted file system.
  void SetUsage(host::FileSystemUsage usage);

  /// CheckUnused without the script: OK also for a device that is not there.
  absl::Status PeekUnused(const std::string& device) const;
  /// Where the device is mounted, oldest first.
  std::vector<std::string> TargetsOf(const std::string& device) const;
  std::optional<host::MountEntry> MountAt(const std::string& target) const;
  /// The requests of all mounts that succeeded, in order.
  std::vector<host::MountRequest> MountRequests() const;
  /// The MakeOptions of all Make calls that succeeded, by device.
  std::vector<std::pair<std::string, host::MakeOptions>> MakeRequests() const;

  // --- host::BlockDevices ---
  absl::StatusOr<host::LoopDevice> AttachLoop(const std::string& path, bool read_only,
                                              Deadline deadline) override;
  absl::StatusOr<std::optional<host::LoopDevice>> FindLoop(const host::FileIdentity& backing) override;
  absl::StatusOr<std::vector<host::LoopDevice>> ListLoops() override;
  absl::Status SetAutoclear(const std::string& device, bool autoclear) override;
  absl::Status DetachLoop(const std::string& device, const host::FileIdentity& backing,
                          Deadline deadline) override;
  absl::Status RefreshLoopSize(const std::string& device) override;
  absl::StatusOr<host::ProbeResult> Probe(const std::string& device) override;
  absl::StatusOr<uint64_t> SizeOf(const std::string& device) override;
  absl::StatusOr<dev_t> NumberOf(const std::string& device) override;
  absl::Status CheckUnused(const std::string& device) override;

  // --- host::Mounter ---
  absl::Status Mount(const host::MountRequest& request) override;
  absl::Status Unmount(const std::string& target) override;
  absl::Status UnmountLazily(const std::string& target) override;
  absl::StatusOr<std::vector<host::MountEntry>> List() override;
  std::vector<host::MountHolder> HoldersOf(const std::string& target, size_t limit) override;

  // --- host::FileSystems ---
  absl::Status Make(const std::string& device, const host::MakeOptions& options) override;
  absl::Status Check(const std::string& device, const std::string& fs_type, Deadline deadline) override;
  absl::Status Grow(const std::string& device, const std::string& fs_type, const std::string& mount_point,
                    Deadline deadline) override;
  absl::Status NewUuid(const std::string& device, const std::string& fs_type, Deadline deadline) override;
  absl::StatusOr<int64_t> Freeze(const std::string& mount_point, int64_t owner, Deadline thaw_at,
                                 Deadline deadline) override;
  absl::Status Thaw(const std::string& mount_point, int64_t guard) override;
  absl::StatusOr<host::FileSystemUsage> UsageOf(const std::string& mount_point) override;
  bool GrowsMounted(const std::string& /*fs_type*/) const override { return grows_mounted_; }
  std::vector<std::string> DefaultMountOptions(const std::string& fs_type) const override;

  // --- host::DeviceWatch ---
  uint64_t Subscribe(Listener listener) override;
  void Unsubscribe(uint64_t subscription) override;
  absl::Status CheckPresent(const std::string& path, dev_t number) override;
  absl::Status ReadBlock(const std::string& path, Deadline deadline) override;

  // --- host::MountUsers ---
  absl::StatusOr<host::MountCensus> Count(const std::vector<host::WatchedMount>& watched) override;
  absl::Status SeesEveryProcess() override;

 private:
  struct Device {
    std::string path;
    dev_t number = 0;
    std::shared_ptr<FakeDisk> disk;
    std::optional<host::LoopDevice> loop;
    std::string held_by;
  };
  struct MountRecord {
    host::MountEntry entry;
    std::shared_ptr<FakeDisk> disk;  ///< null for bind mounts and AddMount
    std::string moved_aside;         ///< the mount point's own directory, where files move (data_root)
  };

  absl::StatusOr<host::LoopDevice> DoAttachLoop(const std::string& path, bool read_only);
  absl::Status DoDetachLoop(const std::string& device, const host::FileIdentity& backing);
  absl::Status DoRefreshLoopSize(const std::string& device);
  absl::StatusOr<host::ProbeResult> DoProbe(const std::string& device);
  absl::Status DoMount(const host::MountRequest& request);
  absl::Status DoBindMount(const host::MountRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status DoUnmount(const std::string& target, bool lazily);
  absl::Status DoMake(const std::string& device, const host::MakeOptions& options);
  absl::Status DoCheck(const std::string& device, const std::string& fs_type);
  absl::Status DoGrow(const std::string& device, const std::string& fs_type, const std::string& mount_point);

  void Tell(const host::DeviceRemoval& removal);
  absl::StatusOr<Device*> Find(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsMounted(dev_t number) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status InUse(const Device& device) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<MountRecord>::iterator TopMount(const std::string& target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MoveFilesIn(MountRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MoveFilesOut(const MountRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropIfAutoclear(dev_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const Options options_;
  CallScript calls_;
  mutable Mutex mutex_;
  std::map<std::string, Device> devices_ ABSL_GUARDED_BY(mutex_);
  /// What was written to a file stays in it when its loop device goes.
  std::map<std::pair<dev_t, ino_t>, std::shared_ptr<FakeDisk>> file_disks_ ABSL_GUARDED_BY(mutex_);
  std::vector<MountRecord> mounts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<host::MountHolder>> holders_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> half_made_ ABSL_GUARDED_BY(mutex_);
  std::vector<host::MountRequest> mount_requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, host::MakeOptions>> make_requests_ ABSL_GUARDED_BY(mutex_);
  unsigned next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::set<std::string> frozen_ ABSL_GUARDED_BY(mutex_);
  host::FileSystemUsage usage_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> grows_mounted_ = true;
  std::map<std::string, std::vector<host::MountUse>> uses_ ABSL_GUARDED_BY(mutex_);
  std::string census_gap_ ABSL_GUARDED_BY(mutex_);
  absl::Status sees_all_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> keep_devices_ = false;
  Mutex listeners_mutex_;  // held while listeners run; never together with mutex_
  std::map<uint64_t, Listener> listeners_ ABSL_GUARDED_BY(listeners_mutex_);
  uint64_t next_listener_ ABSL_GUARDED_BY(listeners_mutex_) = 1;
  int next_mount_id_ ABSL_GUARDED_BY(mutex_) = 100;
  int next_directory_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace rexray::drivers::fake
