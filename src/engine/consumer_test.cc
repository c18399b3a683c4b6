#include <thread>

#include "gmock/gmock.h"

#include "engine/consumer_rule.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

TEST(ConsumerOfDockerIdTest, KnowsWhoCounts) {
  const std::string hex(64, 'a');
  EXPECT_EQ(ConsumerOfDockerId("v", hex), (Consumer{Consumer::Api::kDocker, hex, true}));
  EXPECT_EQ(ConsumerOfDockerId("v", "dvdcli:v"), (Consumer{Consumer::Api::kDvdcli, "dvdcli:v", false}));
  EXPECT_EQ(ConsumerOfDockerId("v", ""), (Consumer{Consumer::Api::kUnknown, "", false}));
  EXPECT_EQ(ConsumerOfDockerId("v", "dvdcli:w").api, Consumer::Api::kUnknown) << "another volume's";
  EXPECT_FALSE(ConsumerOfDockerId("v", std::string(63, 'a')).counted);
  EXPECT_FALSE(ConsumerOfDockerId("v", std::string(64, 'A')).counted) << "dockerd writes small letters";
  EXPECT_FALSE(ConsumerOfDockerId("v", std::string(64, 'g')).counted);
  const std::string podman = "2f73349c" + std::string(50, '0') + "918ec2";
  EXPECT_EQ(ConsumerOfDockerId("v", podman), (Consumer{Consumer::Api::kPodman, podman, false}));
}

class ConsumerTest : public EngineFixture {
 protected:
  ConsumerTest() { Create("v"); }
};

TEST_F(ConsumerTest, CountedOnesCount) {
  const Consumer docker = DockerConsumer('a');
  ASSERT_TRUE(Mount("v", docker).ok());
  ASSERT_TRUE(Mount("v", docker).ok());  // docker cp on a running container
  EXPECT_EQ(CountOf(View("v"), docker), 2);
  ASSERT_EQ(Unmount("v", docker), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kInUse);
  ASSERT_EQ(Unmount("v", docker), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kDetached);
  EXPECT_EQ(Unmount("v", docker), absl::OkStatus()) << "what is not mounted";
}

TEST_F(ConsumerTest, OthersAreASet) {
  for (const Consumer& consumer :
       {ConsumerOfDockerId("v", ""), ConsumerOfDockerId("v", "dvdcli:v"), CliConsumer()}) {
    ASSERT_TRUE(Mount("v", consumer).ok());
    ASSERT_TRUE(Mount("v", consumer).ok());
    EXPECT_EQ(CountOf(View("v"), consumer), 1);
    ASSERT_EQ(Unmount("v", consumer), absl::OkStatus());
    EXPECT_EQ(View("v").state, StageState::kDetached);
  }
}

