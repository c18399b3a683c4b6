#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"
#include "host/mounter.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class MountTest : public EngineFixture {};

TEST_F(MountTest, AttachesFormatsAndMounts) {
  const std::string id = Create("pgdata");
  const Path path = Mount("pgdata", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, DataPath("pgdata"));
  EXPECT_TRUE(AttachedHere(id));
  ASSERT_TRUE(host().MountAt(StagePath("pgdata")).has_value());
  EXPECT_EQ(host().MountAt(StagePath("pgdata"))->fs_type, "ext4");
  struct stat info {};
  ASSERT_EQ(stat(path->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  EXPECT_FALSE(cloud().Find(id)->blank) << "the mark goes after mkfs";
  const VolumeView view = View("pgdata");
  EXPECT_EQ(view.state, StageState::kInUse);
  EXPECT_EQ(view.mount_point, *path);
  EXPECT_EQ(view.waiting_for, "");
  EXPECT_EQ(view.volume.status, VolumeStatus::kInUse);
  ASSERT_EQ(view.volume.attachments.size(), 1u);
  EXPECT_EQ(view.volume.attachments.front().state, AttachmentState::kAttached);
  EXPECT_EQ(*PathOf("pgdata"), *path);
}

TEST_F(MountTest, TheLastUnmountLeavesNothingBehind) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_FALSE(std::filesystem::exists(StagePath("v")));
  EXPECT_FALSE(AttachedHere(id));
  EXPECT_EQ(View("v").state, StageState::kDetached);
  EXPECT_TRUE(View("v").volume.attachments.empty());
  EXPECT_EQ(View("v").volume.status, VolumeStatus::kAvailable);
  EXPECT_EQ(*PathOf("v"), "");
  EXPECT_TRUE(journal_->Stages()->empty());
  EXPECT_TRUE(journal_->Consumers()->empty());
  EXPECT_TRUE(journal_->Intents()->empty());
}

TEST_F(MountTest, DataIsThereAgain) {
  Create("v");
  const Path path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok());
  std::filesystem::create_directory(*path + "/written");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_TRUE(std::filesystem::exists(*path + "/written"));
  EXPECT_EQ(host().calls().Count("Make"), 1);
  EXPECT_EQ(host().calls().Count("Check"), 1) << "a file system that exists is checked before its mount";
}

