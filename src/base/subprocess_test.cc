#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/bounded_output.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"
#include "base/thread.h"
#include "base/unique_fd.h"

namespace rexray {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Perl is on every Debian (perl-base is essential), and can do to itself all that a child can do.
std::vector<std::string> Perl(std::string program) {
  return {"perl", "-e", std::move(program)};
}

std::string Message(const absl::StatusOr<CommandResult>& result) {
  return std::string(MessageOf(result.status()));
}

int OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

/// Waits for the end of a process that is not our child. False after ten seconds.
bool Ends(pid_t pid) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) return errno == ESRCH;
  pollfd fd{pidfd.get(), POLLIN, 0};
  return ::poll(&fd, 1, 10'000) == 1;
}

/// The number that `text` begins with.
pid_t Pid(std::string_view text) {
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  EXPECT_GT(pid, 1) << text;
  return pid;
}

class SubprocessTest : public testing::Test {
 protected:
  SubprocessTest() { open_before_ = OpenDescriptors(); }
  ~SubprocessTest() override {
    // Whatever happened: no child is left, neither running nor dead, and no descriptor.
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(OpenDescriptors(), open_before_);
  }

  Deadline Soon() const { return Deadline::After(clock_, milliseconds(100)); }

  Clock& clock_ = SystemClock::Get();
  ProcessRunner runner_{clock_, milliseconds(100)};
  int open_before_ = 0;
};

TEST_F(SubprocessTest, OutErrAndExitCodeComeBack) {
  const auto result = runner_.Run(
      {.argv = Perl("print 'to out'; print STDERR 'to err'; exit 3"), .accepted_exit_codes = {0, 3}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, "to out");
  EXPECT_EQ(result->err, "to err");
}

TEST_F(SubprocessTest, AnUnexpectedExitCodeTellsTheStory) {
  const auto result = runner_.Run({.argv = Perl("print STDERR \"$_\\n\" for 1..9; exit 4")});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Message(result), StartsWith("`perl -e 'print STDERR"));
  EXPECT_THAT(Message(result), EndsWith("failed with exit code 4; its last words: 5; 6; 7; 8; 9"));
  EXPECT_THAT(Message(runner_.Run({.argv = Perl("print 'only out'; exit 1")})),
              EndsWith("last words: only out"));
  EXPECT_THAT(Message(runner_.Run({.argv = {"false"}})),
              EndsWith("`false` failed with exit code 1; it printed nothing"));
}

TEST_F(SubprocessTest, ASignalIsAnErrorThatNamesIt) {
  const auto result =
      runner_.Run({.argv = Perl("print STDERR 'before'; kill 9, $$"), .accepted_exit_codes = {0, -1}});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Message(result), HasSubstr("was ended by signal 9 (SIGKILL); its last words: before"));
}

TEST_F(SubprocessTest, AMissingProgramIsNamedWithItsPackage) {
  const auto plain = runner_.Run({.argv = {"no-such-program"}});
  EXPECT_EQ(plain.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(plain), "program \"no-such-program\" is not installed");
  const std::pair<std::string, std::string> table[] = {
      {"mkfs.ext4", "e2fsprogs"}, {"resize2fs", "e2fsprogs"},   {"e2fsck", "e2fsprogs"},
      {"mkfs.xfs", "xfsprogs"},   {"xfs_growfs", "xfsprogs"},   {"xfs_admin", "xfsprogs"},
      {"btrfs", "btrfs-progs"},   {"btrfstune", "btrfs-progs"},
  };
  for (const auto& [program, package] : table) {
    const auto result = runner_.Run({.argv = {"/nonexistent/" + program}});
    EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(Message(result), EndsWith("install the package " + package));
  }
}

