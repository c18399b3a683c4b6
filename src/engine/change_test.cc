#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using drivers::fake::DiskContent;
using ::testing::HasSubstr;

class CreateTest : public EngineFixture {
 protected:
  static CreateSpec Wanted() {
    CreateSpec spec;
    spec.name = "v";
    return spec;
  }
};

TEST_F(CreateTest, FillsInWhatTheServiceSays) {
  service_.default_size = 3 * kGiB;
  service_.default_fs_type = "xfs";
  service_.default_type = "gp3";
  service_.default_iops = 4000;
  service_.default_zone = "zone-1";
  const auto made = CreateSync(Wanted());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->existed);
  const Volume volume = *cloud().Find(made->view.volume.key.id);
  EXPECT_EQ(volume.size, 3 * kGiB);
  EXPECT_EQ(volume.fs_type, "xfs");
  EXPECT_EQ(volume.type, "gp3");
  EXPECT_EQ(volume.iops, 4000u);
  EXPECT_EQ(volume.zone, "zone-1");
  EXPECT_TRUE(volume.created_by_us);
}

TEST_F(CreateTest, IsVisibleAtOnce) {
  ASSERT_TRUE(List().ok());
  const std::string id = Create("v");
  EXPECT_EQ(View("v").volume.key, (VolumeKey{"rexray", id}));
  const auto all = List();
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 1u);
}

TEST_F(CreateTest, TheSameAgainSucceeds) {
  CreateSpec spec = Wanted();
  spec.size = 2 * kGiB;
  spec.fs_type = "xfs";
  const auto first = CreateSync(spec);
  ASSERT_TRUE(first.ok());
  const auto again = CreateSync(spec);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(again->view.volume.key, first->view.volume.key);
  EXPECT_TRUE(CreateSync(Wanted())->existed) << "what is not given is not compared";
  spec.size = kGiB;
  EXPECT_TRUE(CreateSync(spec)->existed) << "smaller than what is there";
  EXPECT_EQ(cloud().Volumes().size(), 1u);
}

TEST_F(CreateTest, AnotherThingSaysWantedAndHas) {
  CreateSpec spec = Wanted();
  spec.size = kGiB;
  ASSERT_TRUE(CreateSync(spec).ok());
  const auto refused = [&](const CreateSpec& other) {
    const auto result = CreateSync(other);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAlreadyExists);
    return std::string(MessageOf(result.status()));
  };
  CreateSpec larger = Wanted();
  larger.size = 2 * kGiB;
  EXPECT_THAT(refused(larger), HasSubstr("size: wanted 2GiB, has 1GiB"));
  CreateSpec other = Wanted();
  other.fs_type = "btrfs";
  other.encrypted = true;
  other.iops = 5;
  other.tags["team"] = "db";
  EXPECT_THAT(refused(other), HasSubstr("file system: wanted btrfs, has ext4"));
  EXPECT_THAT(refused(other), HasSubstr("encrypted: wanted true, has false"));
  EXPECT_THAT(refused(other), HasSubstr("iops: wanted 5, has none"));
  EXPECT_THAT(refused(other), HasSubstr("team=db"));
}

TEST_F(CreateTest, ARaceWithAnotherNodeIsNoError) {
  engine();
  Volume theirs;
  theirs.name = "v";
  theirs.size = kGiB;
  cloud().calls().Hang("Create");
  Pending<absl::StatusOr<CreateResult>> answer;
  engine().CreateVolume("", Wanted(), Soon(), answer.Done());
  cloud().calls().WaitUntilHanging("Create");
  const std::string id = cloud().AddVolume(theirs).key.id;
  cloud().calls().Release("Create");
  const auto result = answer.Wait();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->existed);
  EXPECT_EQ(result->view.volume.key.id, id);
}

TEST_F(CreateTest, ManyAtOnceMakeOne) {
  std::vector<Pending<absl::StatusOr<CreateResult>>> answers(20);
  for (auto& answer : answers) engine().CreateVolume("", Wanted(), Soon(), answer.Done());
  int made = 0;
  for (auto& answer : answers) {
    const auto result = answer.Wait();
    ASSERT_TRUE(result.ok()) << result.status();
    made += result->existed ? 0 : 1;
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(cloud().Volumes().size(), 1u);
}

TEST_F(CreateTest, DisabledMeansSuccessAndNothing) {
  service_.create_disabled = true;
  service_.remove_disabled = true;
  EXPECT_TRUE(CreateSync(Wanted()).ok());
  EXPECT_TRUE(cloud().Volumes().empty());
  Volume there;
  there.name = "w";
  cloud().AddVolume(there);
  EXPECT_EQ(Remove("w"), absl::OkStatus());
  EXPECT_EQ(cloud().Volumes().size(), 1u);
}

TEST_F(CreateTest, AnUnknownFileSystemIsRefusedByName) {
  CreateSpec spec = Wanted();
  spec.fs_type = "zfs";
  const auto refused = CreateSync(spec);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("zfs"));
}

class RemoveTest : public EngineFixture {};

TEST_F(RemoveTest, TakesItAway) {
  Create("v");
  ASSERT_EQ(Remove("v"), absl::OkStatus());
  EXPECT_TRUE(cloud().Volumes().empty());
  EXPECT_EQ(Get("v").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(List()->empty());
  EXPECT_EQ(Remove("v").code(), absl::StatusCode::kNotFound);
}

TEST_F(RemoveTest, InUseNamesTheConsumers) {
  Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('c')).ok());
  const absl::Status refused = Remove("v");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr(std::string(64, 'c')));
  EXPECT_EQ(cloud().Volumes().size(), 1u);
}

