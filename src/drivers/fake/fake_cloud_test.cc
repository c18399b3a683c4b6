#include "drivers/fake/fake_cloud.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"

namespace rexray::drivers::fake {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeCloudTest : public ::testing::Test {
 protected:
  FakeCloudTest() : cloud_(OptionsWith(clock_)), host_a_(clock_), host_b_(clock_) {
    a_ = cloud_.DriverFor("node-a", host_a_);
    b_ = cloud_.DriverFor("node-b", host_b_);
  }

  static FakeCloud::Options OptionsWith(Clock& clock) {
    FakeCloud::Options options;
    options.clock = &clock;
    return options;
  }

  std::string Make(const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.size = kGiB;
    absl::StatusOr<Volume> volume = a_->Create({}, spec);
    EXPECT_TRUE(volume.ok()) << volume.status();
    return volume.ok() ? volume->key.id : "";
  }

  CallContext In(Duration wait) { return {Deadline::After(clock_, wait)}; }

  SimulatedClock clock_;
  FakeCloud cloud_;
  FakeHost host_a_;
  FakeHost host_b_;
  std::unique_ptr<StorageDriver> a_;
  std::unique_ptr<StorageDriver> b_;
};

TEST_F(FakeCloudTest, AttachTakesItsTimeOnTheClock) {
  cloud_.SetAttachLatency(seconds(5));
  const std::string id = Make("vol");
  absl::StatusOr<Attachment> attachment = a_->Attach({}, id, {});
  ASSERT_TRUE(attachment.ok());
  EXPECT_EQ(attachment->state, AttachmentState::kAttaching);
  EXPECT_FALSE(host_a_.HasDevice(FakeCloud::DevicePathOf(id)));
  EXPECT_FALSE((*a_->FindLocal({}, id)).has_value());

  absl::StatusOr<LocalResource> local = absl::UnknownError("not yet");
  std::thread waiting([&] { local = a_->AwaitLocal({}, id); });
  clock_.WaitForWaiters(1);
  clock_.Advance(seconds(5));
  waiting.join();
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(local->path, FakeCloud::DevicePathOf(id));
  EXPECT_TRUE(host_a_.HasDevice(local->path));
  EXPECT_EQ(*host_a_.SizeOf(local->path), kGiB);
}

TEST_F(FakeCloudTest, AwaitLocalEndsWithItsDeadlineAndSaysWhatItWaitedFor) {
  cloud_.StickAttaching(true);
  const std::string id = Make("vol");
  ASSERT_TRUE(a_->Attach({}, id, {}).ok());
  absl::Status status;
  std::thread waiting([&] { status = a_->AwaitLocal(In(seconds(10)), id).status(); });
  clock_.WaitForWaiters(1);
  clock_.Advance(seconds(10));
  waiting.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("attaching"));
  cloud_.StickAttaching(false);
  EXPECT_TRUE(a_->AwaitLocal({}, id).ok());
}

TEST_F(FakeCloudTest, DetachWaitsUntilTheBackendSaysGone) {
  cloud_.SetDetachLatency(seconds(3));
  const std::string id = Make("vol");
  ASSERT_TRUE(a_->Attach({}, id, {}).ok());
  absl::Status late;
  std::thread first([&] { late = a_->Detach(In(seconds(1)), id, "", false); });
  clock_.WaitForWaiters(1);
  clock_.Advance(seconds(1));
  first.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  EXPECT_EQ(cloud_.Find(id)->attachments[0].state, AttachmentState::kDetaching);
  EXPECT_TRUE(absl::IsFailedPrecondition(b_->Attach({}, id, {}).status()));

  absl::Status done = absl::UnknownError("not yet");
  std::thread second([&] { done = a_->Detach({}, id, "", false); });  // joins
  clock_.WaitForWaiters(1);
  clock_.Advance(seconds(2));
  second.join();
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_FALSE(host_a_.HasDevice(FakeCloud::DevicePathOf(id)));
  EXPECT_EQ(cloud_.calls().Count("Detach", id), 2);
}

