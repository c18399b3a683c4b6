// Sharing, failures, order and time: what the table of outcomes does not show.

#include "mesos/isolator_core.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const EnvironmentVariables kV{{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "data"}};
const EnvironmentVariables kVAndW{{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_NAME1", "w"}};

class IsolatorCoreTest : public CoreFixture {
 protected:
  const VolumeKey v_{"rexray", "v"};
  const VolumeKey w_{"rexray", "w"};
};

TEST_F(IsolatorCoreTest, TheIntentIsOnDiskBeforeTheMount) {
  Start();
  mounter_->Hold(v_);
  Awaited<Plan> done;
  core_->Prepare(Request("c", kV), [&done](Plan plan) { done.Set(std::move(plan)); });
  mounter_->WaitUntilStuck(v_);
  const Checkpoint before = OnDisk();
  ASSERT_THAT(before.containers, SizeIs(1));
  EXPECT_EQ(before.containers[0].id, "c");
  EXPECT_FALSE(before.containers[0].volumes[0].mounted);
  mounter_->LetGo(v_);
  ASSERT_TRUE(done.Get().ok());
  const Checkpoint after = OnDisk();
  ASSERT_THAT(after.containers, SizeIs(1));
  EXPECT_TRUE(after.containers[0].volumes[0].mounted);
  EXPECT_EQ(after.containers[0].volumes[0].mountpoint, mounter_->PathOf(v_));
  Cleanup("c");
  EXPECT_THAT(OnDisk().containers, IsEmpty());
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
}

TEST_F(IsolatorCoreTest, WithoutACheckpointNothingIsMounted) {
  fs::create_directories(folder_);
  std::ofstream(options_.checkpoint_dir) << "a file where the folder should be";
  Start();
  EXPECT_THAT(Prepare("c", kV).status().message(), HasSubstr("nothing was mounted"));
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
}

TEST_F(IsolatorCoreTest, AContainerIsPreparedOnce) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  EXPECT_EQ(Prepare("c", kV).status().code(), absl::StatusCode::kAlreadyExists);
  Cleanup("c");
  EXPECT_TRUE(Prepare("c", kV).ok());
}

TEST_F(IsolatorCoreTest, CleanupOfAStrangerIsNothing) {
  Start();
  fs::remove_all(options_.checkpoint_dir);
  Cleanup("nobody");
  EXPECT_TRUE(Prepare("c", {{"PATH", "/bin"}}).ok());
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
  EXPECT_FALSE(fs::exists(options_.checkpoint_dir)) << "a container without volumes costs a write";
}

TEST_F(IsolatorCoreTest, OneFailureUndoesAll) {
  Start();
  mounter_->FailMounts(w_, absl::UnavailableError("no space left in the zone"));
  const auto plan = Prepare("c", kVAndW);
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.status().message(), HasSubstr("rexray/w: no space left in the zone"));
  EXPECT_FALSE(mounter_->IsMounted(v_));
  EXPECT_THAT(core_->Snapshot().containers, IsEmpty());
  EXPECT_THAT(OnDisk().containers, IsEmpty());
  Cleanup("c");  // Mesos calls it all the same
}

TEST_F(IsolatorCoreTest, AMountThatTimedOutMayBeThere) {
  Start();
  mounter_->FailMounts(v_, absl::DeadlineExceededError("120 s"), /*done=*/true);
  EXPECT_FALSE(Prepare("c", kV).ok());
  EXPECT_FALSE(mounter_->IsMounted(v_));
}

TEST_F(IsolatorCoreTest, ADriverThatDoesNotExistIsOwedNothing) {
  Start();
  mounter_->FailMounts(v_, absl::NotFoundError("plugin not found"));
  mounter_->FailUnmounts(v_, absl::NotFoundError("plugin not found"));
  EXPECT_FALSE(Prepare("c", kVAndW).ok());
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
  EXPECT_THAT(OnDisk().containers, IsEmpty());
  EXPECT_FALSE(mounter_->IsMounted(w_));
}

TEST_F(IsolatorCoreTest, AMountThatThePluginRefusedNeedsNoUnmount) {
  Start();
  mounter_->FailMounts(v_, absl::UnknownError("no such volume"));
  mounter_->FailUnmounts(v_, absl::UnknownError("no such volume"));
  EXPECT_FALSE(Prepare("c", kV).ok());
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
  mounter_->FailMounts(v_, absl::DeadlineExceededError("120 s"));
  mounter_->FailUnmounts(v_, absl::DeadlineExceededError("120 s"));
  EXPECT_FALSE(Prepare("c", kV).ok());
  EXPECT_THAT(OnDisk().unmount, SizeIs(1)) << "nobody knows whether it is mounted";
}