TEST_F(RemoveTest, AStageWithoutConsumersIsNoObstacle) {
  Create("v");
  Pending<Path> answer;
  engine().Mount(Named("v"), CliConsumer(), {}, Soon(), HungUp(answer));
  ASSERT_TRUE(answer.Wait().ok());
  EXPECT_EQ(Remove("v"), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_TRUE(cloud().Volumes().empty());
  EXPECT_TRUE(journal_->Stages()->empty());
}

TEST_F(RemoveTest, OnlyOursUnlessAPersonAsks) {
  Volume foreign;
  foreign.name = "foreign";
  const std::string id = cloud().AddVolume(foreign).key.id;
  const absl::Status refused = Remove("foreign");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("rexray volume rm --volumeid " + id));
  EXPECT_EQ(cloud().Volumes().size(), 1u);
  EXPECT_EQ(Remove("foreign", /*only_ours=*/false), absl::OkStatus());
  cloud().AddVolume(foreign);
  Stop();
  service_.remove_foreign = true;
  EXPECT_EQ(Remove("foreign"), absl::OkStatus());
}

TEST_F(RemoveTest, AttachedElsewhereIsRefusedByTheBackend) {
  const std::string id = Create("v");
  cloud().AttachTo(id, "node-b");
  const absl::Status refused = Remove("v");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("node-b"));
}

class GrowTest : public EngineFixture {
 protected:
  GrowTest() {
    cloud_options_.capabilities.grow = true;
    cloud_options_.capabilities.grow_online = true;
  }
};

TEST_F(GrowTest, OnlineTheFileSystemFollows) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  const auto grown = Grow("v", 5 * kGiB);
  ASSERT_TRUE(grown.ok()) << grown.status();
  EXPECT_EQ(grown->volume.size, 5 * kGiB);
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, 5 * kGiB);
  EXPECT_EQ(View("v").volume.size, 5 * kGiB);
}

TEST_F(GrowTest, UnmountedItFollowsAtTheNextMount) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Grow("v", 5 * kGiB).ok());
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, kGiB);
  Restart();
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, 5 * kGiB);
}

TEST_F(GrowTest, WhereItMayNotGrowMountedItGrowsBeforeTheMount) {
  host().SetGrowsMounted(false);
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(Grow("v", 5 * kGiB).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, kGiB);
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, 5 * kGiB);
}

TEST_F(GrowTest, SmallerIsRefusedAndAFailureCanBeRepeated) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(Grow("v", kMiB).status().code(), absl::StatusCode::kInvalidArgument);
  host().calls().FailNext("Grow", absl::InternalError("resize2fs died"));
  EXPECT_FALSE(Grow("v", 2 * kGiB).ok());
  ASSERT_TRUE(Grow("v", 2 * kGiB).ok());
  EXPECT_EQ(cloud().DiskOf(id)->content().fs_size, 2 * kGiB);
}

TEST_F(GrowTest, ADriverThatCannotSaysSo) {
  cloud_options_.capabilities.grow = false;
  Create("v");
  EXPECT_EQ(Grow("v", 2 * kGiB).status().code(), absl::StatusCode::kUnimplemented);
}

class AttachTest : public EngineFixture {
 protected:
  absl::StatusOr<VolumeView> Attach(bool force = false) {
    Pending<absl::StatusOr<VolumeView>> answer;
    engine().Attach(Named("v"), force, Soon(), answer.Done());
    return answer.Wait();
  }
  absl::Status Detach(bool force = false) {
    Pending<absl::Status> answer;
    engine().Detach(Named("v"), force, Soon(), answer.Done());
    return answer.Wait();
  }
};

TEST_F(AttachTest, AnAttachThatFailsHalfWayIsDetachedAgain) {
  const std::string id = Create("v");
  const auto undone = [&] {
    Advance(std::chrono::seconds(1));
    return !AttachedHere(id) && journal_->Stages()->empty();
  };
  cloud().calls().FailNext("AwaitLocal", absl::UnavailableError("no device"));
  EXPECT_FALSE(Attach().ok());
  Until(undone);
  cloud().calls().LoseAnswer("Attach", absl::UnavailableError("connection reset"));
  EXPECT_FALSE(Attach().ok());
  Until(undone);
  EXPECT_TRUE(Attach().ok());
  EXPECT_TRUE(AttachedHere(id));
}

TEST_F(AttachTest, AnOperatorsAttachmentOutlivesMounts) {
  const std::string id = Create("v");
  const auto view = Attach();
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->state, StageState::kAttached);
  EXPECT_FALSE(view->device.empty());
  EXPECT_TRUE(Attach().ok());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_TRUE(AttachedHere(id));
  Restart();
  Settle("v");
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_EQ(Remove("v").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Detach(), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
  EXPECT_EQ(Detach(), absl::OkStatus());
  EXPECT_EQ(Remove("v"), absl::OkStatus());
}

TEST_F(AttachTest, DetachNeverPullsADiskFromItsUsers) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  EXPECT_EQ(Detach(/*force=*/true).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  cloud().AttachTo(id, kNode);
  host().HoldDevice(drivers::fake::FakeCloud::DevicePathOf(id), "dmsetup");
  EXPECT_EQ(Detach(/*force=*/true).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(AttachedHere(id));
}

TEST_F(AttachTest, ByForceFromAnotherNodeOnlyWhenAsked) {
  const std::string id = Create("v");
  cloud().AttachTo(id, "node-b");
  EXPECT_EQ(Attach().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Detach(), absl::OkStatus()) << "not attached here";
  EXPECT_EQ(cloud().Find(id)->attachments.size(), 1u);
  EXPECT_EQ(Detach(/*force=*/true), absl::OkStatus());
  EXPECT_TRUE(cloud().Find(id)->attachments.empty());
  EXPECT_EQ(EventsOfKind("preempted"), 1u);
}

}  // namespace
}  // namespace rexray::engine