TEST_F(FakeCloudTest, DetachOfAMountedDeviceIsRefusedUnlessForced) {
  const std::string id = Make("vol");
  ASSERT_TRUE(a_->Attach({}, id, {}).ok());
  const std::string device = FakeCloud::DevicePathOf(id);
  ASSERT_TRUE(host_a_.Make(device, {.fs_type = "ext4", .extra = {}}).ok());
  ASSERT_TRUE(host_a_.Mount({device, "/", "ext4", {}, false}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(a_->Detach({}, id, "", false)));
  EXPECT_TRUE(b_->Detach({}, id, "node-a", true).ok());
  EXPECT_FALSE(host_a_.HasDevice(device));
  EXPECT_THAT(host_a_.TargetsOf(device), ElementsAre("/")) << "the mount stays, over nothing";
}

TEST_F(FakeCloudTest, ContentGoesWithTheVolumeToAnotherNode) {
  const std::string id = Make("vol");
  const std::string device = FakeCloud::DevicePathOf(id);
  ASSERT_TRUE(a_->Attach({}, id, {}).ok());
  EXPECT_TRUE(host_a_.Probe(device)->empty);
  ASSERT_TRUE(host_a_.Make(device, {.fs_type = "xfs", .extra = {}}).ok());
  ASSERT_TRUE(a_->Detach({}, id, "", false).ok());
  ASSERT_TRUE(b_->Attach({}, id, {}).ok());
  EXPECT_EQ(host_b_.Probe(device)->fs_type, "xfs");
}

TEST_F(FakeCloudTest, FaultsAreCountedAndUsedUp) {
  cloud_.calls().FailNext("Attach", absl::UnavailableError("the backend is away"), 2);
  const std::string id = Make("vol");
  EXPECT_TRUE(absl::IsUnavailable(a_->Attach({}, id, {}).status()));
  EXPECT_TRUE(absl::IsUnavailable(b_->Attach({}, id, {}).status()));
  EXPECT_TRUE(a_->Attach({}, id, {}).ok());
  EXPECT_EQ(cloud_.calls().Count("Attach"), 3);
  EXPECT_THAT(cloud_.calls().Log(),
              ElementsAre("Create vol", "Attach " + id, "Attach " + id, "Attach " + id));
}

TEST_F(FakeCloudTest, AFaultOfOneVolumeIsNotAnothers) {
  const std::string x = Make("x");
  const std::string y = Make("y");
  cloud_.calls().FailNext("Attach", absl::UnavailableError("the backend is away"), -1, x);
  EXPECT_TRUE(a_->Attach({}, y, {}).ok());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(a_->Attach({}, x, {}).ok());
  cloud_.calls().Clear();
  EXPECT_TRUE(a_->Attach({}, x, {}).ok());
}

TEST_F(FakeCloudTest, ALostAnswerHasDoneItsWork) {
  cloud_.calls().LoseAnswer("Create", absl::UnavailableError("connection reset"));
  CreateSpec spec;
  spec.name = "vol";
  spec.size = kGiB;
  EXPECT_TRUE(absl::IsUnavailable(a_->Create({}, spec).status()));
  EXPECT_EQ(cloud_.Volumes().size(), 1u);
  EXPECT_TRUE(absl::IsAlreadyExists(a_->Create({}, spec).status()));
}

TEST_F(FakeCloudTest, LatencyAndHangEndWithTheDeadline) {
  cloud_.calls().SetLatency("Get", seconds(9));
  const std::string id = Make("vol");
  absl::Status status;
  std::thread slow([&] { status = a_->Get(In(seconds(2)), id).status(); });
  clock_.WaitForWaiters(1);
  clock_.Advance(seconds(2));
  slow.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;

  cloud_.calls().Hang("Remove", id);
  const std::string other = Make("other");
  EXPECT_TRUE(a_->Remove({}, other).ok());
  std::thread hanging([&] { status = a_->Remove({}, id); });
  cloud_.calls().WaitUntilHanging("Remove");
  EXPECT_EQ(cloud_.Volumes().size(), 1u);
  cloud_.calls().Release("Remove");
  hanging.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(cloud_.Volumes().empty());
}

TEST_F(FakeCloudTest, ANodeHasAttachSlots) {
  cloud_.SetAttachLimit(1);
  const std::string x = Make("x");
  const std::string y = Make("y");
  ASSERT_TRUE(a_->Attach({}, x, {}).ok());
  EXPECT_TRUE(a_->Attach({}, x, {}).ok());  // it is there: no second slot
  EXPECT_TRUE(absl::IsResourceExhausted(a_->Attach({}, y, {}).status()));
  EXPECT_TRUE(b_->Attach({}, y, {}).ok());
  EXPECT_EQ(a_->ThisNode({})->attach_limit, 1);
}

TEST_F(FakeCloudTest, HolderStatesAndTearingAway) {
  const std::string id = Make("vol");
  ASSERT_TRUE(b_->Attach({}, id, {}).ok());
  EXPECT_EQ(*a_->StateOfHolder({}, "node-b"), HolderState::kRunning);
  cloud_.SetHolderState("node-b", HolderState::kGone);
  EXPECT_EQ(*a_->StateOfHolder({}, "node-b"), HolderState::kGone);
  EXPECT_EQ(*a_->StateOfHolder({}, "node-z"), HolderState::kUnknown);
  cloud_.TearAway(id);
  EXPECT_FALSE(host_b_.HasDevice(FakeCloud::DevicePathOf(id)));
  EXPECT_FALSE((*b_->FindLocal({}, id)).has_value());
  EXPECT_TRUE(a_->Attach({}, id, {}).ok());
}

TEST_F(FakeCloudTest, AnotherProgramsVolumesAreNotOurs) {
  Volume foreign;
  foreign.name = "legacy";
  foreign = cloud_.AddVolume(foreign);
  absl::StatusOr<Volume> seen = a_->Get({}, foreign.key.id);
  ASSERT_TRUE(seen.ok());
  EXPECT_FALSE(seen->created_by_us);
  EXPECT_FALSE(seen->blank);
  EXPECT_EQ(seen->size, kGiB);
}

TEST_F(FakeCloudTest, ListMayBeOldAndSaysSo) {
  FakeCloud::Options options = OptionsWith(clock_);
  options.list_cache_for = seconds(30);
  FakeCloud cloud(options);
  auto a = cloud.DriverFor("node-a");
  auto b = cloud.DriverFor("node-b");
  CreateSpec spec;
  spec.name = "vol";
  spec.size = kGiB;
  ASSERT_TRUE(a->List({}).ok());
  const TimePoint then = clock_.Now();
  ASSERT_TRUE(b->Create({}, spec).ok());
  clock_.Advance(seconds(10));
  EXPECT_TRUE(a->List({})->value.empty());
  EXPECT_EQ(a->List({})->as_of, then);
  EXPECT_EQ(b->List({})->value.size(), 1u);
  EXPECT_EQ(a->FindByName({}, {"vol"})->size(), 1u) << "always fresh";
  clock_.Advance(seconds(20));
  EXPECT_EQ(a->List({})->value.size(), 1u);
}

TEST_F(FakeCloudTest, ARebootFindsItsAttachments) {
  const std::string id = Make("vol");
  ASSERT_TRUE(a_->Attach({}, id, {}).ok());
  FakeHost rebooted(clock_);
  a_ = cloud_.DriverFor("node-a", rebooted);
  EXPECT_TRUE(rebooted.HasDevice(FakeCloud::DevicePathOf(id)));
  EXPECT_TRUE((*a_->FindLocal({}, id)).has_value());
}

TEST(CallScriptDeathTest, AnUnknownCallEndsTheTest) {
  FakeCloud cloud;
  EXPECT_DEATH(cloud.calls().Hang("Atach"), "has no call \"Atach\"");
}

}  // namespace
}  // namespace rexray::drivers::fake