TEST_F(IsolatorCoreTest, AFailureLeavesOthersAlone) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  mounter_->FailMounts(w_, absl::UnavailableError("no"));
  EXPECT_FALSE(Prepare("d", kVAndW).ok());
  EXPECT_TRUE(mounter_->IsMounted(v_));
}

TEST_F(IsolatorCoreTest, AHungVolumeDelaysItselfAlone) {
  Start();
  mounter_->Hold(v_);
  Awaited<Plan> stuck;
  core_->Prepare(Request("c", kV), [&stuck](Plan plan) { stuck.Set(std::move(plan)); });
  mounter_->WaitUntilStuck(v_);
  EXPECT_TRUE(Prepare("d", {{"DVDI_VOLUME_NAME", "w"}}).ok());
  Cleanup("d");
  EXPECT_FALSE(stuck.IsSet());
  mounter_->LetGo(v_);
  EXPECT_TRUE(stuck.Get().ok());
}

TEST_F(IsolatorCoreTest, CleanupWhileTheMountHangs) {
  Start();
  mounter_->Hold(v_);
  Awaited<Plan> prepared;
  Awaited<absl::Status> cleaned;
  core_->Prepare(Request("c", kV), [&prepared](Plan plan) { prepared.Set(std::move(plan)); });
  mounter_->WaitUntilStuck(v_);
  core_->Cleanup("c", [&cleaned](absl::Status status) { cleaned.Set(std::move(status)); });
  mounter_->LetGo(v_);
  EXPECT_FALSE(prepared.Get().ok());
  EXPECT_TRUE(cleaned.Get().ok());
  Stop();
  EXPECT_FALSE(mounter_->IsMounted(v_));
  EXPECT_THAT(OnDisk().containers, IsEmpty());
}

TEST_F(IsolatorCoreTest, AVolumeThatWasUnmountedBehindOurBackIsMountedAgain) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  fs::remove_all(mounter_->PathOf(v_));
  ASSERT_TRUE(Prepare("d", kV).ok());
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v", "mount rexray/v"));
}

TEST_F(IsolatorCoreTest, AnUnmountThatFailsIsTriedAgain) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  mounter_->FailUnmounts(v_, absl::UnavailableError("target is busy"));
  Cleanup("c");  // succeeds
  EXPECT_TRUE(Logged("rexray/v unmount failed on cleanup() and will be tried again: target is busy"));
  ASSERT_THAT(OnDisk().unmount, SizeIs(1));
  EXPECT_EQ(OnDisk().unmount[0].key, v_);

  clock_.WaitForWaiters(1);
  clock_.Advance(std::chrono::minutes(10));
  mounter_->WaitForCalls(3);
  clock_.WaitForWaiters(1);
  mounter_->FailUnmounts(v_, absl::OkStatus());
  clock_.Advance(std::chrono::minutes(10));
  mounter_->WaitForCalls(4);
  Stop();
  EXPECT_FALSE(mounter_->IsMounted(v_));
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
}

TEST_F(IsolatorCoreTest, AVolumeThatIsUsedAgainIsNotUnmountedUnderItsUser) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  mounter_->FailUnmounts(v_, absl::UnavailableError("busy"));
  Cleanup("c");
  clock_.WaitForWaiters(1);
  mounter_->FailUnmounts(v_, absl::OkStatus());
  ASSERT_TRUE(Prepare("d", kV).ok());
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
  clock_.Advance(std::chrono::minutes(10));
  Stop();
  EXPECT_TRUE(mounter_->IsMounted(v_));
}

TEST_F(IsolatorCoreTest, AVolumeThatIsGoneNeedsNoUnmount) {
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  fs::remove_all(mounter_->PathOf(v_));
  mounter_->FailUnmounts(v_, absl::UnknownError("not mounted"));
  Cleanup("c");
  EXPECT_TRUE(Logged("continuing on the assumption this volume was manually unmounted previously"));
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
}

