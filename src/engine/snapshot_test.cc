// Snapshots, volumes made from them and from volumes, Modify, Adopt, and where the space went.

#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using drivers::fake::DiskContent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SnapshotTest : public EngineFixture {
 protected:
  absl::StatusOr<Snapshot> Cut(const std::string& volume, const std::string& name, bool freeze = false) {
    return StartCut(volume, name, freeze).Wait();
  }
  Pending<absl::StatusOr<Snapshot>> StartCut(const std::string& volume, const std::string& name,
                                             bool freeze) {
    Pending<absl::StatusOr<Snapshot>> answer;
    SnapshotSpec spec;
    spec.name = name;
    engine().CreateSnapshot(Named(volume), spec, freeze, Soon(), answer.Done());
    return answer;
  }
  absl::Status RemoveSnapshot(const std::string& id_or_name, bool only_ours = false) {
    Pending<absl::Status> answer;
    engine().RemoveSnapshot("", id_or_name, {only_ours}, Soon(), answer.Done());
    return answer.Wait();
  }
  std::vector<Snapshot> Snapshots() {
    Pending<absl::StatusOr<std::vector<Snapshot>>> answer;
    engine().ListSnapshots("", Soon(), answer.Done());
    auto listed = answer.Wait();
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.ok() ? *listed : std::vector<Snapshot>{};
  }
  absl::StatusOr<CreateResult> Copy(const std::string& volume, const std::string& name, bool freeze = false) {
    CreateSpec spec;
    spec.name = name;
    spec.source_volume = volume;
    spec.freeze_source = freeze;
    return CreateSync(spec);
  }
  absl::StatusOr<VolumeUsage> Usage(const std::string& name) {
    Pending<absl::StatusOr<VolumeUsage>> answer;
    engine().Usage(Named(name), Soon(), answer.Done());
    return answer.Wait();
  }
  std::string UuidOf(const std::string& id) { return cloud().DiskOf(id)->content().uuid; }
  void MakeMounted(const std::string& name) {
    Create(name);
    ASSERT_TRUE(Mount(name, CliConsumer()).ok());
  }
  size_t Calls(const char* call) { return static_cast<size_t>(host().calls().Count(call)); }
};

// --- snapshots ---

TEST_F(SnapshotTest, IsMadeListedAndRemovedByNameOrId) {
  const std::string volume = Create("v");
  const absl::StatusOr<Snapshot> first = Cut("v", "first");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->service, "rexray");
  EXPECT_EQ(first->source_volume, volume);
  const absl::StatusOr<Snapshot> second = Cut("v", "");
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_THAT(Snapshots(), SizeIs(2));
  EXPECT_EQ(EventsOfKind("snapshot"), 2u);
  EXPECT_EQ(RemoveSnapshot("first"), absl::OkStatus());
  EXPECT_EQ(RemoveSnapshot(second->id), absl::OkStatus());
  EXPECT_THAT(Snapshots(), IsEmpty());
  EXPECT_EQ(RemoveSnapshot("first").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*journal_->Intents(), IsEmpty());
}

TEST_F(SnapshotTest, ANameThatExistsIsTheSameSnapshotOnTheSameVolumeOnly) {
  Create("v");
  Create("w");
  const absl::StatusOr<Snapshot> first = Cut("v", "daily");
  const absl::StatusOr<Snapshot> again = Cut("v", "daily");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, first->id);
  const absl::Status other = Cut("w", "daily").status();
  EXPECT_EQ(other.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(MessageOf(other)), HasSubstr(first->id));
  EXPECT_THAT(Snapshots(), SizeIs(1));
  EXPECT_EQ(Cut("v", "../x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Cut("none", "x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SnapshotTest, AnAmbiguousNameListsTheIds) {
  Create("v");
  Snapshot twin;
  twin.name = "twin";
  const std::string a = cloud().AddSnapshot(twin).id;
  const std::string b = cloud().AddSnapshot(twin).id;
  const absl::Status refused = RemoveSnapshot("twin");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr(a + ", " + b));
}

