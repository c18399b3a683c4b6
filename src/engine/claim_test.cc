// A volume that another node has: waiting for it, and taking it.

#include "gmock/gmock.h"

#include "base/testing/virtual_time.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class ClaimTest : public EngineFixture {
 protected:
  void SetUp() override {
    id_ = Create("v");
    cloud().AttachTo(id_, "node-b");
  }
  MountSpec With(Preempt preempt) {
    MountSpec spec;
    spec.preempt = preempt;
    return spec;
  }
  /// Lets time pass until it is answered: each pause of the wait as long as it is, so that no deadline is run
  /// over.
  Path Answer(Pending<Path>& pending) {
    for (Duration pause = std::chrono::seconds(1);;
         pause = std::min<Duration>(2 * pause, std::chrono::seconds(10))) {
      Until([&] { return pending.Ready() || Waits(); });
      if (pending.Ready()) return pending.Wait();
      const int attached = cloud().calls().Count("Attach");
      Advance(pause);
      Until([&] { return pending.Ready() || cloud().calls().Count("Attach") > attached; });
    }
  }
  bool Waits() { return View("v").waiting_for.find("await_free") != std::string::npos; }
  std::string TextOf(const std::string& kind) {
    for (const Event& event : events_->Since(0)) {
      if (event.kind == kind) return event.text;
    }
    return "";
  }
  std::string id_;
};

TEST_F(ClaimTest, ACleanFailOverSucceeds) {
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  Until([&] { return Waits(); });
  AwaitOthersAsleep();  // it says first that it waits, then for whom
  EXPECT_THAT(View("v").waiting_for, HasSubstr("node-b (running)"));
  cloud().TearAway(id_);  // node-b has unmounted and detached it
  const Path path = Answer(mount);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(AttachedHere(id_));
  EXPECT_EQ(EventsOfKind("waiting"), 1u);
  EXPECT_EQ(EventsOfKind("preempted"), 0u);
}

TEST_F(ClaimTest, OneThatIsBeingDetachedThereIsWaitedFor) {
  cloud().SetDetachLatency(std::chrono::seconds(20));
  auto node_b = cloud().DriverFor("node-b");
  std::thread detach([&] { EXPECT_EQ(node_b->Detach({}, id_, "", false), absl::OkStatus()); });
  Until([&] { return cloud().Find(id_)->attachments.front().state == AttachmentState::kDetaching; });
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  const Path path = Answer(mount);
  detach.join();
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_THAT(TextOf("waiting"), HasSubstr("detaching"));
}

TEST_F(ClaimTest, WhenItDoesNotBecomeFreeTheAnswerNamesTheHolderBeforeTheDeadline) {
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  const Path path = Answer(mount);
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition) << path.status();
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("attached to node-b (running)"));
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("rexray.volume.mount.preempt"));
  EXPECT_EQ(cloud().Find(id_)->attachments.front().node, "node-b");
  EXPECT_LT(cloud().calls().Count("Attach"), 25) << "the backend is not asked all the time";
  EXPECT_TRUE(journal_->Stages()->empty());
}

TEST_F(ClaimTest, NobodyWaitsAnyMoreAndItIsNotTaken) {
  Pending<Path> mount;
  engine().Mount(Named("v"), DockerConsumer('a'), {}, Deadline::After(clock_, std::chrono::seconds(2)),
                 Received(mount));
  EXPECT_FALSE(Answer(mount).ok());
  Until([&] {
    Advance(std::chrono::seconds(1));
    return View("v").waiting_for.empty();
  });
  cloud().TearAway(id_);
  Settle("v");
  EXPECT_FALSE(AttachedHere(id_));
}

TEST_F(ClaimTest, ASecondCallerJoinsTheWait) {
  Pending<Path> first = StartMount("v", DockerConsumer('a'));
  Until([&] { return Waits(); });
  Pending<Path> second = StartMount("v", DockerConsumer('b'));
  cloud().TearAway(id_);
  EXPECT_TRUE(Answer(first).ok());
  EXPECT_TRUE(Answer(second).ok());
  EXPECT_EQ(View("v").consumers.size(), 2u);
}