TEST_F(IsolatorCoreTest, TheChownPolicyDecides) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root to give a directory to another user";
  look_up_user_ = [](const std::string&) { return Owner{12345, 12345}; };
  user_ = "alice";
  const auto owner = [this] {
    struct stat status {};
    EXPECT_EQ(::stat(mounter_->PathOf(v_).c_str(), &status), 0);
    return status.st_uid;
  };
  options_.chown = ChownPolicy::kNever;
  Start();
  ASSERT_TRUE(Prepare("c", kV).ok());
  EXPECT_EQ(owner(), 0u);
  Cleanup("c");

  options_.chown = ChownPolicy::kAuto;
  Start();
  fs::create_directories(mounter_->PathOf(v_) + "/lost+found");
  ASSERT_TRUE(Prepare("c", kV).ok());
  EXPECT_EQ(owner(), 12345u);
  Cleanup("c");
  fs::create_directories(mounter_->PathOf(v_) + "/data of root");
  ASSERT_TRUE(Prepare("c", kV).ok());
  EXPECT_EQ(owner(), 0u) << "a volume with data keeps its owner";
  Cleanup("c");
  EnvironmentVariables read_only = kV;
  read_only.emplace_back("DVDI_VOLUME_MODE", "ro");
  ASSERT_TRUE(Prepare("c", read_only).ok());
  EXPECT_EQ(owner(), 0u) << "who only reads gets nothing";
  Cleanup("c");

  options_.chown = ChownPolicy::kAlways;
  Start();
  fs::create_directories(mounter_->PathOf(v_) + "/data of root");
  ASSERT_TRUE(Prepare("c", kV).ok());
  EXPECT_EQ(owner(), 12345u);
}

TEST_F(IsolatorCoreTest, AnUnknownUserIsAWarning) {
  user_ = "nobody-here";
  look_up_user_ = &LookUpUser;
  Start();
  EXPECT_TRUE(Prepare("c", kV).ok());
  EXPECT_TRUE(Logged("this agent knows no user \"nobody-here\""));
}

// Twenty containers on ten volumes, from many threads, with failures in between.
TEST_F(IsolatorCoreTest, ManyAtOnce) {
  Start();
  constexpr int kThreads = 8;
  constexpr int kRounds = 12;
  mounter_->FailMounts({"rexray", "v3"}, absl::UnavailableError("never"));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string id = std::to_string(t) + "-" + std::to_string(round);
        const std::string one = "v" + std::to_string((t + round) % 5);
        const std::string other = "v" + std::to_string(5 + round % 5);
        const bool works = one != "v3";
        const auto plan = Prepare(id, {{"DVDI_VOLUME_NAME", one}, {"DVDI_VOLUME_NAME1", other}});
        EXPECT_EQ(plan.ok(), works) << plan.status();
        if (plan.ok()) {
          EXPECT_TRUE(mounter_->IsMounted({"rexray", one}));
          EXPECT_TRUE(mounter_->IsMounted({"rexray", other}));
        }
        Cleanup(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(mounter_->Overlapped());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(mounter_->IsMounted({"rexray", "v" + std::to_string(i)})) << i;
  EXPECT_THAT(core_->Snapshot().containers, IsEmpty());
  EXPECT_THAT(OnDisk().containers, IsEmpty());
}

TEST_F(IsolatorCoreTest, TheEndWaitsForWhatHasBegun) {
  Start();
  mounter_->Hold(v_);
  Awaited<Plan> done;
  core_->Prepare(Request("c", kV), [&done](Plan plan) { done.Set(std::move(plan)); });
  mounter_->WaitUntilStuck(v_);
  std::thread stopper([this] { Stop(); });
  mounter_->LetGo(v_);
  stopper.join();
  EXPECT_TRUE(done.IsSet());
}

// Work that begins further work (undoing a failed mount) while the core is ending.
TEST_F(IsolatorCoreTest, TheEndWaitsForWhatFollows) {
  for (int round = 0; round < 50; ++round) {
    Start();
    mounter_->FailMounts(w_, absl::UnavailableError("no"));
    mounter_->Hold(w_);
    Awaited<Plan> done;
    core_->Prepare(Request("c", kVAndW), [&done](Plan plan) { done.Set(std::move(plan)); });
    mounter_->WaitUntilStuck(w_);
    mounter_->LetGo(w_);
    Stop();
    ASSERT_TRUE(done.IsSet());
    EXPECT_FALSE(done.Get().ok());
    EXPECT_FALSE(mounter_->IsMounted(v_));
  }
}

}  // namespace
}  // namespace rexray::mesos