TEST_F(SnapshotTest, AnOrchestratorRemovesOnlyOurs) {
  Create("v");
  Snapshot foreign;
  foreign.name = "foreign";
  cloud().AddSnapshot(foreign);
  EXPECT_EQ(RemoveSnapshot("foreign", /*only_ours=*/true).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(RemoveSnapshot("foreign", /*only_ours=*/false), absl::OkStatus());
}

TEST_F(SnapshotTest, ADriverWithoutSnapshotsSaysSo) {
  cloud_options_.capabilities.snapshots = false;
  cloud_options_.capabilities.clone = false;
  Create("v");
  EXPECT_EQ(Cut("v", "s").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(RemoveSnapshot("s").code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Copy("v", "w").status().code(), absl::StatusCode::kUnimplemented);
}

// --- a mounted source ---

TEST_F(SnapshotTest, AnAtomicCutNeedsNoFreeze) {
  MakeMounted("v");
  EXPECT_TRUE(Cut("v", "s").ok());
  EXPECT_EQ(Calls("Freeze"), 0u);
  EXPECT_TRUE(Cut("v", "clean", /*freeze=*/true).ok());
  EXPECT_EQ(Calls("Freeze"), 1u);
  EXPECT_THAT(host().Frozen(), IsEmpty());
}

TEST_F(SnapshotTest, AnInstantCutIsFrozenAround) {
  cloud_options_.capabilities.cut = SnapshotCut::kInstant;
  MakeMounted("v");
  cloud().calls().Hang("CreateSnapshot");
  auto pending = StartCut("v", "s", false);
  cloud().calls().WaitUntilHanging("CreateSnapshot");
  EXPECT_THAT(host().Frozen(), ElementsAre(StagePath("v")));
  cloud().calls().Release("CreateSnapshot");
  EXPECT_TRUE(pending.Wait().ok());
  EXPECT_THAT(host().Frozen(), IsEmpty());
}

TEST_F(SnapshotTest, ACopyOfWhatIsMountedWantsToBeAskedFor) {
  cloud_options_.capabilities.cut = SnapshotCut::kCopy;
  MakeMounted("v");
  const absl::Status refused = Cut("v", "s").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("unmount it first, or use --freeze"));
  EXPECT_EQ(Copy("v", "w").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Snapshots(), IsEmpty());
  EXPECT_TRUE(Cut("v", "s", /*freeze=*/true).ok());
  EXPECT_EQ(Calls("Freeze"), 1u);
  EXPECT_EQ(Calls("Thaw"), 1u);
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_TRUE(Cut("v", "t").ok());
  EXPECT_EQ(Calls("Freeze"), 1u);
}

TEST_F(SnapshotTest, WhatIsMountedReadOnlyIsStillAnyway) {
  cloud_options_.capabilities.cut = SnapshotCut::kCopy;
  Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  MountSpec spec;
  spec.read_only = true;
  ASSERT_TRUE(Mount("v", CliConsumer(), spec).ok());
  EXPECT_TRUE(Cut("v", "s").ok());
  EXPECT_EQ(Calls("Freeze"), 0u);
}

TEST_F(SnapshotTest, ADeviceThatSomebodyElseUsesIsNotCopied) {
  cloud_options_.capabilities.cut = SnapshotCut::kCopy;
  const std::string id = Create("v");
  Pending<absl::StatusOr<VolumeView>> attached;
  engine().Attach(Named("v"), false, Soon(), attached.Done());
  ASSERT_TRUE(attached.Wait().ok());
  host().HoldDevice(drivers::fake::FakeCloud::DevicePathOf(id), "dm-0");
  const absl::Status refused = Cut("v", "s").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("dm-0"));
  host().HoldDevice(drivers::fake::FakeCloud::DevicePathOf(id), "");
  EXPECT_TRUE(Cut("v", "s").ok());
}

