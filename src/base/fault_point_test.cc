#include "base/fault_point.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "gtest/gtest.h"

#include "base/status.h"
#include "base/thread.h"

namespace rexray {
namespace {

#ifdef REXRAY_FAULT_POINTS

class FaultPointTest : public testing::Test {
 protected:
  void TearDown() override {
    ClearFaults();
    ::unsetenv("REXRAY_FAULTS");
    ::unsetenv("REXRAY_FAULT_POINT_TEST");
  }

  /// A death test begins again in its child, where the pid is another.
  static std::string OfBothProcesses(const std::string& name) {
    ::setenv("REXRAY_FAULT_POINT_TEST", (testing::TempDir() + "/" + name).c_str(), /*overwrite=*/0);
    return ::getenv("REXRAY_FAULT_POINT_TEST");
  }
  static absl::Status Load(const char* faults) {
    ::setenv("REXRAY_FAULTS", faults, 1);
    return LoadFaultsFromEnvironment();
  }
};

TEST_F(FaultPointTest, WithoutAFaultItPassesAndIsRemembered) {
  EXPECT_TRUE(FaultPoint("base.test.first").ok());
  EXPECT_TRUE(FaultPoint("base.test.second").ok());
  EXPECT_TRUE(FaultPoint("base.test.first").ok());
  const std::vector<std::string> reached = FaultPointsReached();
  const auto first = std::find(reached.begin(), reached.end(), "base.test.first");
  const auto second = std::find(reached.begin(), reached.end(), "base.test.second");
  EXPECT_LT(first, second);
  EXPECT_EQ(std::count(reached.begin(), reached.end(), "base.test.first"), 1);
}

TEST_F(FaultPointTest, FailFailsEveryTimeUntilCleared) {
  SetFault("base.test.fail", FaultAction::kFail);
  for (int i = 0; i < 3; ++i) {
    const absl::Status status = FaultPoint("base.test.fail");
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_NE(MessageOf(status).find("base.test.fail"), std::string_view::npos);
  }
  EXPECT_TRUE(FaultPoint("base.test.other").ok());
  ClearFaults();
  EXPECT_TRUE(FaultPoint("base.test.fail").ok());
}

TEST_F(FaultPointTest, NthMeansThatTimeOnly) {
  SetFault("base.test.nth", FaultAction::kFail, 3);
  EXPECT_TRUE(FaultPoint("base.test.nth").ok());
  EXPECT_TRUE(FaultPoint("base.test.nth").ok());
  EXPECT_FALSE(FaultPoint("base.test.nth").ok());
  EXPECT_TRUE(FaultPoint("base.test.nth").ok());
  SetFault("base.test.nth", FaultAction::kFail, 1);  // counted from here
  EXPECT_FALSE(FaultPoint("base.test.nth").ok());
  EXPECT_TRUE(FaultPoint("base.test.nth").ok());
}

TEST_F(FaultPointTest, HangWaitsForClearAndLeavesOtherPointsFree) {
  std::promise<absl::Status> result;
  std::future<absl::Status> future = result.get_future();
  SetFault("base.test.hang", FaultAction::kHang);
  std::thread hanging = StartThread("hanging", [&result] { result.set_value(FaultPoint("base.test.hang")); });
  while (true) {  // reached and waiting become true together, under one lock
    const std::vector<std::string> reached = FaultPointsReached();
    if (std::find(reached.begin(), reached.end(), "base.test.hang") != reached.end()) break;
    std::this_thread::yield();
  }
  EXPECT_TRUE(FaultPoint("base.test.free").ok());
  EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  ClearFaults();
  EXPECT_TRUE(future.get().ok());
  hanging.join();
}

TEST_F(FaultPointTest, ExitEndsTheProgramAsAKillWould) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto reach_twice = [] {
    SetFault("base.test.exit", FaultAction::kExit, 2);
    (void)FaultPoint("base.test.exit");
    (void)FaultPoint("base.test.exit");
    ::_exit(0);
  };
  EXPECT_EXIT(reach_twice(), testing::ExitedWithCode(137), "");
}

TEST_F(FaultPointTest, TheEnvironmentSetsFaults) {
  ::unsetenv("REXRAY_FAULTS");
  EXPECT_TRUE(LoadFaultsFromEnvironment().ok());
  EXPECT_TRUE(Load("").ok());
  ASSERT_TRUE(Load("base.test.a=fail,base.test.b=fail@2").ok());
  EXPECT_FALSE(FaultPoint("base.test.a").ok());
  EXPECT_TRUE(FaultPoint("base.test.b").ok());
  EXPECT_FALSE(FaultPoint("base.test.b").ok());
}

TEST_F(FaultPointTest, AFileSetsFaultsInAProgramThatRunsAndATraceListsWhatIsReached) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string directory = OfBothProcesses("faults-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const auto reach = [&directory] {
    const std::string file = directory + "/faults";
    ::setenv("REXRAY_FAULTS_FILE", file.c_str(), 1);
    ::setenv("REXRAY_FAULTS_TRACE", (directory + "/trace").c_str(), 1);
    if (!FaultPoint("base.test.one").ok()) ::_exit(1);  // there is no file yet
    std::ofstream(file) << "base.test.one=fail@2";
    if (!FaultPoint("base.test.one").ok()) ::_exit(2);
    if (FaultPoint("base.test.one").ok()) ::_exit(3);  // looked at again, and not counted anew
    std::ofstream(file) << "base.test.two=exit";
    if (!FaultPoint("base.test.one").ok()) ::_exit(4);
    (void)FaultPoint("base.test.two");
  };
  EXPECT_EXIT(reach(), testing::ExitedWithCode(137), "");
  std::ifstream trace(directory + "/trace");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(trace), {}),
            "base.test.one\nbase.test.one\nbase.test.one\nbase.test.one\nbase.test.two\n");
  std::filesystem::remove_all(directory);
}

TEST_F(FaultPointTest, AFileThatIsNotUnderstoodEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string file = OfBothProcesses("bad-faults-" + std::to_string(::getpid()));
  std::ofstream(file) << "base.test.one=explode";
  const auto reach = [&file] {
    ::setenv("REXRAY_FAULTS_FILE", file.c_str(), 1);
    (void)FaultPoint("base.test.one");
  };
  EXPECT_DEATH(reach(), "explode.*unknown");
  std::filesystem::remove(file);
}

TEST_F(FaultPointTest, WhatIsNotUnderstoodIsRefusedWhole) {
  const std::pair<const char*, std::string_view> table[] = {
      {"a", "no '='"},          {"a=", "unknown"},
      {"a=explode", "unknown"}, {"=fail", "name"},
      {"A b=fail", "name"},     {"a=fail@", "number"},
      {"a=fail@0", "number"},   {"a=fail@-1", "number"},
      {"a=fail@2x", "number"},  {"a=fail@9999999999", "number"},
      {"a=fail,", "no '='"},    {",a=fail", "no '='"},
      {"a=Fail", "unknown"},    {"a=fail,b=oops", "unknown"},
  };
  for (const auto& [text, why] : table) {
    const absl::Status status = Load(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(MessageOf(status).find("REXRAY_FAULTS"), std::string_view::npos);
    EXPECT_NE(MessageOf(status).find(why), std::string_view::npos) << text << ": " << status;
    EXPECT_TRUE(FaultPoint("a").ok()) << text << " has set a fault all the same";
  }
}

#else

TEST(FaultPointTest, ReleaseBuildsHaveNone) {
  EXPECT_TRUE(FaultPoint("base.test.any").ok());
}

#endif

}  // namespace
}  // namespace rexray
