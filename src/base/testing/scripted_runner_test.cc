#include "base/testing/scripted_runner.h"

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

#include "base/status.h"

namespace rexray {
namespace {

TEST(ScriptedRunnerTest, PlaysBackInOrder) {
  ScriptedRunner runner;
  runner.Expect({"mkfs.ext4", "/dev/x"}, CommandResult{0, "made", ""});
  runner.Expect({"fsck.ext4", "/dev/x"}, Error(absl::StatusCode::kDeadlineExceeded, "too slow"));
  EXPECT_EQ(runner.Run({.argv = {"mkfs.ext4", "/dev/x"}})->out, "made");
  EXPECT_EQ(runner.Run({.argv = {"fsck.ext4", "/dev/x"}}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(ScriptedRunnerTest, AnExitCodeIsJudgedAsTheRealRunnerWould) {
  ScriptedRunner runner;
  runner.Expect({"fsck"}, CommandResult{1, "", "fixed"});
  runner.Expect({"fsck"}, CommandResult{1, "", "fixed"});
  EXPECT_EQ(runner.Run({.argv = {"fsck"}, .accepted_exit_codes = {0, 1}})->exit_code, 1);
  const absl::Status status = runner.Run({.argv = {"fsck"}}).status();
  EXPECT_EQ(MessageOf(status), "`fsck` failed with exit code 1; its last words: fixed");
}

TEST(ScriptedRunnerTest, ADifferentCommandFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        ScriptedRunner runner;
        runner.Expect({"true"}, CommandResult{});
        EXPECT_FALSE(runner.Run({.argv = {"false"}}).ok());
        (void)runner.Run({.argv = {"true"}});
      },
      "got false");
}

TEST(ScriptedRunnerTest, ACommandAfterTheEndFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        ScriptedRunner runner;
        EXPECT_FALSE(runner.Run({.argv = {"true"}}).ok());
      },
      "after the end");
}

TEST(ScriptedRunnerTest, AnUnusedEntryFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      {
        ScriptedRunner runner;
        runner.Expect({"mkfs.xfs", "a b"}, CommandResult{});
      },
      "never run: mkfs.xfs 'a b'");
}

TEST(RecordingRunnerTest, KeepsCommandsAndResults) {
  ScriptedRunner script;
  script.Expect({"a"}, CommandResult{0, "x", ""});
  script.Expect({"b"}, Error(absl::StatusCode::kNotFound, "no b"));
  RecordingRunner recorder(script);
  (void)recorder.Run({.argv = {"a"}});
  (void)recorder.Run({.argv = {"b"}});
  const auto recorded = recorder.Recorded();
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_EQ(recorded[0].first.argv, std::vector<std::string>{"a"});
  EXPECT_EQ(recorded[0].second->out, "x");
  EXPECT_EQ(recorded[1].second.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace rexray