TEST_F(SnapshotTest, ThawsWhateverFails) {
  cloud_options_.capabilities.cut = SnapshotCut::kInstant;
  MakeMounted("v");
  cloud().calls().FailNext("CreateSnapshot", absl::UnavailableError("the backend is away"));
  EXPECT_EQ(Cut("v", "s").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(host().Frozen(), IsEmpty());
  host().calls().FailNext("Freeze", absl::DeadlineExceededError("it did not freeze in time"));
  EXPECT_EQ(Cut("v", "s").status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(host().Frozen(), IsEmpty());
  EXPECT_THAT(Snapshots(), IsEmpty());
  EXPECT_TRUE(Cut("v", "s").ok()) << "and the next one is as any other";
  EXPECT_THAT(*journal_->Intents(), IsEmpty());
}

TEST_F(SnapshotTest, ThawsWithAJournalThatCannotBeWritten) {
  cloud_options_.capabilities.cut = SnapshotCut::kInstant;
  MakeMounted("v");
  journal_->FailAfter(1);  // the freeze's intent, and no more
  EXPECT_FALSE(Cut("v", "s").ok());
  EXPECT_THAT(host().Frozen(), IsEmpty());
  journal_->Heal();
  EXPECT_TRUE(Cut("v", "s").ok());
}

TEST_F(SnapshotTest, WhatThawedUnderTheCopyIsDiscarded) {
  cloud_options_.capabilities.cut = SnapshotCut::kInstant;
  MakeMounted("v");
  cloud().calls().Hang("CreateSnapshot");
  auto pending = StartCut("v", "s", false);
  cloud().calls().WaitUntilHanging("CreateSnapshot");
  ASSERT_EQ(host().Thaw(StagePath("v"), 0), absl::OkStatus());  // the guard's time was up
  cloud().calls().Release("CreateSnapshot");
  const absl::Status refused = pending.Wait().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("what was copied is discarded"));
  EXPECT_THAT(Snapshots(), IsEmpty());
}

TEST_F(SnapshotTest, AFrozenCopyEndsBeforeItsFreezeDoes) {
  cloud_options_.capabilities.cut = SnapshotCut::kCopy;
  options_.frozen_copy_limit = std::chrono::minutes(10);
  MakeMounted("v");
  cloud().calls().Hang("CreateSnapshot");
  auto pending = StartCut("v", "s", /*freeze=*/true);
  cloud().calls().WaitUntilHanging("CreateSnapshot");
  Advance(std::chrono::minutes(9));  // the caller has gone; the copy gives up
  EXPECT_EQ(pending.Wait().status().code(), absl::StatusCode::kDeadlineExceeded);
  Settle("v");
  EXPECT_THAT(host().Frozen(), IsEmpty());
  EXPECT_THAT(Snapshots(), IsEmpty());
}

// --- volumes from sources ---

TEST_F(SnapshotTest, AVolumeFromASnapshotGetsAUuidOfItsOwnBeforeItsFirstMount) {
  MakeMounted("v");
  const std::string source = View("v").volume.key.id;
  ASSERT_TRUE(Cut("v", "s").ok());
  CreateSpec spec;
  spec.name = "copy";
  spec.source_snapshot = "s";
  const auto made = CreateSync(spec);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string id = made->view.volume.key.id;
  EXPECT_TRUE(made->view.volume.needs_new_uuid);
  EXPECT_EQ(made->view.volume.size, View("v").volume.size);
  EXPECT_EQ(UuidOf(id), UuidOf(source));
  ASSERT_TRUE(Mount("copy", CliConsumer()).ok());
  EXPECT_NE(UuidOf(id), UuidOf(source));
  EXPECT_FALSE(cloud().Find(id)->needs_new_uuid);
  EXPECT_EQ(Calls("Make"), 1u) << "a copy is not formatted";
  EXPECT_EQ(Calls("NewUuid"), 1u);
  ASSERT_EQ(Unmount("copy", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Mount("copy", CliConsumer()).ok());
  EXPECT_EQ(Calls("NewUuid"), 1u) << "once";
}

TEST_F(SnapshotTest, ACopyOfABlankVolumeIsBlank) {
  Create("v");
  ASSERT_TRUE(Copy("v", "copy").ok());
  ASSERT_TRUE(Mount("copy", CliConsumer()).ok());
  EXPECT_EQ(Calls("Make"), 1u);
  EXPECT_EQ(Calls("NewUuid"), 0u) << "a new file system has a new UUID";
  EXPECT_FALSE(View("copy").volume.needs_new_uuid);
}

TEST_F(SnapshotTest, ACopyThatIsFirstMountedReadOnly) {
  service_.root_path = "";  // no directory to be made on it
  MakeMounted("v");
  ASSERT_TRUE(Copy("v", "copy").ok());
  MountSpec spec;
  spec.read_only = true;
  ASSERT_TRUE(Mount("copy", CliConsumer(), spec).ok()) << "ext4 does not mind";
  EXPECT_EQ(Calls("NewUuid"), 0u);
  ASSERT_EQ(Unmount("copy", CliConsumer()), absl::OkStatus());
  const std::string id = View("copy").volume.key.id;
  cloud().DiskOf(id)->set_content(DiskContent::FileSystem("btrfs"));
  const absl::Status refused = Mount("copy", CliConsumer(), spec).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("mount it read-write once"));
  EXPECT_TRUE(Mount("copy", CliConsumer()).ok());
  EXPECT_EQ(Calls("NewUuid"), 1u);
}

TEST_F(SnapshotTest, ACopyWaitsForItsSourcesTurnAndNobodyElse) {
  cloud_options_.capabilities.cut = SnapshotCut::kCopy;
  Create("v");
  Create("other");
  cloud().calls().Hang("Create");
  Pending<absl::StatusOr<CreateResult>> copy;
  CreateSpec spec;
  spec.name = "copy";
  spec.source_volume = "v";
  engine().CreateVolume("", spec, Soon(), copy.Done());
  cloud().calls().WaitUntilHanging("Create");
  auto mount = StartMount("v", CliConsumer());
  EXPECT_TRUE(Mount("other", CliConsumer()).ok());
  EXPECT_FALSE(mount.Ready()) << "what is copied does not change meanwhile";
  cloud().calls().Release("Create");
  EXPECT_TRUE(copy.Wait().ok());
  EXPECT_TRUE(mount.Wait().ok());
}

TEST_F(SnapshotTest, BadSourcesChangeNothing) {
  MakeMounted("v");
  ASSERT_TRUE(Cut("v", "s").ok());
  const size_t before = cloud().Volumes().size();
  const auto refused = [&](const std::function<void(CreateSpec&)>& change) {
    CreateSpec spec;
    spec.name = "w";
    change(spec);
    return CreateSync(spec).status().code();
  };
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_volume = "none"; }), absl::StatusCode::kNotFound);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_volume = "../v"; }), absl::StatusCode::kNotFound);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_snapshot = "none"; }), absl::StatusCode::kNotFound);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_snapshot = "s", spec.source_volume = "v"; }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_volume = "v", spec.size = kMiB; }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_volume = "v", spec.fs_type = "xfs"; }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateSpec& spec) {
              spec.source_volume = "v", spec.mkfs_options = {"-m", "0"};
            }),
            absl::StatusCode::kInvalidArgument);
  Snapshot pending;
  pending.name = "pending";
  pending.status = SnapshotStatus::kPending;
  cloud().AddSnapshot(pending);
  EXPECT_EQ(refused([](CreateSpec& spec) { spec.source_snapshot = "pending"; }),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(cloud().Volumes().size(), before);
}

