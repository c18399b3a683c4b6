#include "cli/rexray/pid_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/pid_file.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

/// The start of a small file. nullopt and errno when it cannot be read.
std::optional<std::string> ReadSmall(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  char buffer[4096];
  const ssize_t got = read(file.get(), buffer, sizeof buffer);
  if (got < 0) return std::nullopt;
  return std::string(buffer, static_cast<size_t>(got));
}

}  // namespace

absl::StatusOr<std::optional<RunningDaemon>> FindDaemon(const std::string& pid_file) {
  const std::optional<std::string> text = ReadSmall(pid_file);
  if (!text && errno == ENOENT) return std::optional<RunningDaemon>();
  if (!text) return ErrnoError(errno, "Error reading REX-Ray PID file at " + pid_file);
  if (text->empty())
    return std::optional<RunningDaemon>();  // one that is just starting writes it under its lock
  const std::optional<ProcessId> written = ParsePidFile(*text);
  if (!written) {
    return Error(
        absl::StatusCode::kDataLoss,
        "Error reading REX-Ray PID file at {}: it does not hold a pid and a start time; remove it when no "
        "rexrayd runs",
        pid_file);
  }
  // First the descriptor, then the start time: if the pid is used anew in between, the time differs.
  RunningDaemon daemon;
  daemon.pid = written->pid;
  daemon.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, daemon.pid, 0)));
  if (!daemon.pidfd.valid() && errno != ESRCH)
    return ErrnoError(errno, fmt::format("pidfd_open({})", daemon.pid));
  const absl::StatusOr<ProcessId> there = ProcessOf(daemon.pid);
  if (!daemon.pidfd.valid() || !there.ok() || *there != *written) return std::optional<RunningDaemon>();
  return std::optional<RunningDaemon>(std::move(daemon));
}

absl::Status StopDaemon(const RunningDaemon& daemon, std::chrono::milliseconds patience) {
  if (syscall(SYS_pidfd_send_signal, daemon.pidfd.get(), SIGTERM, nullptr, 0) != 0) {
    if (errno == ESRCH) return absl::OkStatus();
    return ErrnoError(errno, fmt::format("the daemon at PID {} cannot be told to stop", daemon.pid));
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd wait{.fd = daemon.pidfd.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return ErrnoError(errno, "poll");
  }
  return Error(
      absl::StatusCode::kDeadlineExceeded,
      "the daemon at PID {} is still finishing what was under way after {} s; its log says what that is",
      daemon.pid, std::chrono::duration_cast<std::chrono::seconds>(patience).count());
}

}  // namespace rexray::cli