TEST_F(MountTest, FileModeIsSetOnceAndNeverAgain) {
  Create("v");
  const Path path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok());
  ASSERT_EQ(chmod(path->c_str(), 0755), 0);
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  struct stat info {};
  ASSERT_EQ(stat(path->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
}

TEST_F(MountTest, ASymbolicLinkInTheVolumeIsNotFollowed) {
  service_.root_path = "";
  Create("v");
  const Path root = Mount("v", CliConsumer());
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(*root, StagePath("v"));
  std::filesystem::create_directory_symlink("/etc", *root + "/data");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  Stop();
  service_.root_path = "/data";
  const Path path = Mount("v", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition) << path.status();
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(MountTest, BadNamesAreRefusedBeforeAnythingHappens) {
  engine();
  for (const std::string& name : {std::string("../x"), std::string("a/b"), std::string(""), std::string("."),
                                  std::string("a\0b", 3), std::string(129, 'a')}) {
    EXPECT_EQ(Mount(name, CliConsumer()).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(Unmount(name, CliConsumer()).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Get(name).status().code(), absl::StatusCode::kInvalidArgument);
    CreateSpec spec;
    spec.name = name;
    EXPECT_EQ(CreateSync(spec).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(cloud().calls().Count("FindByName"), 0);
}

TEST_F(MountTest, AnUnknownNameIsNotFound) {
  const Path path = Mount("nowhere", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("\"nowhere\""));
}

TEST_F(MountTest, AnAmbiguousNameListsTheIds) {
  Volume twin;
  twin.name = "twin";
  const std::string a = cloud().AddVolume(twin).key.id;
  const std::string b = cloud().AddVolume(twin).key.id;
  const Path path = Mount("twin", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr(a));
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr(b));

  // By id they can be told apart; but they cannot share a mount point.
  Pending<Path> first;
  engine().Mount({"", "", a}, CliConsumer(), {}, Soon(), Received(first));
  EXPECT_TRUE(first.Wait().ok());
  Pending<Path> second;
  engine().Mount({"", "", b}, CliConsumer(), {}, Soon(), Received(second));
  const Path refused = second.Wait();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr(a));
  EXPECT_FALSE(AttachedHere(b));

  Pending<absl::Status> ended;
  engine().Unmount({"", "", a}, CliConsumer(), false, Soon(), ended.Done());
  ASSERT_EQ(ended.Wait(), absl::OkStatus());
  Pending<Path> third;
  engine().Mount({"", "", b}, CliConsumer(), {}, Soon(), Received(third));
  EXPECT_TRUE(third.Wait().ok());
}

TEST_F(MountTest, EveryFailureIsUndone) {
  const std::string id = Create("v");
  const absl::Status wrong = absl::InternalError("it broke");
  const std::vector<std::pair<std::string, bool>> calls = {
      {"Attach", true},         {"AwaitLocal", true}, {"Probe", false},  {"Make", false},
      {"ClearBlankMark", true}, {"Mount", false},     {"OnStaged", true}};
  for (const auto& [call, of_cloud] : calls) {
    (of_cloud ? cloud().calls() : host().calls()).FailNext(call, wrong);
    const Path path = Mount("v", CliConsumer());
    ASSERT_FALSE(path.ok()) << call;
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("it broke"))
        << "the first error is reported";
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("\"v\"")) << "and the volume named";
    EXPECT_FALSE(AttachedHere(id)) << call;
    EXPECT_FALSE(host().MountAt(StagePath("v")).has_value()) << call;
    EXPECT_FALSE(std::filesystem::exists(StagePath("v"))) << call;
    EXPECT_EQ(View("v").state, StageState::kDetached) << call;
    Settle("v");
    EXPECT_TRUE(journal_->Stages()->empty()) << call;
    EXPECT_TRUE(journal_->Intents()->empty()) << call;
  }
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
}

TEST_F(MountTest, ALostAnswerOfAttachIsUndoneToo) {
  const std::string id = Create("v");
  cloud().calls().LoseAnswer("Attach", absl::UnavailableError("connection reset"));
  EXPECT_EQ(Mount("v", CliConsumer()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(MountTest, WhatCannotBeUndoneIsShownAndUndoneLater) {
  const std::string id = Create("v");
  host().calls().FailNext("Mount", absl::InternalError("it broke"));
  cloud().calls().FailNext("Detach", absl::UnavailableError("away"));
  ASSERT_FALSE(Mount("v", CliConsumer()).ok());
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_THAT(View("v").waiting_for, HasSubstr("away"));
  Settle("v");
  Until([&] {
    if (AttachedHere(id)) Advance(std::chrono::seconds(2));
    return !AttachedHere(id);
  });
  Until([&] { return View("v").state == StageState::kDetached; });
}

TEST_F(MountTest, AVolumeThatWasAttachedBeforeStaysSoWhenItsMountFails) {
  const std::string id = Create("v");
  cloud().AttachTo(id, kNode);
  host().calls().FailNext("Mount", absl::InternalError("it broke"));
  ASSERT_FALSE(Mount("v", CliConsumer()).ok());
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_EQ(cloud().calls().Count("Detach"), 0);
}

TEST_F(MountTest, WhatNoContainerWouldSeeIsNotMounted) {
  absl::Status reach = absl::FailedPreconditionError("mounts would not reach containers");
  options_.mounts_reach_containers = [&reach] { return reach; };
  const std::string id = Create("v");
  const Path path = Mount("v", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(path.status())),
              HasSubstr("volume \"v\": mounts would not reach containers"));
  EXPECT_FALSE(AttachedHere(id));
  EXPECT_EQ(cloud().calls().Count("Attach"), 0);
  EXPECT_TRUE(journal_->Stages()->empty());
  reach = absl::OkStatus();
  EXPECT_TRUE(Mount("v", CliConsumer()).ok()) << "asked again each time";
}

TEST_F(MountTest, OptionsOfVolumeAndCallAreUsed) {
  CreateSpec spec;
  spec.name = "v";
  spec.fs_type = "xfs";
  spec.mount_options = {"noatime"};
  spec.mkfs_options = {"-K"};
  ASSERT_TRUE(CreateSync(spec).ok());
  MountSpec how;
  how.mount_options = {"nodev"};
  ASSERT_TRUE(Mount("v", CliConsumer(), how).ok());
  EXPECT_EQ(host().MountRequests().back().options, (std::vector<std::string>{"nouuid", "noatime", "nodev"}));
  EXPECT_EQ(host().MakeRequests().back().second.extra, (std::vector<std::string>{"-K"}));
  EXPECT_EQ(host().MakeRequests().back().second.fs_type, "xfs");
  EXPECT_TRUE(Mount("v", DockerConsumer('a')).ok()) << "one that asks for nothing special joins";
  how.mount_options = {"sync"};
  EXPECT_EQ(Mount("v", DockerConsumer('b'), how).status().code(), absl::StatusCode::kFailedPrecondition);
  how = {};
  how.read_only = true;
  EXPECT_EQ(Mount("v", DockerConsumer('b'), how).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(View("v").consumers.size(), 2u);
}

TEST_F(MountTest, ABlankVolumeIsNotMountedReadOnly) {
  Create("v");
  MountSpec spec;
  spec.read_only = true;
  EXPECT_EQ(Mount("v", CliConsumer(), spec).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  const Path path = Mount("v", CliConsumer(), spec);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(host().MountRequests().back().read_only);
}

TEST_F(MountTest, AMountThatWentAwayIsMadeAgainAndNeverAnsweredFromMemory) {
  Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(host().Unmount(StagePath("v")), absl::OkStatus());  // somebody's umount(8)
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  EXPECT_EQ(EventsOfKind("stage-gone"), 1u);
  EXPECT_EQ(View("v").consumers.size(), 2u);
}

TEST_F(MountTest, SomethingElseAtTheMountPointIsNotMountedOver) {
  Create("v");
  host::MountEntry other;
  other.target = StagePath("v");
  other.source = "tmpfs";
  other.fs_type = "tmpfs";
  other.device = makedev(0, 77);
  engine();  // recovery has looked before
  host().AddMount(other);
  const Path path = Mount("v", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition) << path.status();
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(MountTest, ADamagedFileSystemIsNotMounted) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  auto content = cloud().DiskOf(id)->content();
  content.damaged = true;
  cloud().DiskOf(id)->set_content(content);
  EXPECT_EQ(Mount("v", CliConsumer()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(MountTest, ANameMadeAgainElsewhereIsFound) {
  const std::string old = Create("v");
  ASSERT_TRUE(List().ok());
  cloud().DropVolume(old);
  Volume fresh;
  fresh.name = "v";
  fresh.blank = true;
  const std::string id = cloud().AddVolume(fresh).key.id;
  const Path path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(AttachedHere(id));
}

TEST_F(MountTest, UnknownNamesAreMadeWhereTheServiceSaysSo) {
  service_.implicit_create = true;
  const Path path = Mount("fresh", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(View("fresh").volume.size, kGiB);
}

TEST_F(MountTest, OtherServicesHaveAFolderOfTheirOwn) {
  drivers::fake::FakeCloud::Options options;
  options.clock = &clock_;
  options.service = "fast";
  drivers::fake::FakeCloud fast(options);
  drivers::fake::FakeHost& node = host();
  Service service;
  service.name = "fast";
  service.driver = fast.DriverFor(kNode, node);
  more_services_ = {service};
  Create("pgdata");
  ASSERT_TRUE(Mount("pgdata", CliConsumer()).ok());
  Pending<absl::StatusOr<CreateResult>> made;
  CreateSpec spec;
  spec.name = "other";
  engine().CreateVolume("fast", spec, Soon(), made.Done());
  ASSERT_TRUE(made.Wait().ok());
  Pending<Path> path;
  engine().Mount({"fast", "other", ""}, CliConsumer(), {}, Soon(), Received(path));
  const Path mounted = path.Wait();
  ASSERT_TRUE(mounted.ok()) << mounted.status();
  EXPECT_EQ(*mounted, directory_ + "/volumes/.services/fast/other/data");
  Pending<Path> nowhere;
  engine().Mount({"slow", "other", ""}, CliConsumer(), {}, Soon(), Received(nowhere));
  EXPECT_THAT(std::string(MessageOf(nowhere.Wait().status())), HasSubstr("fast"));
  engine_.reset();
  more_services_.clear();
}

TEST_F(MountTest, AMountThatCannotBeRecognisedIsNotMade) {
  const std::string id = Create("v");
  host().calls().FailNext("NumberOf", absl::UnavailableError("gone"));
  host().calls().FailNext("Unmount", absl::UnavailableError("not now"));
  EXPECT_FALSE(Mount("v", CliConsumer()).ok());
  host().calls().Clear();
  Settle("v");
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_FALSE(AttachedHere(id));
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
}

}  // namespace
}  // namespace rexray::engine
