#include "gmock/gmock.h"

#include "engine/deadline_timer.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

TEST(DeadlineTimerTest, RunsInOrderOfTime) {
  SimulatedClock clock;
  DeadlineTimer timer(clock);
  std::promise<void> done;
  std::vector<int> order;
  timer.At(clock.Now() + std::chrono::seconds(3), [&] {
    order.push_back(3);
    done.set_value();
  });
  timer.At(clock.Now() + std::chrono::seconds(1), [&] { order.push_back(1); });
  timer.Cancel(timer.At(clock.Now() + std::chrono::seconds(2), [&] { order.push_back(2); }));
  EXPECT_EQ(timer.At(TimePoint::max(), [] {}), 0u);
  clock.Advance(std::chrono::seconds(3));
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 3}));
}

TEST(DeadlineTimerTest, StopDropsWhatWaits) {
  SimulatedClock clock;
  DeadlineTimer timer(clock);
  auto held = std::make_shared<int>();
  timer.At(clock.Now() + std::chrono::seconds(1), [held] { FAIL(); });
  timer.Stop();
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(held.use_count(), 1);
}

class DeadlineTest : public EngineFixture {};

TEST_F(DeadlineTest, ALateMountSaysWhatItWaitsForAndIsJoinedByTheRetry) {
  const std::string id = Create("v");
  cloud().calls().Hang("Attach");
  Pending<Path> first = StartMount("v", DockerConsumer('a'));
  cloud().calls().WaitUntilHanging("Attach");
  EXPECT_THAT(View("v").waiting_for, HasSubstr("attach: waiting for the backend to attach it"));
  Advance(std::chrono::seconds(110));
  const Path late = first.Wait();
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(std::string(MessageOf(late.status())),
            "volume \"v\": still waiting for the backend to attach it (step attach, 110 s); the work goes "
            "on, repeat the "
            "call to join it");
  Pending<Path> retry = StartMount("v", DockerConsumer('a'));
  cloud().calls().Release("Attach");
  ASSERT_TRUE(retry.Wait().ok());
  Settle("v");
  EXPECT_EQ(cloud().calls().Count("Attach"), 1);
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
}

TEST_F(DeadlineTest, ALateMountLeavesAStageForTheGrace) {
  Create("v");
  host().calls().Hang("Mount");
  Pending<Path> first = StartMount("v", DockerConsumer('a'));
  host().calls().WaitUntilHanging("Mount");
  Advance(std::chrono::seconds(110));
  ASSERT_FALSE(first.Wait().ok());
  host().calls().Release("Mount");
  Settle("v");
  EXPECT_EQ(View("v").state, StageState::kStaged);
  EXPECT_TRUE(View("v").consumers.empty());
  Advance(std::chrono::seconds(120));
  Until([&] { return View("v").state == StageState::kDetached; });
}

TEST_F(DeadlineTest, AStuckVolumeDelaysNobodyElse) {
  Create("stuck");
  Create("v");
  host().calls().Hang("Mount", StagePath("stuck"));
  Pending<Path> stuck = StartMount("stuck", CliConsumer());
  host().calls().WaitUntilHanging("Mount");
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(List()->size(), 2u);
  EXPECT_TRUE(Get("stuck").ok());
  EXPECT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_FALSE(stuck.Ready());
  host().calls().Release("Mount");
  EXPECT_TRUE(stuck.Wait().ok());
}

TEST_F(DeadlineTest, AHungUnmountIsAnsweredAndConverges) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  host().calls().Hang("Unmount");
  Pending<absl::Status> first = StartUnmount("v", CliConsumer());
  host().calls().WaitUntilHanging("Unmount");
  Advance(std::chrono::seconds(110));
  const absl::Status late = first.Wait();
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(late)), HasSubstr("step umount"));
  Pending<absl::Status> retry = StartUnmount("v", CliConsumer());
  Pending<Path> next = StartMount("v", DockerConsumer('a'));  // behind both
  host().calls().Release("Unmount");
  EXPECT_EQ(retry.Wait(), absl::OkStatus());
  ASSERT_TRUE(next.Wait().ok());
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

TEST_F(DeadlineTest, AnUnmountAfterARunningMountComesAfterIt) {
  Create("v");
  host().calls().Hang("Mount");
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  host().calls().WaitUntilHanging("Mount");
  Pending<absl::Status> unmount = StartUnmount("v", DockerConsumer('a'));
  Pending<Path> again = StartMount("v", DockerConsumer('b'));
  host().calls().Release("Mount");
  EXPECT_TRUE(mount.Wait().ok());
  EXPECT_EQ(unmount.Wait(), absl::OkStatus());
  EXPECT_TRUE(again.Wait().ok());
  const VolumeView view = View("v");
  ASSERT_EQ(view.consumers.size(), 1u);
  EXPECT_EQ(view.consumers.front().consumer, DockerConsumer('b'));
}

TEST_F(DeadlineTest, TooManyAtOnceAreRefusedAtOnce) {
  options_.operation_limit = 3;
  cloud().calls().Hang("PoolOf");  // the engine's own look at the pool has the third place throughout
  for (const char* name :
       {"a", "b", "c"}) {  // not by the engine: an operation's thread ends after its answer
    Volume volume;
    volume.name = name;
    cloud().AddVolume(volume);
  }
  host().calls().Hang("Mount");
  Pending<Path> a = StartMount("a", CliConsumer());
  Pending<Path> b = StartMount("b", CliConsumer());
  host().calls().WaitUntilHanging("Mount", 2);
  cloud().calls().WaitUntilHanging("PoolOf");
  const Path refused = Mount("c", CliConsumer());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("\"c\""));
  host().calls().Release("Mount");
  EXPECT_TRUE(a.Wait().ok());
  EXPECT_TRUE(b.Wait().ok());
  Until([&] { return Mount("c", CliConsumer()).ok(); });
  cloud().calls().Release("PoolOf");
}

TEST_F(DeadlineTest, TheEndAnswersThoseWhoStillWait) {
  Create("v");
  host().calls().Hang("Mount");
  Pending<Path> mount = StartMount("v", CliConsumer());
  host().calls().WaitUntilHanging("Mount");
  engine().Shutdown(Deadline::At(clock_.Now()));
  EXPECT_EQ(mount.Wait().status().code(), absl::StatusCode::kUnavailable);
  host().calls().Release("Mount");
}

TEST_F(DeadlineTest, AWaiterThatNobodyServesAnyMoreStartsNothing) {
  Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  host().calls().Hang("Unmount");
  Pending<absl::Status> unmount = StartUnmount("v", CliConsumer());
  host().calls().WaitUntilHanging("Unmount");
  Pending<Path> mount = StartMount("v", DockerConsumer('a'));
  Advance(std::chrono::seconds(110));
  EXPECT_FALSE(mount.Wait().ok());
  EXPECT_FALSE(unmount.Wait().ok());
  host().calls().Release("Unmount");
  Settle("v");
  EXPECT_EQ(host().calls().Count("Mount"), 1);
  EXPECT_EQ(View("v").state, StageState::kDetached);
}

}  // namespace
}  // namespace rexray::engine
