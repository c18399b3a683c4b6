#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class ReadTest : public EngineFixture {
 protected:
  std::string AddVolume(const std::string& name) {
    Volume volume;
    volume.name = name;
    return cloud().AddVolume(volume).key.id;
  }
  /// Recovery walks through every service once.
  void WaitForFirstWalk() { ASSERT_TRUE(List().ok()); }
};

TEST_F(ReadTest, KnownVolumesNeverWaitForTheBackend) {
  AddVolume("v");
  WaitForFirstWalk();
  for (const char* call : {"List", "FindByName", "Get"}) cloud().calls().Hang(call);
  Advance(std::chrono::minutes(1));  // stale
  EXPECT_TRUE(Get("v").ok());
  EXPECT_EQ(List()->size(), 1u);
  EXPECT_EQ(*PathOf("v"), "");
  cloud().calls().Clear();
}

TEST_F(ReadTest, StaleAnswersAreRefreshedBehindTheCaller) {
  AddVolume("v");
  WaitForFirstWalk();
  const int walks = cloud().calls().Count("List");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Get("v").ok());
  EXPECT_EQ(cloud().calls().Count("List"), walks) << "not before its age";
  AddVolume("w");
  EXPECT_EQ(List()->size(), 1u);
  Advance(std::chrono::seconds(10));
  EXPECT_EQ(List()->size(), 1u) << "the old answer, at once";
  Until([&] { return List()->size() == 2; });
}

TEST_F(ReadTest, AnUnknownNameIsAskedForOnceByAllAtATime) {
  engine();
  WaitForFirstWalk();
  const std::string id = AddVolume("elsewhere");
  cloud().calls().Hang("FindByName");
  std::vector<Pending<absl::StatusOr<VolumeView>>> answers(50);
  for (size_t i = 0; i < answers.size(); ++i) {
    engine().Get(Named(i % 2 == 0 ? "elsewhere" : "nowhere"), Soon(), answers[i].Done());
  }
  cloud().calls().WaitUntilHanging("FindByName");
  cloud().calls().Release("FindByName");
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto view = answers[i].Wait();
    if (i % 2 == 0) {
      ASSERT_TRUE(view.ok()) << view.status();
      EXPECT_EQ(view->volume.key.id, id);
    } else {
      EXPECT_EQ(view.status().code(), absl::StatusCode::kNotFound);
    }
  }
  EXPECT_LE(cloud().calls().Count("FindByName"), 4) << "batched";
}

TEST_F(ReadTest, NothingIsRememberedAsMissing) {
  WaitForFirstWalk();
  EXPECT_EQ(Get("late").status().code(), absl::StatusCode::kNotFound);
  AddVolume("late");
  EXPECT_TRUE(Get("late").ok());
}

TEST_F(ReadTest, ANameMadeAgainIsNotAmbiguousWhenTheRemovalLostItsAnswer) {
  const std::string first = Create("v");
  cloud().calls().LoseAnswer("Remove", absl::UnavailableError("the connection broke"));
  ASSERT_FALSE(Remove("v").ok());
  const std::string second = Create("v");
  ASSERT_NE(second, first);
  const auto view = Get("v");
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->volume.key.id, second);
}

TEST_F(ReadTest, ANameThatAnotherNodeGaveToANewVolumeIsNotAmbiguous) {
  const std::string first = Create("v");
  const auto other = cloud().DriverFor("node-b");
  ASSERT_EQ(other->Remove({}, first), absl::OkStatus());
  const std::string second = AddVolume("v");
  CreateSpec spec;
  spec.name = "v";
  ASSERT_TRUE(CreateSync(spec).ok()) << "as docker asks before each mount";
  EXPECT_EQ(View("v").volume.key.id, second);
  const Path path = Mount("v", CliConsumer());
  EXPECT_TRUE(path.ok()) << path.status();
}

TEST_F(ReadTest, ConcurrentFirstListsShareOneWalk) {
  AddVolume("v");
  cloud().calls().Hang("List");
  std::vector<Pending<absl::StatusOr<std::vector<VolumeView>>>> answers(20);
  for (auto& answer : answers) engine().List("", Soon(), answer.Done());
  cloud().calls().WaitUntilHanging("List");
  cloud().calls().Release("List");
  for (auto& answer : answers) EXPECT_EQ(answer.Wait()->size(), 1u);
  EXPECT_EQ(cloud().calls().Count("List"), 1);
}

TEST_F(ReadTest, AWalkThatBeganEarlierDoesNotUndoOwnChanges) {
  const std::string old = AddVolume("old");
  Volume ours;
  WaitForFirstWalk();
  Create("kept");
  // The fake computes its answer after the hang, so an old answer is made by hand: what the backend lists is
  // changed behind the walk's back.
  cloud().calls().SetLatency("List", std::chrono::seconds(1));
  Advance(std::chrono::seconds(10));
  (void)List();  // starts the walk
  const std::string fresh = Create("fresh");
  EXPECT_TRUE(Get("fresh").ok());
  Until([&] {
    Advance(std::chrono::seconds(1));
    return cloud().calls().Count("List") >= 2 && List()->size() == 3;
  });
  EXPECT_TRUE(Get("fresh").ok());
}

TEST_F(ReadTest, ALateLookupGivesUpAtItsDeadline) {
  WaitForFirstWalk();
  cloud().calls().Hang("FindByName");
  Pending<absl::StatusOr<VolumeView>> answer;
  engine().Get(Named("elsewhere"), Deadline::After(clock_, std::chrono::seconds(50)), answer.Done());
  cloud().calls().WaitUntilHanging("FindByName");
  Advance(std::chrono::seconds(50));
  const auto late = answer.Wait();
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(late.status())), HasSubstr("elsewhere"));
  cloud().calls().Clear();
}

TEST_F(ReadTest, AStagedVolumeIsKnownWhenItsBackendIsAway) {
  Create("v");
  const Path path = Mount("v", DockerConsumer('a'));
  ASSERT_TRUE(path.ok());
  Stop();
  cloud().calls().FailNext("List", absl::UnavailableError("away"), -1);
  cloud().calls().FailNext("FindByName", absl::UnavailableError("away"), -1);
  Start();
  EXPECT_EQ(*PathOf("v"), *path);
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
  EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  EXPECT_EQ(List().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Get("other").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ReadTest, TheListIsSorted) {
  for (const char* name : {"c", "a", "b"}) AddVolume(name);
  const auto all = List();
  ASSERT_TRUE(all.ok());
  std::vector<std::string> names;
  for (const VolumeView& view : *all) names.push_back(view.volume.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(ReadTest, ServicesAndCapabilities) {
  EXPECT_EQ(engine().Services(), std::vector<std::string>{"rexray"});
  EXPECT_TRUE(engine().CapabilitiesOf("").ok());
  EXPECT_EQ(engine().CapabilitiesOf("x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReadTest, AFileSystemThatTheKernelGaveUpIsSaidToNeedARemount) {
  Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(View("v").waiting_for, "");
  host::MountEntry entry = *host().MountAt(StagePath("v"));
  for (const char* options : {"rw,errors=remount-ro,shutdown", "ro,errors=remount-ro", "rw,emergency_ro"}) {
    entry.super_options = options;
    host().AddMount(entry);
    EXPECT_THAT(View("v").waiting_for, HasSubstr("a remount")) << options;
  }
  entry.super_options = "rw,errors=remount-ro";
  host().AddMount(entry);
  EXPECT_EQ(View("v").waiting_for, "");
}

}  // namespace
}  // namespace rexray::engine
