#include "host/freeze.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/status.h"
#include "base/unique_fd.h"
#include "host/kernel_file.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

constexpr char kGuardName[] = "freeze-guard";

absl::StatusOr<UniqueFd> OpenRoot(const std::string& mount_point) {
  UniqueFd fd(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + mount_point);
  return fd;
}

// The child of a program with threads: system calls only, no memory, no locks.
[[noreturn]] void Guard(int file_system, int report, int owner, int64_t milliseconds) {
  ::prctl(PR_SET_NAME, kGuardName);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);  // SIGTERM to a whole cgroup must not end it while it is needed
  int error = ::ioctl(file_system, FIFREEZE, 0) == 0 ? 0 : errno;
  const bool told = ::write(report, &error, sizeof error) == static_cast<ssize_t>(sizeof error);
  ::close(report);
  if (error != 0) ::_exit(1);
  if (told) {
    pollfd ended{owner, POLLIN, 0};
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t end = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000 + milliseconds;
    for (int64_t left = milliseconds; left > 0;) {
      if (::poll(&ended, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30))) != 0) break;
      ::clock_gettime(CLOCK_MONOTONIC, &now);
      left = end - (int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000);
    }
  }
  ::ioctl(file_system, FITHAW, 0);
  ::_exit(0);
}

absl::Status FreezeError(int error, const std::string& mount_point) {
  const std::string what = "cannot freeze " + mount_point;
  if (error == EBUSY) return Error(StatusCode::kFailedPrecondition, "{}: it is frozen already", what);
  if (error == EPERM) return Error(StatusCode::kPermissionDenied, "{}: freezing needs root", what);
  if (error == EOPNOTSUPP || error == ENOTTY) {
    return Error(StatusCode::kUnimplemented, "{}: its file system cannot be frozen", what);
  }
  return ErrnoError(error, what);
}

/// Milliseconds until `deadline`, from 0 to a day.
int64_t Milliseconds(Deadline deadline, Clock& clock) {
  constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);
  if (deadline.IsNever()) return kDay.count();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.Remaining(clock));
  return std::clamp<int64_t>(left.count(), 0, kDay.count());
}

void Reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// A guard that has done its work, or is not needed any more. Its number may be another process's by now.
void EndGuard(int64_t guard) {
  if (guard <= 0) return;
  const auto pid = static_cast<pid_t>(guard);
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle.valid()) return;
  if (TryReadLine(fmt::format("/proc/{}/comm", pid)) != kGuardName) return;
  (void)::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
  (void)::waitpid(pid, nullptr, 0);  // ECHILD when another process of ours was asked to freeze
}

}  // namespace

absl::StatusOr<int64_t> FreezeFileSystem(Clock& clock, const std::string& mount_point, int64_t owner,
                                         Deadline thaw_at, Deadline deadline) {
  ASSIGN_OR_RETURN(const UniqueFd root, OpenRoot(mount_point));
  const UniqueFd owner_handle(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(owner), 0)));
  if (!owner_handle.valid()) return ErrnoError(errno, fmt::format("cannot watch process {}", owner));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe");
  UniqueFd report(ends[0]);
  UniqueFd reporter(ends[1]);
  const int64_t lifetime = Milliseconds(thaw_at, clock);

  const pid_t pid = ::fork();
  if (pid < 0) return ErrnoError(errno, "cannot start a process that freezes " + mount_point);
  if (pid == 0) {
    // Nothing of the daemon's stays open in it: no socket, no lock.
    const int fds[3] = {root.get(), reporter.get(), owner_handle.get()};
    int kept[3];
    for (int i = 0; i < 3; ++i) kept[i] = ::fcntl(fds[i], F_DUPFD, 1000 + i);
    for (int i = 0; i < 3; ++i) ::dup2(kept[i], i);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    ::signal(SIGPIPE, SIG_IGN);
    Guard(0, 1, 2, lifetime);
  }
  reporter.Reset();
  pollfd ready{report.get(), POLLIN, 0};
  int polled = 0;
  do {
    polled = ::poll(&ready, 1, static_cast<int>(std::min<int64_t>(Milliseconds(deadline, clock), 1 << 30)));
  } while (polled < 0 && errno == EINTR);
  if (polled == 0) {
    return Error(StatusCode::kDeadlineExceeded,
                 "{} did not freeze in time: something that writes to it, or its disk, does not come to an "
                 "end; it goes on unfrozen",
                 mount_point);
  }
  int error = 0;
  if (::read(report.get(), &error, sizeof error) != static_cast<ssize_t>(sizeof error)) {
    Reap(pid);
    return Error(StatusCode::kInternal, "the process that was to freeze {} was ended", mount_point);
  }
  if (error == 0) return int64_t{pid};
  Reap(pid);
  return FreezeError(error, mount_point);
}

absl::Status ThawFileSystem(const std::string& mount_point, int64_t guard) {
  absl::StatusOr<UniqueFd> root = OpenRoot(mount_point);
  absl::Status status = root.status();
  if (root.ok() && ::ioctl(root->get(), FITHAW, 0) != 0) {
    status = errno == EINVAL
                 ? Error(StatusCode::kFailedPrecondition, "{} is not frozen any more", mount_point)
                 : ErrnoError(errno, "cannot thaw " + mount_point);
  }
  // Only a guard that is not needed any more is ended: otherwise it still thaws in time.
  if (status.ok() || absl::IsFailedPrecondition(status)) EndGuard(guard);
  return status;
}

}  // namespace rexray::host
