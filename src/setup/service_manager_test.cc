#include "setup/service_manager.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/testing/scripted_runner.h"
#include "dvdi/testing/jumping_clock.h"
#include "setup/setup.h"
#include "setup/testing/test_tree.h"

namespace rexray::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kAgent = "mesos-slave.service";

class Services : public testing::Test {
 protected:
  void Restart(const std::string& unit, int exit_code = 0) {
    runner_.Expect({"systemctl", "restart", unit}, CommandResult{exit_code, "", "Job failed."});
  }
  void Show(const std::string& unit, const std::string& active, const std::string& sub,
            const std::string& pid) {
    runner_.Expect(
        {"systemctl", "show", "--property=ActiveState,SubState,MainPID", unit},
        CommandResult{0, "MainPID=" + pid + "\nActiveState=" + active + "\nSubState=" + sub + "\n", ""});
  }
  /// Active all the time: at 0, 5, 10 and 15 s.
  void Up(const std::string& unit) {
    Restart(unit);
    for (int i = 0; i < 4; ++i) Show(unit, "active", "running", "7");
  }
  void Journal(const std::string& unit, const std::string& text) {
    runner_.Expect({"journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", unit},
                   CommandResult{0, text, ""});
  }
  void Reload() { runner_.Expect({"systemctl", "daemon-reload"}, CommandResult{0, "", ""}); }

  ScriptedRunner runner_;
  dvdi::JumpingClock clock_;
  ServiceManager manager_{runner_,
                          clock_,
                          {.settle = std::chrono::seconds(15),
                           .start = std::chrono::seconds(60),
                           .step = std::chrono::seconds(5)}};
};

TEST_F(Services, UpIsWhatStaysUp) {
  Restart(kAgent);
  Show(kAgent, "activating", "start-pre", "0");
  for (int i = 0; i < 4; ++i) Show(kAgent, "active", "running", "7");
  EXPECT_TRUE(manager_.RestartAndWatch(kAgent).ok());
}

TEST_F(Services, ARestartLoopIsSeenAndItsReasonShown) {
  Restart(kAgent);
  Show(kAgent, "active", "running", "7");
  Show(kAgent, "active", "running", "8");
  Journal(kAgent, "I0101 started\nFailed to create isolator 'docker/volume': cannot get dvdcli command\n");
  const absl::Status status = manager_.RestartAndWatch(kAgent);
  EXPECT_THAT(status.message(),
              HasSubstr("mesos-slave.service did not come up: its process 7 ended and was started again"));
  EXPECT_THAT(status.message(),
              HasSubstr("\n    Failed to create isolator 'docker/volume': cannot get dvdcli command"));
}

TEST_F(Services, EveryOtherWayToFail) {
  Restart(kAgent);
  Show(kAgent, "activating", "auto-restart", "0");
  Journal(kAgent, "");
  EXPECT_THAT(manager_.RestartAndWatch(kAgent).message(), HasSubstr("it is activating (auto-restart)"));
  Restart(kAgent);
  Show(kAgent, "failed", "failed", "0");
  Journal(kAgent, "x\n");
  EXPECT_THAT(manager_.RestartAndWatch(kAgent).message(),
              HasSubstr("it is failed (failed). Its journal says:\n    x"));
  Restart(kAgent, 1);
  Journal(kAgent, "y\n");
  EXPECT_THAT(manager_.RestartAndWatch(kAgent).message(), HasSubstr("Its journal says:\n    y"));
  Restart(kAgent);
  for (int i = 0; i < 13; ++i) Show(kAgent, "activating", "start", "9");
  Journal(kAgent, "z\n");
  EXPECT_THAT(manager_.RestartAndWatch(kAgent).message(), HasSubstr("it is still activating (start)"));
}

/// A plan with a new unit of ours and a change for the agent.
class SetupWithServices : public Services {
 protected:
  SetupWithServices() {
    files_.Directory("/var/lib");
    files_.Write("/etc/mesos-slave/isolation", "posix/cpu,posix/mem\n");
    files_.Write("/usr/lib/systemd/system/mesos-slave.service", "[Service]\n");
    before_ = files_.Everything();
    Planner planner(tree_, plan_);
    planner.Begin("mesos", {kAgent});
    EXPECT_TRUE(
        planner.SetFile("/etc/mesos-slave/isolation", "posix/cpu,posix/mem,docker/volume\n", "").ok());
    planner.Begin("service", {"rexray.service"});
    EXPECT_TRUE(planner.SetFile("/etc/systemd/system/rexray.service", "[Unit]\n", "").ok());
    planner.UnitFilesChange();
  }

  TestTree files_;
  const Tree tree_ = files_.tree();
  Plan plan_;
  std::string before_;
};

TEST_F(SetupWithServices, RestartsRexrayFirst) {
  EXPECT_THAT(UnitsOf(plan_.changes), ElementsAre("rexray.service", kAgent));
  Reload();
  Up("rexray.service");
  Up(kAgent);
  EXPECT_TRUE(RunSetup(tree_, plan_, &manager_, true).ok());
}

TEST_F(SetupWithServices, WithoutRestartOnlyTheUnitsAreReadAgain) {
  Reload();
  EXPECT_TRUE(RunSetup(tree_, plan_, &manager_, false).ok());
  Reload();
  EXPECT_TRUE(RunUndo(tree_, {}, &manager_, false).ok());
  EXPECT_EQ(files_.Everything(), before_);
}

TEST_F(SetupWithServices, TakesEverythingBackWhenAnAgentDoesNotComeUp) {
  Reload();
  Up("rexray.service");
  Restart(kAgent);
  Show(kAgent, "activating", "auto-restart", "0");
  Journal(kAgent, "Unknown or unsupported isolator\n");
  runner_.Expect({"systemctl", "stop", "rexray.service"}, CommandResult{0, "", ""});
  Reload();
  Up(kAgent);
  const absl::Status status = RunSetup(tree_, plan_, &manager_, true);
  EXPECT_THAT(status.message(), HasSubstr("Unknown or unsupported isolator"));
  EXPECT_THAT(status.message(), HasSubstr("Everything was taken back, and what ran before runs again"));
  EXPECT_EQ(files_.Everything(), before_);
}

TEST_F(SetupWithServices, SaysWhenEvenTheOldOneDoesNotRun) {
  Reload();
  Restart("rexray.service", 1);
  Journal("rexray.service", "no\n");
  runner_.Expect({"systemctl", "stop", "rexray.service"}, CommandResult{1, "", ""});
  runner_.Expect({"systemctl", "daemon-reload"}, CommandResult{1, "", "no bus"});
  EXPECT_THAT(RunSetup(tree_, plan_, &manager_, true).message(), HasSubstr("Taking everything back failed"));
  EXPECT_EQ(files_.Everything(), before_);
}

TEST_F(SetupWithServices, AnUndoStopsWhatGoesAndRestartsTheRest) {
  ASSERT_TRUE(RunSetup(tree_, plan_, nullptr, false).ok());
  runner_.Expect({"systemctl", "stop", "rexray.service"}, CommandResult{0, "", ""});
  Reload();
  Up(kAgent);
  EXPECT_TRUE(RunUndo(tree_, {}, &manager_, true).ok());
  EXPECT_EQ(files_.Everything(), before_);
}

}  // namespace
}  // namespace rexray::setup
