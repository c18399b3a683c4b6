#pragma once

// Processes that make the calls of the host which can hang: mount(2), umount(2), open and probe of a device,
// LOOP_*, mkfs, fsck, freezing. A thread that waits in the kernel for a dying disk cannot be ended, not even
// by SIGKILL, and keeps its whole process half alive: sockets, locks, the pid file. So such a thread is a
// process of its own. It is this program again (posix_spawn of /proc/self/exe), holds one socket to the
// daemon and nothing else of it, and makes one call at a time. When the daemon is killed, the helpers that
// are idle go at once and one that hangs goes when its call returns; neither keeps a new daemon from
// starting.
//
// But what a killed daemon's helper still does must not come after the new daemon has looked at what there
// is: a device attached then, or a file system made, would be explained by nobody. So each helper has a
// shared flock(2) on one file for as long as it lives, a new daemon waits for all of them (TakeOver), and a
// helper whose daemon is gone begins nothing any more. One that hangs for long keeps only those volumes
// waiting that its daemon was doing something with (VolumeEngine::Recover): its lock file is set aside
// (helpers.lock.N) and looked at again and again (FormerEnded).
//
//   daemon thread --call--> helper 1: mount(2)            returns at once, helper goes back to the idle ones
//   daemon thread --call--> helper 2: umount(2) ......    hangs: this thread alone waits (interruptibly)
//
// A helper costs about a millisecond of posix_spawn once, and some 20 µs a call. Idle ones are kept, a few at
// most.

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/unique_fd.h"

namespace rexray::host {

/// What a helper is started with. It finds its socket as descriptor kHelperSocket and calls ServeHelper
/// (serve_helper.h).
struct HelperProgram {
  std::string path;
  std::vector<std::string> argv;  ///< as `ps` shows it
};

/// Thread-safe. Outlives every call. The destructor ends the idle helpers; no call may be under way.
class HelperPool {
 public:
  explicit HelperPool(HelperProgram program) : program_(std::move(program)) {}
  ~HelperPool();
  HelperPool(const HelperPool&) = delete;
  HelperPool& operator=(const HelperPool&) = delete;

  /// Before the first helper, and by one daemon at a time: waits until those of a former daemon have ended.
  /// `lock_file` (made when it is missing) is what the helpers of this pool are known by to the next.
  /// DeadlineExceeded when one hangs still: what it does may take effect later, and FormerEnded tells when
  /// not any more. Other errors: the file cannot be used.
  absl::Status TakeOver(const std::string& lock_file, Clock& clock, Deadline deadline);

  /// After TakeOver: Unavailable for as long as a helper of a former daemon may act.
  absl::Status FormerEnded();

  /// Starts one helper now, so that the first call does not wait for it.
  absl::Status WarmUp();

  /// Has `request` (calls.h) served, and returns the answer; waits for as long as the call takes.
  /// ResourceExhausted when no helper can be started; Unavailable when the helper ended before it answered:
  /// then it is not known whether the call took effect.
  absl::StatusOr<std::string> Ask(const std::string& request);

  /// Those that serve a call now.
  int Busy() const;

 private:
  static constexpr size_t kMostIdle = 4;

  struct Helper {
    pid_t pid = -1;
    UniqueFd socket;
  };

  /// What the helpers of a former daemon hold locked.
  struct FormerLock {
    std::string path;
    UniqueFd fd;
  };

  static absl::StatusOr<std::vector<FormerLock>> FindFormer(const std::string& lock_file);
  absl::Status SetFormerAside();
  absl::StatusOr<Helper> Spawn() const;
  absl::StatusOr<Helper> Acquire();
  void Release(Helper helper);
  static void End(Helper helper);

  const HelperProgram program_;
  std::string lock_file_;  ///< "" = none; set before the first helper
  mutable Mutex mutex_;
  std::vector<Helper> idle_ ABSL_GUARDED_BY(mutex_);  ///< used from the back: that one is warm
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<FormerLock> former_ ABSL_GUARDED_BY(mutex_);
};

/// Where a helper finds its socket, and the file to lock, if there is one.
inline constexpr int kHelperSocket = 3;
inline constexpr int kHelperLock = 4;

// Messages on that socket: the length as uint64_t, then the bytes. False: the other end is gone.
bool SendMessage(int socket, const std::string& message);
bool ReceiveMessage(int socket, std::string& message);

}  // namespace rexray::host
