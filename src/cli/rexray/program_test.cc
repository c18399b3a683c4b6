// The program itself, beside a daemon that does what the test tells it to: start, stop, status, and one
// command over a real socket.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/rexray/pid_file.h"
#include "cli/rexray/testing/harness.h"

#include "base/http/server.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ended {
  int exit_code = -1;
  std::string out;
  std::string err;
  pid_t pid = 0;
};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/rexray-cli-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    home_ = pattern;
    fs::create_directories(home_ / "bin");
    fs::create_directories(home_ / "run/rexray");
    fs::copy_file(REXRAY_PROGRAM, home_ / "bin/rexray");
    fs::copy_file(FAKE_REXRAYD_PROGRAM, home_ / "bin/rexrayd");
  }

  void TearDown() override {
    auto daemon = FindDaemon(pid_file());
    if (daemon.ok() && *daemon) {
      EXPECT_TRUE(StopDaemon(**daemon, std::chrono::seconds(30)).ok());
    }
    fs::remove_all(home_);
  }

  std::string pid_file() const { return home_ / "run/rexray/rexray.pid"; }

  /// Its output is read to the end: a daemon that kept our pipe open would hang this.
  Ended Run(std::vector<std::string> words, const std::string& fake = "ready") {
    words.insert(words.begin(), home_ / "bin/rexray");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::string home = "REXRAY_HOME=" + home_.string();
    std::string mode = "REXRAY_FAKE=" + fake;
    char* environment[] = {home.data(), mode.data(), nullptr};
    int out[2];
    int err[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    Ended ended;
    EXPECT_EQ(posix_spawn(&ended.pid, argv[0], &actions, nullptr, argv.data(), environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    ended.out = ReadAll(out[0]);
    ended.err = ReadAll(err[0]);
    int status = 0;
    EXPECT_EQ(waitpid(ended.pid, &status, 0), ended.pid);
    ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended;
  }

  static std::string ReadAll(int fd) {
    const UniqueFd owned(fd);
    std::string text;
    char buffer[4096];
    for (ssize_t got = read(fd, buffer, sizeof buffer); got > 0; got = read(fd, buffer, sizeof buffer)) {
      text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }

  std::string PidInFile() { return ReadFile(pid_file()).substr(0, ReadFile(pid_file()).find(' ')); }

  fs::path home_;
};

TEST_F(ProgramTest, StartsInTheBackgroundOnceAndStops) {
  const Ended started = Run({"start"});
  const std::string pid = PidInFile();
  EXPECT_EQ(started.exit_code, 0) << started.err;
  EXPECT_EQ(started.out, "Starting REX-Ray...SUCCESS!\n\n  The REX-Ray daemon is now running at PID " + pid +
                             ". To\n  shutdown the daemon execute the following command:\n\n    sudo " +
                             (home_ / "bin/rexray").string() + " stop\n\n");
  EXPECT_EQ(ReadFile(home_ / "var/log/rexray/rexray.log"), "a line for the log\n");
  EXPECT_EQ(getsid(std::stoi(pid)), std::stoi(pid)) << "a session of its own";

  const Ended again = Run({"start"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.out, "REX-Ray already running at PID " + pid + "\n");
  EXPECT_EQ(Run({"start", "-f"}).exit_code, 1);

  const Ended status = Run({"status"});
  EXPECT_THAT(status.out, StartsWith("REX-Ray is running at PID " + pid + "\n"));

  const Ended stopped = Run({"stop"});
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "Shutting down REX-Ray...SUCCESS!\n");
  EXPECT_FALSE(fs::exists(pid_file()));
  EXPECT_EQ(Run({"stop"}).out, "REX-Ray is already stopped\n");
  EXPECT_EQ(Run({"stop"}).exit_code, 1);
  EXPECT_EQ(Run({"status"}).out, "REX-Ray is stopped\n");
  EXPECT_EQ(Run({"status"}).exit_code, 0) << "as 0.3.3";
  EXPECT_EQ(Run({"status", "-f", "json"}).exit_code, 1) << "for scripts of today";
}

TEST_F(ProgramTest, AReaderThatHasGoneStopsNothing) {
  std::string home = "REXRAY_HOME=" + home_.string();
  std::string mode = "REXRAY_FAKE=ready";
  char* environment[] = {home.data(), mode.data(), nullptr};
  std::string program = home_ / "bin/rexray";
  std::string word = "start";
  char* argv[] = {program.data(), word.data(), nullptr};
  int out[2];
  ASSERT_EQ(pipe2(out, O_CLOEXEC), 0);
  close(out[0]);  // as `rexray start | head -0`
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  pid_t pid = 0;
  ASSERT_EQ(posix_spawn(&pid, argv[0], &actions, nullptr, argv, environment), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_THAT(Run({"status"}).out, StartsWith("REX-Ray is running at PID "));
  const std::string daemon = ReadFile("/proc/" + PidInFile() + "/status");
  const size_t ignored = daemon.find("SigIgn:");
  ASSERT_NE(ignored, std::string::npos);
  EXPECT_EQ(std::stoull(daemon.substr(ignored + 7), nullptr, 16) & (1ull << (SIGPIPE - 1)), 0u)
      << "the daemon inherits nothing of it";
}

TEST_F(ProgramTest, RestartIsStopAndStart) {
  ASSERT_EQ(Run({"start"}).exit_code, 0);
  const std::string first = PidInFile();
  const Ended restarted = Run({"restart"});
  EXPECT_EQ(restarted.exit_code, 0) << restarted.err;
  EXPECT_THAT(restarted.out, StartsWith("Shutting down REX-Ray...SUCCESS!\nStarting REX-Ray...SUCCESS!\n"));
  EXPECT_NE(PidInFile(), first);
}

TEST_F(ProgramTest, ADaemonThatCannotStartSaysWhy) {
  const Ended refused = Run({"start"}, "refuses");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.out, "Starting REX-Ray...FAILED!\n");
  EXPECT_EQ(refused.err, "rexray: the port is \\x1b[31mtaken\n");
  const Ended died = Run({"start"}, "dies");
  EXPECT_EQ(died.exit_code, 1);
  EXPECT_THAT(died.err, HasSubstr("the daemon ended with exit code 3 before it was ready; its log is " +
                                  (home_ / "var/log/rexray/rexray.log").string()));
}

TEST_F(ProgramTest, ForegroundBecomesTheDaemon) {
  std::ofstream(home_ / "my.yml") << "rexray:\n";
  const std::string config = home_ / "my.yml";
  const Ended ended = Run({"start", "-f", "-c", config, "-l", "debug", "--preempt"}, "argv");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, std::to_string(ended.pid) + "\n--config\n" + config +
                           "\n--logLevel\ndebug\n--rexray.volume.mount.preempt\ntrue\n")
      << "the same pid";
}

TEST_F(ProgramTest, WithoutItsProgramItSaysWhereItLooked) {
  fs::remove(home_ / "bin/rexrayd");
  if (fs::exists("/usr/sbin/rexrayd")) GTEST_SKIP() << "SKIPPED: rexrayd is installed on this machine";
  const Ended ended = Run({"start"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr((home_ / "bin/rexrayd").string()));
}

TEST_F(ProgramTest, APidOfAnotherProcessIsNeverSignalled) {
  std::ofstream(pid_file()) << getpid() << " 1\n";  // our pid, another start time: a pid used anew
  const Ended stopped = Run({"stop"});
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_EQ(stopped.out, "REX-Ray is already stopped\n");
  EXPECT_EQ(Run({"status"}).out, "REX-Ray is stopped\n");
}

TEST_F(ProgramTest, APidFileThatMakesNoSenseIsNamed) {
  for (const char* text : {"abc\n", "-1 5\n", "0 5\n", "12\n", "99999999999999999999 1\n"}) {
    std::ofstream(pid_file()) << text;
    const Ended stopped = Run({"stop"});
    EXPECT_EQ(stopped.exit_code, 1) << text;
    EXPECT_THAT(stopped.err, HasSubstr("Error reading REX-Ray PID file at " + pid_file())) << text;
  }
  fs::remove(pid_file());
}

TEST_F(ProgramTest, AnEmptyPidFileIsADaemonThatHasNotWrittenItYet) {
  std::ofstream(pid_file()).flush();
  EXPECT_EQ(Run({"status"}).out, "REX-Ray is stopped\n");
}

TEST_F(ProgramTest, StopGivesUpOnADaemonThatDoesNotEnd) {
  // This very process: it blocks SIGTERM for the moment, so that nothing ends.
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, &before);
  std::ifstream stat("/proc/self/stat");
  std::string word;
  for (int field = 1; field <= 22; ++field) stat >> word;
  std::ofstream(pid_file()) << getpid() << " " << word << "\n";
  auto daemon = FindDaemon(pid_file());
  ASSERT_TRUE(daemon.ok() && *daemon);
  EXPECT_EQ(StopDaemon(**daemon, std::chrono::milliseconds(20)).code(), absl::StatusCode::kDeadlineExceeded);
  const timespec now{};
  EXPECT_EQ(sigtimedwait(&term, nullptr, &now), SIGTERM) << "it was asked";
  sigprocmask(SIG_SETMASK, &before, nullptr);
  fs::remove(pid_file());
}

TEST_F(ProgramTest, OneCommandOverARealSocket) {
  Harness scripted;
  scripted.ServeVolumes();
  http::ListenOptions listen;
  listen.address = {
      .kind = http::Address::Kind::kUnix, .path = home_ / "run/rexray/rexray.sock", .host = "", .port = 0};
  auto listener = http::Listener::Open(listen);
  ASSERT_TRUE(listener.ok()) << MessageOf(listener.status());
  const auto server = http::Server::Create({});
  server->Serve(*std::move(listener), [&](std::shared_ptr<http::Exchange> exchange) {
    const auto answer = scripted.admin.Send({}, exchange->request(), Deadline::Never());
    exchange->Respond({.status = answer->status, .content_type = "application/json", .body = answer->body});
  });
  server->Start();
  const Ended ended = Run({"volume", "ls", "-q", "-f", "tmpl"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("lv-1a2b   pgdata  attached"));
  EXPECT_THAT(Run({"volume", "get", "logs"}).out, StartsWith("- name: logs\n")) << "no terminal: YAML";
  server->Stop(std::chrono::seconds(1));
  const Ended gone = Run({"volume", "ls"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.err, HasSubstr("start it with \"rexray start\""));
}

}  // namespace
}  // namespace rexray::cli