TEST_F(SubprocessTest, WhatCannotBeExecutedSaysWhy) {
  EXPECT_EQ(runner_.Run({.argv = {"/etc/passwd"}}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(runner_.Run({.argv = {"/etc"}}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(runner_.Run({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(runner_.Run({.argv = {""}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(runner_.Run({.argv = {"echo", std::string("a\0b", 3)}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SubprocessTest, ArgumentsArriveAsTheyAre) {
  const auto result = runner_.Run({.argv = {"printf", "<%s>", "", "a b", "$HOME;`id`", "ünï"}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out, "<><a b><$HOME;`id`><ünï>");
}

TEST_F(SubprocessTest, TheEnvironmentIsFixed) {
  ::setenv("REXRAY_LEAK", "secret", 1);
  const auto result = runner_.Run({.argv = {"env"}});
  ::unsetenv("REXRAY_LEAK");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out, "LC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
}

TEST_F(SubprocessTest, TheInputIsReadToItsEnd) {
  EXPECT_EQ(runner_.Run({.argv = {"cat"}})->out, "");
  std::string input;
  for (int i = 0; i < 100'000; ++i) input += std::to_string(i);
  const auto result = runner_.Run({.argv = {"cat"}, .input = input, .output_limit = input.size()});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->out == input);
}

TEST_F(SubprocessTest, AnInputThatNobodyReadsIsNoTrouble) {
  EXPECT_TRUE(runner_.Run({.argv = {"true"}, .input = std::string(4'000'000, 'x')}).ok());
}

TEST_F(SubprocessTest, TheChildHasNoDescriptorOfOurs) {
  const UniqueFd careless(::open("/dev/null", O_RDONLY));  // no O_CLOEXEC, as a library might
  const auto result = runner_.Run({.argv = {"ls", "/proc/self/fd"}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->out, "0\n1\n2\n3\n");  // 3 is the folder that ls itself reads
}

TEST_F(SubprocessTest, TheChildStartsWithPlainSignals) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  const auto result = runner_.Run({.argv = {"grep", "^Sig\\(Blk\\|Ign\\)", "/proc/self/status"}});
  ::signal(SIGPIPE, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  // Signals 32 and 33 are glibc's own: posix_spawn ignores them in every child.
  EXPECT_EQ(result->out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n");
}

TEST_F(SubprocessTest, TheChildLeadsAGroupOfItsOwn) {
  EXPECT_EQ(runner_.Run({.argv = Perl("print getpgrp() == $$ ? 'leads' : 'follows'")})->out, "leads");
}

TEST_F(SubprocessTest, TooMuchOutputLosesItsMiddle) {
  const auto result =
      runner_.Run({.argv = Perl("print 'a' x 5e5, 'z' x 5e5; print STDERR 'e' x 10"), .output_limit = 100});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->out, std::string(50, 'a') + "\n[... 999900 bytes left out ...]\n" + std::string(50, 'z'));
  EXPECT_EQ(result->err, "eeeeeeeeee");
}

TEST_F(SubprocessTest, ADeadlineEndsTheChild) {
  const auto result = runner_.Run({.argv = Perl("$| = 1; print \"$$\\n\"; sleep 1000"), .deadline = Soon()});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(Message(result), HasSubstr("did not finish in time and was stopped"));
}

TEST_F(SubprocessTest, AChildThatIgnoresSigtermIsKilled) {
  const auto result = runner_.Run(
      {.argv = Perl("$SIG{TERM} = 'IGNORE'; print 'deaf'; close STDOUT; sleep 1000"), .deadline = Soon()});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SubprocessTest, ADeadlineEndsTheWholeGroup) {
  // The child obeys SIGTERM; what it started does not.
  const auto result = runner_.Run(
      {.argv = Perl("$| = 1; pipe(R, W); if (my $p = fork) { close W; <R>; print \"$p\\n\"; sleep 1000 }"
                    "$SIG{TERM} = 'IGNORE'; close W; sleep 1000"),
       .deadline = Deadline::After(clock_, milliseconds(500))});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  const std::string message = Message(result);
  const size_t at = message.rfind("last words: ");
  ASSERT_NE(at, std::string::npos) << message;
  EXPECT_TRUE(Ends(Pid(message.substr(at + 12))));
}

TEST_F(SubprocessTest, WithNoTimeLeftNothingIsStarted) {
  SimulatedClock clock;
  ProcessRunner runner(clock);
  const Deadline deadline = Deadline::After(clock, milliseconds(1));
  clock.Advance(milliseconds(1));
  const auto result = runner.Run({.argv = {"true"}, .deadline = deadline});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Message(result), "`true` was not started: no time was left for it");
}

TEST_F(SubprocessTest, WhatAChildLeavesBehindKeepsNobodyWaiting) {
  // The grandchild holds both pipes open for as long as it lives.
  const auto result =
      runner_.Run({.argv = Perl("$| = 1; if (my $p = fork) { print \"$p\\n\"; exit 0 } sleep 1000")});
  ASSERT_TRUE(result.ok()) << result.status();
  const pid_t left_behind = Pid(result->out);
  EXPECT_EQ(::kill(left_behind, 0), 0);  // it is not ended, either
  ::kill(left_behind, SIGKILL);
  EXPECT_TRUE(Ends(left_behind));
}

TEST_F(SubprocessTest, AChildThatClosesItsOutputIsStillWaitedFor) {
  const auto result =
      runner_.Run({.argv = Perl("close STDOUT; close STDERR; select(undef, undef, undef, 0.05); exit 5"),
                   .accepted_exit_codes = {5}});
  ASSERT_TRUE(result.ok()) << result.status();
}

TEST_F(SubprocessTest, AProgramThatIgnoresSigchldGetsAnError) {
  const auto handler = ::signal(SIGCHLD, SIG_IGN);
  const auto result = runner_.Run({.argv = {"true"}});
  ::signal(SIGCHLD, handler);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Message(result), HasSubstr("asking how `true` ended"));
}

TEST_F(SubprocessTest, ManyAtOnceGetEachTheirOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.push_back(StartThread("runner", [this, t] {
      for (int i = 0; i < 15; ++i) {
        const std::string word = std::to_string(t * 100 + i);
        const auto result = runner_.Run({.argv = {"cat"}, .input = word});
        ASSERT_TRUE(result.ok()) << result.status();
        EXPECT_EQ(result->out, word);
      }
    }));
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SubprocessTest, WorksWithoutStandardDescriptors) {
  // A daemon whose 0, 1 and 2 are closed: our own pipes would get these numbers.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run_without_input_and_output = [this] {
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    const auto result = runner_.Run({.argv = {"cat"}, .input = "through"});
    ::_exit(result.ok() && result->out == "through" ? 0 : 1);
  };
  EXPECT_EXIT(run_without_input_and_output(), testing::ExitedWithCode(0), "");
}

TEST(QuoteForDisplayTest, QuotesWhatAShellWouldNeedQuoted) {
  EXPECT_EQ(QuoteForDisplay({"mkfs.ext4", "-E", "lazy_init=1,x", "/dev/loop3"}),
            "mkfs.ext4 -E lazy_init=1,x /dev/loop3");
  EXPECT_EQ(QuoteForDisplay({"a b", "", "it's", "$x"}), "'a b' '' 'it'\\''s' '$x'");
  EXPECT_EQ(QuoteForDisplay({}), "");
}

TEST(BoundedOutputTest, KeepsBeginningAndEnd) {
  for (const size_t step : {1, 2, 3, 7, 26}) {
    BoundedOutput output(7);
    const std::string_view text = "abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < text.size(); i += step) output.Append(text.substr(i, step));
    EXPECT_EQ(output.Text(), "abcd\n[... 19 bytes left out ...]\nxyz") << step;
  }
}

TEST(BoundedOutputTest, WhatFitsIsWhole) {
  BoundedOutput output(7);
  output.Append("abc");
  output.Append("defg");
  EXPECT_EQ(output.Text(), "abcdefg");
  BoundedOutput nothing(0);
  nothing.Append("abc");
  EXPECT_EQ(nothing.Text(), "\n[... 3 bytes left out ...]\n");
}

}  // namespace
}  // namespace rexray
