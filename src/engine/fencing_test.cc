// A volume that is taken from this node while it is mounted.

#include "gmock/gmock.h"

#include "base/testing/virtual_time.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class FencingTest : public EngineFixture {
 protected:
  void MountIt() {
    id_ = Create("v");
    ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  }
  bool Lost() { return View("v").state == StageState::kLost && journal_->Intents()->empty(); }
  void ExpectFenced() {
    EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
    EXPECT_FALSE(std::filesystem::exists(StagePath("v")));
    EXPECT_EQ(EventsOfKind("fenced"), 1u);
    EXPECT_EQ(host().calls().Count("UnmountLazily"), 1);
    EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1) << "it is lost, not forgotten";
    EXPECT_EQ(View("v").mount_point, "");
    EXPECT_EQ(*PathOf("v"), "");
  }
  /// Time passes, as slowly as the polls work.
  void Pass(Duration by) {
    const TimePoint until = clock_.Now() + by;
    while (clock_.Now() < until) {
      AwaitOthersAsleep();
      Advance(std::chrono::seconds(1));
    }
    AwaitOthersAsleep();
  }
  std::string id_;
};

TEST_F(FencingTest, ADeviceThatIsRemovedIsNoticedAtOnce) {
  MountIt();
  cloud().AttachTo(id_, "node-b");  // and its device vanishes here
  Until([&] { return Lost(); });
  ExpectFenced();
  EXPECT_THAT(View("v").waiting_for, HasSubstr("was removed from this node"));
  EXPECT_EQ(cloud().Find(id_)->attachments.front().node, "node-b") << "it is not taken back";
}

TEST_F(FencingTest, AnOldDevicesRemovalDoesNotForgetAnAttachmentWhoseAnswerWasLost) {
  cloud_options_.detach_latency = std::chrono::seconds(2);
  MountIt();
  Pending<absl::Status> unmounted = StartUnmount("v", DockerConsumer('a'), /*now=*/true);
  AwaitOthersAsleep();  // the detach waits for the backend
  ASSERT_EQ(cloud().calls().Count("Detach"), 1);
  // Its turn is behind the detach, and before what the removal of the device brings about.
  cloud().calls().LoseAnswer("Attach", absl::UnavailableError("the connection broke"));
  host().calls().FailNext("CheckUnused", absl::UnavailableError("no answer"));
  Pending<Path> mounted = StartMount("v", DockerConsumer('b'));
  while (!mounted.Ready()) Pass(std::chrono::seconds(1));
  ASSERT_FALSE(mounted.Wait().ok());
  EXPECT_EQ(AttachedHere(id_), journal_->Stages()->size() == 1) << "what is attached is in the journal";
  Pass(std::chrono::minutes(5));
  EXPECT_FALSE(AttachedHere(id_)) << "and is detached in the end";
  EXPECT_TRUE(journal_->Stages()->empty());
}