TEST_F(ClaimTest, StoppingEndsTheWait) {
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  Until([&] { return Waits(); });
  engine().Shutdown(Deadline::After(clock_, std::chrono::seconds(20)));
  EXPECT_EQ(mount.Wait().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClaimTest, WhenDeadLeavesItToANodeThatRuns) {
  for (const HolderState state : {HolderState::kRunning, HolderState::kUnknown}) {
    cloud().SetHolderState("node-b", state);
    Pending<Path> mount = StartMount("v", DockerConsumer('a'), With(Preempt::kWhenDead));
    const Path path = Answer(mount);
    EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition) << path.status();
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("when-dead"));
    EXPECT_EQ(cloud().Find(id_)->attachments.front().node, "node-b");
  }
  EXPECT_EQ(EventsOfKind("preempted"), 0u);
}

TEST_F(ClaimTest, WhenDeadLeavesItWhenTheStateCannotBeHad) {
  cloud().SetHolderState("node-b", HolderState::kGone);
  cloud().calls().FailNext("StateOfHolder", absl::UnavailableError("the backend is away"), -1);
  Pending<Path> mount = StartMount("v", DockerConsumer('a'), With(Preempt::kWhenDead));
  EXPECT_FALSE(Answer(mount).ok());
  EXPECT_EQ(cloud().Find(id_)->attachments.front().node, "node-b");
}

TEST_F(ClaimTest, WhenDeadTakesItFromANodeThatIsStoppedOrGone) {
  for (const HolderState state : {HolderState::kStopped, HolderState::kGone}) {
    cloud().AttachTo(id_, "node-b");
    cloud().SetHolderState("node-b", state);
    const Path path = Mount("v", DockerConsumer('a'), With(Preempt::kWhenDead));
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_TRUE(AttachedHere(id_));
    ASSERT_EQ(Unmount("v", DockerConsumer('a'), /*now=*/true), absl::OkStatus());
  }
  EXPECT_EQ(EventsOfKind("preempted"), 2u);
  EXPECT_THAT(TextOf("preempted"), HasSubstr("node-b (stopped)"));
}

TEST_F(ClaimTest, WhenDeadTakesItWhenTheHolderDiesDuringTheWait) {
  Pending<Path> mount = StartMount("v", DockerConsumer('a'), With(Preempt::kWhenDead));
  Until([&] { return Waits(); });
  EXPECT_EQ(EventsOfKind("preempted"), 0u);
  cloud().SetHolderState("node-b", HolderState::kStopped);
  const Path path = Answer(mount);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(AttachedHere(id_));
}

TEST_F(ClaimTest, TrueTakesItFromANodeThatRunsAndSaysInWhatStateThatWas) {
  const Path path = Mount("v", DockerConsumer('a'), With(Preempt::kAlways));
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_THAT(TextOf("preempted"), HasSubstr("node-b (running)"));
}

TEST_F(ClaimTest, TheServiceDecidesWhereTheCallDoesNot) {
  Stop();
  service_.preempt = Preempt::kWhenDead;
  cloud().SetHolderState("node-b", HolderState::kStopped);
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a'), /*now=*/true), absl::OkStatus());
  cloud().AttachTo(id_, "node-b");
  Pending<Path> mount = StartMount("v", DockerConsumer('a'), With(Preempt::kNever));
  EXPECT_FALSE(Answer(mount).ok()) << "the call's word counts before the service's";
}

TEST_F(ClaimTest, AFreeVolumeCostsOneCall) {
  cloud().TearAway(id_);
  cloud().calls().ForgetCalls();
  ASSERT_TRUE(Mount("v", DockerConsumer('a'), With(Preempt::kWhenDead)).ok());
  EXPECT_EQ(cloud().calls().Count("Attach"), 1);
  EXPECT_EQ(cloud().calls().Count("Get"), 0);
  EXPECT_EQ(cloud().calls().Count("StateOfHolder"), 0);
}

TEST_F(ClaimTest, ARefusalThatNoNodeExplainsIsTheAnswer) {
  cloud().TearAway(id_);
  cloud().calls().FailNext("Attach", absl::FailedPreconditionError("its key is disabled"), -1);
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  const Path path = Answer(mount);
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("its key is disabled"));
  EXPECT_EQ(cloud().calls().Count("Attach"), 2);
}

TEST_F(ClaimTest, AnOperatorsForceIsWrittenDownWithTheHoldersState) {
  cloud().SetHolderState("node-b", HolderState::kStopped);
  Pending<absl::StatusOr<VolumeView>> attached;
  engine().Attach(Named("v"), /*force=*/true, Soon(), attached.Done());
  ASSERT_TRUE(attached.Wait().ok());
  EXPECT_THAT(TextOf("preempted"), HasSubstr("node-b (stopped), as an operator asked"));
}

}  // namespace
}  // namespace rexray::engine