TEST_F(SnapshotTest, ACopyTakesOverWhatTheServiceHasADefaultFor) {
  service_.default_type = "standard";
  Volume fast;
  fast.name = "v";
  fast.type = "fast";
  fast.iops = 7;
  fast.fs_type = "xfs";
  cloud().AddVolume(fast);
  const auto copy = Copy("v", "copy");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->view.volume.type, "fast");
  EXPECT_EQ(copy->view.volume.iops, 7u);
  EXPECT_EQ(copy->view.volume.fs_type, "xfs");
}

TEST_F(SnapshotTest, MkfsOptionsAreHeldToTheAllowList) {
  CreateSpec spec;
  spec.name = "v";
  spec.mkfs_options = {"-E", "offset=4096"};
  const absl::Status refused = CreateSync(spec).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("volume \"v\": mkfs option"));
  EXPECT_THAT(cloud().Volumes(), IsEmpty());
  spec.mkfs_options = {"-m", "1"};
  EXPECT_TRUE(CreateSync(spec).ok());
  // And when it is mounted as another file system than it was made for.
  MountSpec mount;
  mount.fs_type = "btrfs";
  EXPECT_EQ(Mount("v", CliConsumer(), mount).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
}

// --- Modify and Adopt ---

TEST_F(SnapshotTest, ModifyChangesTypeAndGrowsTheFileSystem) {
  MakeMounted("v");
  Pending<absl::StatusOr<VolumeView>> answer;
  ModifySpec spec;
  spec.type = "fast";
  spec.size = 2 * kGiB;
  engine().Modify(Named("v"), spec, Soon(), answer.Done());
  const auto view = answer.Wait();
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->volume.type, "fast");
  EXPECT_EQ(view->volume.size, 2 * kGiB);
  EXPECT_EQ(cloud().DiskOf(view->volume.key.id)->content().fs_size, 2 * kGiB);
  EXPECT_EQ(View("v").volume.type, "fast");
}

