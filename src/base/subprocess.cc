#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>

#include "base/bounded_output.h"
#include "base/command_text.h"
#include "base/logging.h"
#include "base/spawn_plan.h"
#include "base/status.h"
#include "base/thread.h"
#include "base/unique_fd.h"

namespace rexray {
namespace {

constexpr std::array<std::string_view, 4> kPath{"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;  ///< readable when the child has ended; -1 on kernels before 5.3
  UniqueFd out;
  UniqueFd err;
};

/// A descriptor that is not 0, 1 or 2, so that setting these three in the child cannot overwrite it.
absl::StatusOr<UniqueFd> AboveStandard(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.valid()) return ErrnoError(errno, "duplicating a descriptor");
  return moved;
}

struct Pipe {
  UniqueFd read;  ///< does not block
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe");
  Pipe pipe;
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  ASSIGN_OR_RETURN(pipe.read, AboveStandard(std::move(read)));
  ASSIGN_OR_RETURN(pipe.write, AboveStandard(std::move(write)));
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) return ErrnoError(errno, "setting up a pipe");
  return pipe;
}

/// A file in memory, not a pipe: nobody has to feed it, and a child that does not read it raises no SIGPIPE
/// here.
absl::StatusOr<UniqueFd> InputFile(std::string_view input) {
  if (input.empty()) {
    UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null.valid()) return ErrnoError(errno, "opening /dev/null");
    return AboveStandard(std::move(null));
  }
  UniqueFd file(::memfd_create("rexray-input", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoError(errno, "making a file in memory");
  for (size_t done = 0; done < input.size();) {
    const ssize_t n =
        ::pwrite(file.get(), input.data() + done, input.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "writing a file in memory");
    done += static_cast<size_t>(n);
  }
  return AboveStandard(std::move(file));
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string_view folder : kPath) {
    std::string path = fmt::format("{}/{}", folder, name);
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return ProgramNotFound(name);
}

absl::Status SpawnError(int error, const std::string& program) {
  // ENOENT can also mean that the interpreter of a script is missing.
  if (error == ENOENT && ::access(program.c_str(), F_OK) != 0) return ProgramNotFound(program);
  return ErrnoError(error, fmt::format("starting {}", program));
}

absl::StatusOr<Child> Spawn(const std::string& program, const Command& command) {
  ASSIGN_OR_RETURN(const UniqueFd in, InputFile(command.input));
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ASSIGN_OR_RETURN(Pipe err, MakePipe());
  SpawnPlan plan;
  plan.Give(in.get(), STDIN_FILENO);
  plan.Give(out.write.get(), STDOUT_FILENO);
  plan.Give(err.write.get(), STDERR_FILENO);
  std::string locale = "LC_ALL=C";
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  const std::array<char*, 3> environment{locale.data(), path.data(), nullptr};

  Child child;
  const int error = plan.Start(program, command.argv, environment.data(), child.pid);
  if (error != 0) return SpawnError(error, program);
  // Nobody but this thread reaps the child, so its pid is still its own.
  child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  child.out = std::move(out.read);
  child.err = std::move(err.read);
  return child;
}

/// From the start of a child to its result, or to the end of patience.
class Supervisor {
 public:
  Supervisor(const Command& command, Clock& clock, Duration grace, Child child)
      : command_(command),
        clock_(clock),
        grace_(grace),
        child_(std::move(child)),
        out_(command.output_limit),
        err_(command.output_limit) {}

  absl::StatusOr<CommandResult> Finish() {
    while (!HasEnded()) {
      const Duration left = TimeLeft();
      if (left <= Duration::zero()) {
        if (phase_ == Phase::kKilled) return GiveUp();
        Escalate();
        continue;
      }
      Listen(left);
    }
    // All that the child itself wrote is in the pipes by now. Do not wait for their end: a process that it
    // left behind may keep them open for ever.
    Drain(child_.out, out_);
    Drain(child_.err, err_);
    if (phase_ != Phase::kRunning)
      ::kill(-child_.pid, SIGKILL);  // the rest of its group, before the pid is free
    return Reap();
  }

 private:
  enum class Phase { kRunning, kTerminated, kKilled };

  bool HasEnded() const {
    siginfo_t info{};
    const int result = ::waitid(P_PID, static_cast<id_t>(child_.pid), &info, WEXITED | WNOHANG | WNOWAIT);
    return result != 0 ? errno == ECHILD : info.si_pid == child_.pid;
  }

  Duration TimeLeft() const {
    if (phase_ == Phase::kRunning) return command_.deadline.Remaining(clock_);
    return phase_ends_ - std::chrono::steady_clock::now();
  }

  void Escalate() {
    const bool first = phase_ == Phase::kRunning;
    phase_ = first ? Phase::kTerminated : Phase::kKilled;
    phase_ends_ = std::chrono::steady_clock::now() + grace_;
    ::kill(-child_.pid, first ? SIGTERM : SIGKILL);
  }

  void Listen(Duration left) {
    if (!child_.pidfd.valid()) left = std::min<Duration>(left, std::chrono::milliseconds(10));
    std::array<pollfd, 3> fds{
        {{child_.out.get(), POLLIN, 0},  // poll(2) passes over a closed one, which is -1
         {child_.err.get(), POLLIN, 0},
         {child_.pidfd.get(), POLLIN, 0}}};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec wait{seconds.count(), (left - seconds).count()};
    if (::ppoll(fds.data(), fds.size(), left == Duration::max() ? nullptr : &wait, nullptr) <= 0) return;
    if (fds[0].revents != 0) Drain(child_.out, out_);
    if (fds[1].revents != 0) Drain(child_.err, err_);
  }

  /// Reads what is there, but never more than a pipe can hold at once, so that a chatty writer cannot keep us
  /// here.
  static void Drain(UniqueFd& pipe, BoundedOutput& output) {
    constexpr size_t kMostInPipe = 1024 * 1024;
    std::array<char, 16 * 1024> buffer;
    for (size_t done = 0; pipe.valid() && done < kMostInPipe;) {
      const ssize_t n = ::read(pipe.get(), buffer.data(), buffer.size());
      if (n > 0) {
        output.Append({buffer.data(), static_cast<size_t>(n)});
        done += static_cast<size_t>(n);
      } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        pipe.Reset();
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

  absl::StatusOr<CommandResult> Reap() {
    int status = 0;
    pid_t reaped = 0;
    do {
      reaped = ::waitpid(child_.pid, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    if (phase_ != Phase::kRunning) return TimedOut("and was stopped");
    if (reaped < 0) {  // the host program ignores SIGCHLD, or reaps what is not its own
      return ErrnoError(errno, fmt::format("asking how `{}` ended", QuoteForDisplay(command_.argv)));
    }
    CommandResult result{WIFEXITED(status) ? WEXITSTATUS(status) : -1, out_.Text(), err_.Text()};
    LogDebug("command ended", {{"pid", std::to_string(child_.pid)}, {"wait_status", std::to_string(status)}});
    if (WIFSIGNALED(status)) return KilledBySignal(command_, WTERMSIG(status), result.out, result.err);
    return CheckExitCode(command_, std::move(result));
  }

  absl::Status GiveUp() {
    absl::StatusOr<std::thread> reaper = TryStartThread("reaper", [pid = child_.pid] {
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
      LogInfo("a command that would not end has ended at last", {{"pid", std::to_string(pid)}});
    });
    if (reaper.ok()) {
      reaper->detach();
    } else {
      LogWarn("nobody will reap a command that does not end", {{"pid", std::to_string(child_.pid)}});
    }
    return TimedOut(
        fmt::format("and cannot be ended: process {} waits in the kernel, most likely for a disk or a server "
                    "that does not answer "
                    "(see /proc/{}/stack)",
                    child_.pid, child_.pid));
  }

  absl::Status TimedOut(std::string_view what_then) const {
    return Error(absl::StatusCode::kDeadlineExceeded, "`{}` did not finish in time {}{}",
                 QuoteForDisplay(command_.argv), what_then, LastOutput(out_.Text(), err_.Text()));
  }

  const Command& command_;
  Clock& clock_;
  const Duration grace_;
  Child child_;
  BoundedOutput out_;
  BoundedOutput err_;
  Phase phase_ = Phase::kRunning;
  std::chrono::steady_clock::time_point phase_ends_;
};

}  // namespace

absl::StatusOr<CommandResult> ProcessRunner::Run(const Command& command) {
  if (command.argv.empty() || command.argv[0].empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "a command without a program");
  }
  for (const std::string& word : command.argv) {
    if (word.find('\0') != std::string::npos) {
      return Error(absl::StatusCode::kInvalidArgument, "an argument of {} holds a NUL byte", command.argv[0]);
    }
  }
  ASSIGN_OR_RETURN(const std::string program, FindProgram(command.argv[0]));
  if (command.deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "`{}` was not started: no time was left for it",
                 QuoteForDisplay(command.argv));
  }
  ASSIGN_OR_RETURN(Child child, Spawn(program, command));
  if (GetLogLevel() == LogLevel::kDebug) {
    LogDebug("command started",
             {{"pid", std::to_string(child.pid)}, {"command", QuoteForDisplay(command.argv)}});
  }
  return Supervisor(command, clock_, grace_, std::move(child)).Finish();
}

}  // namespace rexray
