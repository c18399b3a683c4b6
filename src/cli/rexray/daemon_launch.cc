#include "cli/rexray/daemon_launch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>

#include "cli/rexray/terminal_text.h"

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::cli {

namespace {

constexpr size_t kMaxReadyLine = 4096;

std::vector<char*> ArgvOf(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));  // execv(3) does not write
  argv.push_back(nullptr);
  return argv;
}

std::vector<std::string> WithProgram(const LaunchRequest& request) {
  std::vector<std::string> words = {request.program};
  words.insert(words.end(), request.words.begin(), request.words.end());
  return words;
}

absl::StatusOr<UniqueFd> OpenLog(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  for (size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
    const std::string part = directory.substr(0, slash);
    if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return ErrnoError(errno, "mkdir " + part);
    if (slash == std::string::npos) break;
  }
  UniqueFd log(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!log.valid()) return ErrnoError(errno, "open " + path);
  return log;
}

/// Between fork and exec: only calls that are safe there. `report` is close-on-exec but for the daemon's
/// copy.
[[noreturn]] void RunChild(const std::vector<char*>& argv, int log, int ready) {
  setsid();
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int empty = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int output = log >= 0 ? log : empty;
  if (empty < 0 || dup2(empty, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || chdir("/") != 0)
    _exit(126);
  fcntl(ready, F_SETFD, 0);
  execv(argv[0], argv.data());
  const char* reason = strerrordesc_np(errno);
  const char* parts[] = {"cannot execute ", argv[0], ": ", reason == nullptr ? "unknown error" : reason,
                         "\n"};
  for (const char* part : parts) {
    if (write(ready, part, strlen(part)) < 0) break;
  }
  _exit(127);
}

/// The line that arrives on `fd`; nullopt when the other side is closed without one. DeadlineExceeded after
/// `patience`.
absl::StatusOr<std::optional<std::string>> ReadLine(int fd, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::string line;
  while (line.size() < kMaxReadyLine) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Error(absl::StatusCode::kDeadlineExceeded, "time-out");
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready < 0 && errno != EINTR) return ErrnoError(errno, "poll");
    if (ready <= 0) continue;
    char byte = 0;
    const ssize_t got = read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || byte == '\n') break;
    line += byte;
  }
  return line.empty() ? std::nullopt : std::optional<std::string>(line);
}

/// How our child ended; it closed its end of the pipe, so that it is about to.
std::string EndOf(pid_t pid) {
  constexpr int kPatienceMs = 5'000;
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  int status = 0;
  if (poll(&wait, 1, kPatienceMs) <= 0 || waitpid(pid, &status, WNOHANG) != pid) {
    return fmt::format("(PID {}) said nothing, and still runs,", pid);
  }
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::string> FindDaemonProgram() {
  std::vector<std::string> places;
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length > 0) {
    const std::string path(self, static_cast<size_t>(length));
    const std::string directory = path.substr(0, path.rfind('/'));
    places.push_back(directory + "/rexrayd");
    places.push_back(directory.substr(0, directory.rfind('/')) + "/sbin/rexrayd");
  }
  for (const char* place : {"/usr/sbin/rexrayd", "/usr/lib/rexray/rexrayd", "/usr/libexec/rexray/rexrayd"}) {
    places.emplace_back(place);
  }
  std::string looked;
  for (const std::string& place : places) {
    if (access(place.c_str(), X_OK) == 0) return place;
    looked += (looked.empty() ? "" : ", ") + place;
  }
  return Error(absl::StatusCode::kNotFound, "the daemon's program rexrayd is not installed; looked for {}",
               looked);
}

absl::Status BecomeDaemon(const LaunchRequest& request) {
  const std::vector<std::string> words = WithProgram(request);
  signal(SIGPIPE, SIG_DFL);
  execv(request.program.c_str(), ArgvOf(words).data());
  return ErrnoError(errno, "cannot execute " + request.program);
}

absl::StatusOr<pid_t> LaunchInBackground(const LaunchRequest& request) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "pipe2");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  std::vector<std::string> words = WithProgram(request);
  words.emplace_back("--ready-fd");
  words.push_back(std::to_string(theirs.get()));
  const std::vector<char*> argv = ArgvOf(words);
  ASSIGN_OR_RETURN(const UniqueFd log, OpenLog(request.log_file));

  const pid_t pid = fork();
  if (pid < 0) return ErrnoError(errno, "fork");
  if (pid == 0) RunChild(argv, log.get(), theirs.get());
  theirs.Reset();
  const absl::StatusOr<std::optional<std::string>> line = ReadLine(ours.get(), request.patience);
  if (!line.ok()) {
    return Error(absl::StatusCode::kDeadlineExceeded,
                 "the daemon (PID {}) is not ready after {} s and goes on starting; its log is {}", pid,
                 std::chrono::duration_cast<std::chrono::seconds>(request.patience).count(),
                 request.log_file);
  }
  if (!*line) {
    return Error(absl::StatusCode::kInternal, "the daemon {} before it was ready; its log is {}", EndOf(pid),
                 request.log_file);
  }
  if (**line == "READY") return pid;
  return Error(absl::StatusCode::kInternal, "{}", TerminalSafe(**line));
}

absl::StatusOr<int> RunToTheEnd(const std::vector<std::string>& argv) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0].c_str(), nullptr, &attributes, ArgvOf(argv).data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return ErrnoError(error, "cannot execute " + argv[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return ErrnoError(errno, "waitpid");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace rexray::cli
