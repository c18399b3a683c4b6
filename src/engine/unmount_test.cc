#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class UnmountTest : public EngineFixture {};

TEST_F(UnmountTest, ABusyOneChangesNothingAndCanBeRepeated) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  host().SetMountHolders(StagePath("v"), {{4711, "postgres", "current directory"}});
  const absl::Status busy = Unmount("v", DockerConsumer('a'));
  EXPECT_EQ(busy.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(busy)), HasSubstr("postgres"));
  EXPECT_THAT(std::string(MessageOf(busy)), HasSubstr("\"v\""));
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  EXPECT_TRUE(AttachedHere(id));
  host().SetMountHolders(StagePath("v"), {});
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(UnmountTest, ADeviceThatAnotherNamespaceHoldsStaysAttachedUntilItIsFree) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  const std::string device = View("v").device;
  host().HoldDevice(device, "another mount namespace (pid 4711)");
  EXPECT_EQ(Unmount("v", CliConsumer()), absl::OkStatus()) << "the unmount that was asked for took place";
  EXPECT_TRUE(AttachedHere(id));
  const VolumeView view = View("v");
  EXPECT_EQ(view.state, StageState::kAttached);
  EXPECT_THAT(view.waiting_for, HasSubstr("pid 4711"));
  EXPECT_EQ(cloud().calls().Count("Detach"), 0);
  EXPECT_EQ(EventsOfKind("still-in-use"), 1u);

  Advance(std::chrono::seconds(3));
  Settle("v");
  EXPECT_TRUE(AttachedHere(id));
  host().HoldDevice(device, "");
  Until([&] {
    if (AttachedHere(id)) Advance(std::chrono::seconds(60));
    return !AttachedHere(id);
  });
  Until([&] { return View("v").state == StageState::kDetached; });
  EXPECT_EQ(EventsOfKind("still-in-use"), 1u) << "said once, not at each attempt";
}

TEST_F(UnmountTest, TheNextUnmountTriesAgainToo) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  const std::string device = View("v").device;
  host().HoldDevice(device, "somebody");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  host().HoldDevice(device, "");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(UnmountTest, AHeldDeviceCanBeMountedAgain) {
  Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  host().HoldDevice(View("v").device, "another mount namespace");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  const int checks = host().calls().Count("Check");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(host().calls().Count("Check"), checks) << "what is in use is not checked";
  EXPECT_EQ(View("v").waiting_for, "");
  EXPECT_EQ(cloud().calls().Count("Attach"), 1);
}

TEST_F(UnmountTest, ADetachThatFailsIsShownAndTriedAgain) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  cloud().calls().FailNext("Detach", absl::UnavailableError("the backend is away"));
  EXPECT_EQ(Unmount("v", CliConsumer()), absl::OkStatus()) << "it is unmounted, and that was asked for";
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_THAT(View("v").waiting_for, HasSubstr("the backend is away"));
  EXPECT_EQ(EventsOfKind("detach-failed"), 1u);
  Until([&] {
    if (AttachedHere(id)) Advance(std::chrono::seconds(2));
    return !AttachedHere(id);
  });
}

class LingerTest : public EngineFixture {
 protected:
  LingerTest() { service_.linger = std::chrono::seconds(3); }
};

TEST_F(LingerTest, TheDetachComesLater) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_EQ(View("v").state, StageState::kLingering);
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_TRUE(AttachedHere(id));
  Advance(std::chrono::seconds(3));
  Until([&] { return View("v").state == StageState::kDetached; });
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(LingerTest, ANewMountCancelsIt) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  Advance(std::chrono::seconds(3));
  Settle("v");
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(cloud().calls().Count("Attach"), 1);
}

TEST_F(LingerTest, EachUnmountLingersItsOwnTime) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  Advance(std::chrono::seconds(2));
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  Advance(std::chrono::seconds(2));  // the first one's time
  Settle("v");
  EXPECT_TRUE(AttachedHere(id));
  Advance(std::chrono::seconds(2));
  Until([&] { return !AttachedHere(id); });
}

TEST_F(LingerTest, NowDoesNotLinger) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer(), /*now=*/true), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_TRUE(AttachedHere(id));
  ASSERT_EQ(Unmount("v", CliConsumer(), /*now=*/true), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(LingerTest, ARemovalEndsIt) {
  Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_EQ(Remove("v"), absl::OkStatus());
  EXPECT_TRUE(cloud().Volumes().empty());
}

TEST_F(LingerTest, TheDaemonsEndDetachesWhatLingers) {
  const std::string lingers = Create("v");
  const std::string used = Create("w");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_TRUE(Mount("w", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  engine().Shutdown(Deadline::Never());
  EXPECT_FALSE(AttachedHere(lingers));
  EXPECT_TRUE(AttachedHere(used)) << "mounts stay";
  EXPECT_TRUE(host().MountAt(StagePath("w")).has_value());
  EXPECT_EQ(Mount("w", DockerConsumer('a')).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Unmount("w", CliConsumer()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(LingerTest, APreemptEndsIt) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  ASSERT_EQ(View("v").state, StageState::kLingering);
  cloud().AttachTo(id, "node-b");
  Until([&] {
    Advance(std::chrono::milliseconds(100));  // whether it is lost is asked twice
    return journal_->Stages()->empty();
  });
  EXPECT_EQ(View("v").state, StageState::kDetached);
  Advance(std::chrono::seconds(10));
  Settle("v");
  EXPECT_EQ(cloud().Find(id)->attachments.front().node, "node-b") << "its end is not ours to make";
  EXPECT_EQ(cloud().calls().Count("Detach"), 0);
}

TEST_F(LingerTest, AFailOverWaitsForTheOtherNodesLinger) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  // node-b asks while it lingers here.
  auto node_b = cloud().DriverFor("node-b");
  EXPECT_EQ(node_b->Attach({}, id, {}).status().code(), absl::StatusCode::kFailedPrecondition);
  Until([&] {
    Advance(std::chrono::milliseconds(100));
    return !AttachedHere(id);
  });
  EXPECT_TRUE(node_b->Attach({}, id, {}).ok());
}

TEST_F(LingerTest, ARestartTakesItUp) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  Stop();
  EXPECT_TRUE(AttachedHere(id));
  Start();
  Until([&] { return !AttachedHere(id); });
}

}  // namespace
}  // namespace rexray::engine
