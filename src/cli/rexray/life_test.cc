// start, stop and restart where systemd runs the daemon: they go through systemctl, so that systemd knows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/rexray/testing/harness.h"

#include "base/pid_file.h"
#include "base/testing/temporary_directory.h"

namespace rexray::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

class LifeUnderSystemdTest : public testing::Test {
 protected:
  LifeUnderSystemdTest() {
    fs::create_directories(root_ + "/run/systemd/system");
    fs::create_directories(root_ + "/run/rexray");
    fs::create_directories(root_ + "/lib/systemd/system");
    std::ofstream(root_ + "/lib/systemd/system/rexray.service") << "[Service]\n";
    h_.root = root_;
    h_.environment = {{"REXRAY_HOME_RUN", root_ + "/run/rexray"}};
  }
  /// As if this very test were the daemon: nothing here may signal it.
  void PretendToRun() {
    std::ofstream(root_ + "/run/rexray/rexray.pid") << FormatPidFile(*ProcessOf(getpid()));
  }

  TemporaryDirectory directory_;
  const std::string root_ = directory_.path();
  Harness h_;
};

TEST_F(LifeUnderSystemdTest, StartAsksSystemd) {
  EXPECT_EQ(h_.Run({"start"}), 0);
  EXPECT_THAT(h_.programs, ElementsAre(Words{"systemctl", "start", "-l", "rexray"}));
  EXPECT_THAT(h_.console.out,
              StartsWith("Starting REX-Ray...SUCCESS!\n\n  The REX-Ray daemon is now running"));
}

TEST_F(LifeUnderSystemdTest, WhatSystemdRefusesHasFailed) {
  h_.program_exit_code = 5;
  EXPECT_EQ(h_.Run({"service", "start"}), 1);
  EXPECT_EQ(h_.console.out, "Starting REX-Ray...FAILED!\n");
  EXPECT_THAT(h_.console.err, HasSubstr("systemctl status rexray"));
}

TEST_F(LifeUnderSystemdTest, StopAndRestartToo) {
  PretendToRun();
  EXPECT_EQ(h_.Run({"stop"}), 0);
  EXPECT_EQ(h_.console.out, "Shutting down REX-Ray...SUCCESS!\n");
  EXPECT_EQ(h_.Run({"force-reload"}), 0);
  EXPECT_THAT(h_.programs, ElementsAre(Words{"systemctl", "stop", "-l", "rexray"},
                                       Words{"systemctl", "restart", "-l", "rexray"}));
}

TEST_F(LifeUnderSystemdTest, WhatDoesNotRunIsNotStopped) {
  EXPECT_EQ(h_.Run({"stop"}), 1);
  EXPECT_EQ(h_.console.out, "REX-Ray is already stopped\n");
  EXPECT_THAT(h_.programs, IsEmpty());
}

TEST_F(LifeUnderSystemdTest, StatusIsWhatSystemdSays) {
  h_.program_exit_code = 3;
  EXPECT_EQ(h_.Run({"status"}), 3);
  EXPECT_EQ(h_.console.out, "REX-Ray is stopped\n");
  PretendToRun();
  h_.program_exit_code = 0;
  h_.admin.Answer("GET", "/v1/status", kStatus);
  EXPECT_EQ(h_.Run({"service", "status"}), 0);
  EXPECT_THAT(h_.console.out, StartsWith("REX-Ray is running at PID "));
  EXPECT_THAT(h_.console.out, HasSubstr("no credentials")) << "what the services say is there too";
  const Words asked{"systemctl", "status", "-l", "--no-pager", "rexray"};
  EXPECT_THAT(h_.programs, ElementsAre(asked, asked));
  EXPECT_EQ(h_.Run({"status", "-f", "json"}), 0);
  EXPECT_EQ(h_.console.out[0], '{');
  EXPECT_EQ(h_.programs.size(), 2u) << "nothing but JSON is printed";
}

TEST_F(LifeUnderSystemdTest, FlagsThatWouldNotReachTheServiceAreRefused) {
  for (const Words& flag : {Words{"--dockerSize", "5"}, {"-l", "debug"}, {"--preempt"}}) {
    Words words = flag;
    words.emplace_back("start");
    EXPECT_EQ(h_.Run(words), 2) << testing::PrintToString(words);
    EXPECT_THAT(h_.console.err, HasSubstr("config.yml"));
  }
  EXPECT_THAT(h_.programs, IsEmpty());
}

TEST_F(LifeUnderSystemdTest, AHomeOfItsOwnIsNotTheMachinesDaemon) {
  PretendToRun();
  h_.environment["REXRAY_HOME"] = root_;
  EXPECT_EQ(h_.Run({"start"}), 1);
  EXPECT_THAT(h_.console.out, StartsWith("REX-Ray already running at PID "));
  EXPECT_THAT(h_.programs, IsEmpty());
}

TEST_F(LifeUnderSystemdTest, InitSystemIsSystemd) {
  EXPECT_EQ(h_.Run({"initsys"}), 0);
  EXPECT_EQ(h_.console.out, "Init System: systemd\n");
}

}  // namespace
}  // namespace rexray::cli