TEST_F(ConsumerTest, TheStageGoesWithTheLast) {
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  ASSERT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(ConsumerTest, AnUnknownIdEndsNothingWhileOthersHoldIt) {
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  EXPECT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

TEST_F(ConsumerTest, IgnoreUsedCountDropsOnlyTheUncounted) {
  Stop();
  service_.ignore_used_count = true;
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_TRUE(Mount("v", ConsumerOfDockerId("v", "")).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_EQ(View("v").consumers.size(), 1u);
  EXPECT_EQ(View("v").consumers.front().consumer, DockerConsumer('a'));
}

TEST_F(ConsumerTest, TwoMountsAtOnceAreOne) {
  host().calls().Hang("Mount");
  Pending<Path> first = StartMount("v", DockerConsumer('a'));
  host().calls().WaitUntilHanging("Mount");
  Pending<Path> repeat = StartMount("v", DockerConsumer('a'));
  Pending<Path> other = StartMount("v", DockerConsumer('b'));
  Pending<Path> cli = StartMount("v", CliConsumer());
  EXPECT_FALSE(repeat.Ready());
  host().calls().Release("Mount");
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_TRUE(repeat.Wait().ok());
  EXPECT_TRUE(other.Wait().ok());
  EXPECT_TRUE(cli.Wait().ok());
  Settle("v");
  EXPECT_EQ(host().calls().Count("Mount"), 1);
  const VolumeView view = View("v");
  EXPECT_EQ(CountOf(view, DockerConsumer('a')), 1) << "a repeat that joins a running Mount adds nothing";
  EXPECT_EQ(view.consumers.size(), 3u);
}

TEST_F(ConsumerTest, AnErrorReachesEverybodyWhoJoined) {
  host().calls().Hang("Probe");
  Pending<Path> first = StartMount("v", DockerConsumer('a'));
  host().calls().WaitUntilHanging("Probe");
  Pending<Path> second = StartMount("v", DockerConsumer('b'));
  host().calls().FailNext("Make", absl::InternalError("no mkfs"));
  host().calls().Release("Probe");
  EXPECT_THAT(std::string(MessageOf(first.Wait().status())), HasSubstr("no mkfs"));
  EXPECT_THAT(std::string(MessageOf(second.Wait().status())), HasSubstr("no mkfs"));
  EXPECT_TRUE(View("v").consumers.empty());
}

TEST_F(ConsumerTest, ACallerWhoHungUpIsNoConsumerAndTheStageWaits) {
  Pending<Path> answer;
  engine().Mount(Named("v"), DockerConsumer('a'), {}, Soon(), HungUp(answer));
  ASSERT_TRUE(answer.Wait().ok());
  Settle("v");
  EXPECT_EQ(View("v").state, StageState::kStaged);
  EXPECT_TRUE(View("v").consumers.empty());
  EXPECT_TRUE(journal_->Consumers()->empty());
  Advance(std::chrono::seconds(119));
  Settle("v");
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  Advance(std::chrono::seconds(2));
  Until([&] { return View("v").state == StageState::kDetached; });
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(ConsumerTest, TheRetryWithinTheGraceKeepsTheStage) {
  Pending<Path> answer;
  engine().Mount(Named("v"), DockerConsumer('a'), {}, Soon(), HungUp(answer));
  ASSERT_TRUE(answer.Wait().ok());
  Settle("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  Advance(std::chrono::seconds(200));
  Settle("v");
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(host().calls().Count("Mount"), 1);
}

TEST_F(ConsumerTest, AHangUpTakesBackOnlyItsOwn) {
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  for (const Consumer& consumer : {DockerConsumer('a'), CliConsumer()}) {
    Pending<Path> answer;
    engine().Mount(Named("v"), consumer, {}, Soon(), HungUp(answer));
    ASSERT_TRUE(answer.Wait().ok());
    Settle("v");
    EXPECT_EQ(CountOf(View("v"), consumer), 1);
  }
}

TEST_F(ConsumerTest, OneOfTwoCallersStayedSoItCounts) {
  host().calls().Hang("Mount");
  Pending<Path> gone;
  engine().Mount(Named("v"), DockerConsumer('a'), {}, Soon(), HungUp(gone));
  host().calls().WaitUntilHanging("Mount");
  Pending<Path> retry = StartMount("v", DockerConsumer('a'));
  host().calls().Release("Mount");
  ASSERT_TRUE(gone.Wait().ok());
  ASSERT_TRUE(retry.Wait().ok());
  Settle("v");
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
}

TEST_F(ConsumerTest, AReleaseEndsAllUsesOfOneId) {
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  const auto release = [&](const std::string& id) {
    Pending<absl::Status> answer;
    engine().ReleaseConsumer(Named("v"), id, Soon(), answer.Done());
    return answer.Wait();
  };
  EXPECT_EQ(release("nobody").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(release(std::string(64, 'a')), absl::OkStatus());
  EXPECT_EQ(View("v").consumers.size(), 1u);
  EXPECT_EQ(release("cli"), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kDetached);
  EXPECT_EQ(release("cli").code(), absl::StatusCode::kNotFound);
}

TEST_F(ConsumerTest, TheyAndTheStageSurviveARestart) {
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  const VolumeView before = View("v");
  Restart();
  const VolumeView after = View("v");
  EXPECT_EQ(after.state, StageState::kInUse);
  EXPECT_EQ(CountOf(after, DockerConsumer('a')), 2);
  EXPECT_EQ(CountOf(after, CliConsumer()), 1);
  EXPECT_EQ(after.mount_point, before.mount_point);
  EXPECT_EQ(after.device, before.device);
  EXPECT_EQ(host().calls().Count("Mount"), 1);
  EXPECT_EQ(*PathOf("v"), before.mount_point);
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kInUse) << "the first unmount after a restart pulls nothing";
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kDetached);
}

}  // namespace
}  // namespace rexray::engine
