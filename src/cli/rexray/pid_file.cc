#include "cli/rexray/pid_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

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

/// The next blank-separated word, taken off the front.
std::string_view TakeWord(std::string_view* text) {
  const size_t begin = std::min(text->find_first_not_of(" \n\t"), text->size());
  const size_t end = std::min(text->find_first_of(" \n\t", begin), text->size());
  const std::string_view word = text->substr(begin, end - begin);
  text->remove_prefix(end);
  return word;
}

template <typename Number>
bool Parse(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

struct ProcessState {
  char state = '?';
  uint64_t start_time = 0;
};

/// proc(5): "PID (COMM) STATE …", COMM may hold anything; STARTTIME is field 22.
std::optional<ProcessState> StateOf(pid_t pid) {
  const std::optional<std::string> stat = ReadSmall(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  const size_t after_name = stat->rfind(')');
  if (after_name == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*stat).substr(after_name + 1);
  ProcessState out;
  const std::string_view state = TakeWord(&rest);
  if (state.size() != 1) return std::nullopt;
  out.state = state[0];
  std::string_view word;
  for (int field = 4; field <= 22; ++field) word = TakeWord(&rest);
  if (!Parse(word, &out.start_time)) return std::nullopt;
  return out;
}

}  // namespace

absl::StatusOr<std::optional<RunningDaemon>> FindDaemon(const std::string& pid_file) {
  const std::optional<std::string> text = ReadSmall(pid_file);
  if (!text && errno == ENOENT) return std::optional<RunningDaemon>();
  if (!text) return ErrnoError(errno, "Error reading REX-Ray PID file at " + pid_file);
  if (text->empty())
    return std::optional<RunningDaemon>();  // one that is just starting writes it under its lock
  std::string_view rest = *text;
  RunningDaemon daemon;
  uint64_t start_time = 0;
  const bool sound =
      Parse(TakeWord(&rest), &daemon.pid) && daemon.pid > 0 && Parse(TakeWord(&rest), &start_time);
  if (!sound) {
    return Error(
        absl::StatusCode::kDataLoss,
        "Error reading REX-Ray PID file at {}: it does not hold a pid and a start time; remove it when no "
        "rexrayd runs",
        pid_file);
  }
  // First the descriptor, then the start time: if the pid is used anew in between, the time differs.
  daemon.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, daemon.pid, 0)));
  if (!daemon.pidfd.valid() && errno != ESRCH)
    return ErrnoError(errno, fmt::format("pidfd_open({})", daemon.pid));
  const std::optional<ProcessState> state = daemon.pidfd.valid() ? StateOf(daemon.pid) : std::nullopt;
  if (!state || state->start_time != start_time || state->state == 'Z' || state->state == 'X') {
    return std::optional<RunningDaemon>();
  }
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