TEST_F(FencingTest, ALostVolumeIsRefusedUntilItsConsumersHaveEnded) {
  MountIt();
  cloud().TearAway(id_);
  Until([&] { return Lost(); });
  for (const char who : {'a', 'b'}) {
    const Path path = Mount("v", DockerConsumer(who));
    EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("was taken away from this node"));
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("rexray volume release v"));
  }
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kDetached);
  EXPECT_TRUE(journal_->Stages()->empty());
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(FencingTest, AnOperatorReleasesItsConsumers) {
  MountIt();
  cloud().TearAway(id_);
  Until([&] { return Lost(); });
  Pending<absl::Status> released;
  engine().ReleaseConsumer(Named("v"), std::string(64, 'a'), Soon(), released.Done());
  EXPECT_EQ(released.Wait(), absl::OkStatus());
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(FencingTest, AttachedAgainItIsMountedAgain) {
  MountIt();
  cloud().TearAway(id_);
  Until([&] { return Lost(); });
  cloud().AttachTo(id_, kNode);
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(View("v").consumers.size(), 2u);
  EXPECT_EQ(journal_->Stages()->front().lost_because, "");
}

TEST_F(FencingTest, AnOperatorAttachesItAgain) {
  MountIt();
  cloud().TearAway(id_);
  Until([&] { return Lost(); });
  Pending<absl::StatusOr<VolumeView>> attached;
  engine().Attach(Named("v"), false, Soon(), attached.Done());
  ASSERT_TRUE(attached.Wait().ok());
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(FencingTest, ItIsLostAfterARestartToo) {
  MountIt();
  cloud().TearAway(id_);
  Until([&] { return Lost(); });
  Restart();
  Settle("v");
  EXPECT_EQ(View("v").state, StageState::kLost);
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  EXPECT_THAT(View("v").waiting_for, HasSubstr("was removed"));
  EXPECT_FALSE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(FencingTest, WhatWentAwayWhileTheDaemonWasDownIsFound) {
  MountIt();
  Stop();
  cloud().AttachTo(id_, "node-b");
  Start();
  Until([&] { return Lost(); });
  ExpectFenced();
}

TEST_F(FencingTest, ARemovalThatDidNotHappenChangesNothing) {
  MountIt();
  host().TellRemoval(drivers::fake::FakeCloud::DevicePathOf(id_));
  Until([&] { return host().calls().Count("CheckPresent") > 0; });
  Settle("v");
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(host().calls().Count("UnmountLazily"), 0);
}

TEST_F(FencingTest, OurOwnDetachIsNoLoss) {
  MountIt();
  ASSERT_EQ(Unmount("v", DockerConsumer('a'), /*now=*/true), absl::OkStatus());
  Settle("v");
  EXPECT_EQ(EventsOfKind("fenced"), 0u);
  EXPECT_EQ(View("v").state, StageState::kDetached);
}

TEST_F(FencingTest, WhatNobodyUsesIsForgotten) {
  id_ = Create("v");
  Pending<Path> gone;
  engine().Mount(Named("v"), CliConsumer(), {}, Soon(), HungUp(gone));
  ASSERT_TRUE(gone.Wait().ok());
  cloud().TearAway(id_);
  Until([&] { return View("v").state == StageState::kDetached; });
  Until([&] { return journal_->Stages()->empty(); });
}

TEST_F(FencingTest, ThePollNoticesWithoutTheKernelAndIsNoFasterThanEveryFiveMinutes) {
  options_.attachment_poll = std::chrono::minutes(5);
  MountIt();
  host().KeepDevices(true);
  Until([&] {
    Pass(std::chrono::seconds(1));
    return cloud().calls().Count("List") > 0;
  });
  cloud().calls().ForgetCalls();
  Pass(std::chrono::hours(1));
  EXPECT_GE(cloud().calls().Count("List"), 2);
  EXPECT_LE(cloud().calls().Count("List"), 60 / 5);
  EXPECT_EQ(cloud().calls().Count("Get"), 0);
  cloud().AttachTo(id_, "node-b");
  Until([&] {
    Pass(std::chrono::seconds(5));
    return Lost();
  });
  ExpectFenced();
}

TEST_F(FencingTest, ABackendThatForgetsForAMomentTakesNothingAway) {
  options_.attachment_poll = std::chrono::minutes(5);
  MountIt();
  host().KeepDevices(true);
  cloud().TearAway(id_);  // for List, and for the first Get
  cloud().calls().Hang("Get");
  const int before = cloud().calls().Count("Get");
  Until([&] {
    if (cloud().calls().Count("Get") == before) Pass(std::chrono::seconds(1));
    return cloud().calls().Count("Get") > before;
  });
  cloud().calls().Release("Get");
  cloud().calls().Hang("Get");
  Until([&] {
    Pass(std::chrono::seconds(1));
    return cloud().calls().Count("Get") == before + 2;
  });
  cloud().AttachTo(id_, kNode);
  cloud().calls().Clear();
  Until([&] {
    Pass(std::chrono::seconds(1));
    return View("v").waiting_for.empty();
  });
  EXPECT_EQ(cloud().calls().Count("Get"), before + 2);
  EXPECT_EQ(EventsOfKind("fenced"), 0u);
}

TEST_F(FencingTest, ABackendThatIsAwayTakesNothingAway) {
  options_.attachment_poll = std::chrono::minutes(5);
  MountIt();
  cloud().calls().FailNext("List", absl::UnavailableError("away"), -1);
  cloud().calls().FailNext("Get", absl::UnavailableError("away"), -1);
  host().TellRemoval(drivers::fake::FakeCloud::DevicePathOf(id_));
  Pass(std::chrono::minutes(30));
  Until([&] { return EventsOfKind("fence-unknown") > 0; });
  EXPECT_EQ(EventsOfKind("fenced"), 0u);
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(FencingTest, AnIoErrorAsksTheBackendAtOnce) {
  options_.device_poll = std::chrono::seconds(30);
  MountIt();
  host().KeepDevices(true);
  cloud().AttachTo(id_, "node-b");
  host().calls().FailNext("ReadBlock", absl::DataLossError("cannot be read: Input/output error"), -1);
  cloud().calls().Hang("Get");
  Pass(std::chrono::minutes(1));
  cloud().calls().WaitUntilHanging("Get");  // no more time passes before it is asked
  cloud().calls().Clear();
  Until([&] {
    Pass(std::chrono::seconds(1));
    return Lost();
  });
  ExpectFenced();
}

TEST_F(FencingTest, AFailingDiskThatIsStillOursStays) {
  options_.attachment_poll = std::chrono::minutes(5);
  options_.device_poll = std::chrono::seconds(30);
  MountIt();
  host().calls().FailNext("ReadBlock", absl::DataLossError("cannot be read: Input/output error"), -1);
  cloud().calls().ForgetCalls();
  Until([&] {
    Pass(std::chrono::seconds(1));
    return EventsOfKind("io-error") >= 3;
  });
  Settle("v");
  EXPECT_LE(cloud().calls().Count("Get"), 3) << "the backend is not asked for each error";
  EXPECT_GT(host().calls().Count("ReadBlock"), 3);
  EXPECT_EQ(EventsOfKind("fenced"), 0u);
  EXPECT_EQ(View("v").state, StageState::kInUse);
}

TEST_F(FencingTest, AFullJournalDoesNotKeepItMounted) {
  MountIt();
  journal_->FailAfter(0);
  cloud().TearAway(id_);
  Until([&] { return View("v").state == StageState::kLost; });
  Until([&] { return !host().MountAt(StagePath("v")).has_value(); });
  journal_->Heal();
}

}  // namespace
}  // namespace rexray::engine