TEST_F(SnapshotTest, ModifyWithoutTheCapability) {
  cloud_options_.capabilities.modify = false;
  MakeMounted("v");
  const auto modify = [&](const ModifySpec& spec) {
    Pending<absl::StatusOr<VolumeView>> answer;
    engine().Modify(Named("v"), spec, Soon(), answer.Done());
    return answer.Wait().status().code();
  };
  ModifySpec spec;
  EXPECT_EQ(modify(spec), absl::StatusCode::kInvalidArgument) << "nothing to change";
  spec.iops = 100;
  EXPECT_EQ(modify(spec), absl::StatusCode::kUnimplemented);
  ModifySpec size;
  size.size = 2 * kGiB;
  EXPECT_EQ(modify(size), absl::StatusCode::kOk) << "a size alone is a Grow";
}

TEST_F(SnapshotTest, AnAdoptedVolumeMayBeRemovedByOrchestrators) {
  Volume foreign;
  foreign.name = "v";
  cloud().AddVolume(foreign);
  EXPECT_EQ(Remove("v").code(), absl::StatusCode::kPermissionDenied);
  Pending<absl::StatusOr<VolumeView>> answer;
  engine().Adopt(Named("v"), Soon(), answer.Done());
  const auto adopted = answer.Wait();
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  EXPECT_TRUE(adopted->volume.created_by_us);
  EXPECT_EQ(Remove("v"), absl::OkStatus());
}

// --- space ---

Pool PoolWith(uint64_t available) {
  Pool pool;
  pool.name = "/pool";
  pool.size = 100 * kGiB;
  pool.available = available;
  return pool;
}

TEST_F(SnapshotTest, UsageTellsAFullPoolFromAFullVolume) {
  MakeMounted("v");
  host().SetUsage({10 * kGiB, 5 * kGiB, 1000, 500});
  cloud().SetPool(PoolWith(50 * kGiB));
  EXPECT_EQ(Usage("v")->problem, "");
  host().SetUsage({10 * kGiB, 0, 1000, 500});
  EXPECT_THAT(Usage("v")->problem,
              HasSubstr("the volume is full: 0B of 10GiB are free in its file system, while "
                        "the pool has room"));
  host().SetUsage({10 * kGiB, 5 * kGiB, 1000, 0});
  EXPECT_THAT(Usage("v")->problem, HasSubstr("no inodes left: all 1000 files"));
  cloud().SetPool(PoolWith(kMiB));
  EXPECT_THAT(Usage("v")->problem,
              HasSubstr("the pool is full: 1MiB of 100GiB are free in /pool (volume \"v\" "
                        "itself has 5GiB of 10GiB free)"));
  host().SetUsage({10 * kGiB, 5 * kGiB, 1000, 500});
  cloud().SetPool(PoolWith(8 * kGiB));
  EXPECT_THAT(Usage("v")->problem, HasSubstr("the pool is nearly full"));
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_FALSE(Usage("v")->file_system.has_value());
}

TEST_F(SnapshotTest, AFillingPoolWarnsOnceForEachCrossing) {
  Create("v");
  const auto look = [&](uint64_t available) {
    cloud().SetPool(PoolWith(available));
    const int before = cloud().calls().Count("PoolOf");
    Until([&] {  // a look that is under way still is joined
      Advance(options_.pool_interval);
      return cloud().calls().Count("PoolOf") > before;
    });
    // The look itself may still be under way; the next answer of its turn comes after it.
    Until([&] { return engine().Warnings().empty() == (available > 10 * kGiB); });
  };
  look(50 * kGiB);
  EXPECT_EQ(EventsOfKind("pool-filling"), 0u);
  look(9 * kGiB);
  ASSERT_THAT(engine().Warnings(), SizeIs(1));
  EXPECT_THAT(engine().Warnings()[0], HasSubstr("filled to 91 %: 9GiB of 100GiB are free in /pool"));
  look(5 * kGiB);
  Until([&] { return engine().Warnings()[0].find("95 %") != std::string::npos; });
  EXPECT_EQ(EventsOfKind("pool-filling"), 1u) << "once";
  look(50 * kGiB);
  Until([&] { return EventsOfKind("pool-relieved") == 1; });
  look(9 * kGiB);
  Until([&] { return EventsOfKind("pool-filling") == 2; });
}

}  // namespace
}  // namespace rexray::engine
