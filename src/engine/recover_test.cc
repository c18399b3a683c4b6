#include <sys/sysmacros.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "gmock/gmock.h"

#include "base/fault_point.h"
#include "engine/step_table.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

class RecoverTest : public EngineFixture {
 protected:
  void LoseJournal() {
    for (const char* file : {"/journal-boot.db", "/journal-boot.db-wal", "/journal-boot.db-shm"}) {
      std::filesystem::remove(directory_ + file);
    }
  }
};

TEST_F(RecoverTest, AMountThatIsGoneLosesItsConsumersAndIsDetached) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  ASSERT_EQ(host().Unmount(StagePath("v")), absl::OkStatus());
  Start();
  EXPECT_EQ(EventsOfKind("consumer-lost"), 1u);
  Until([&] { return !AttachedHere(id); });
  Until([&] { return View("v").state == StageState::kDetached; });
  EXPECT_TRUE(journal_->Consumers()->empty());
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(RecoverTest, AnotherDeviceAtThePathIsNotOurs) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  ASSERT_EQ(host().Unmount(StagePath("v")), absl::OkStatus());
  std::filesystem::create_directories(StagePath("v"));
  host::MountEntry other;
  other.target = StagePath("v");
  other.source = "/dev/sdz";
  other.device = makedev(8, 200);
  host().AddMount(other);
  Start();
  EXPECT_EQ(EventsOfKind("consumer-lost"), 1u);
  Until([&] { return EventsOfKind("unexplained-mount") == 1; });
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value()) << "it is left as it is";
  Until([&] { return View("v").state == StageState::kDetached; });
}

TEST_F(RecoverTest, WithoutAJournalMountsAreAdopted) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  LoseJournal();
  Start();
  Until([&] { return EventsOfKind("adopted") == 1; });
  Settle("v");
  VolumeView view = View("v");
  EXPECT_EQ(view.state, StageState::kInUse);
  EXPECT_EQ(view.mount_point, DataPath("v"));
  EXPECT_TRUE(AttachedHere(id));
  Pending<absl::Status> released;
  engine().ReleaseConsumer(Named("v"), "adopted", Soon(), released.Done());
  EXPECT_EQ(released.Wait(), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(RecoverTest, AMountIsTakenUpByTheFirstMountWhileTheBackendIsSlow) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  LoseJournal();
  cloud().calls().Hang("FindByName");
  Start();
  ASSERT_TRUE(List().ok());  // the walk has told the name
  const Path path = Mount("v", DockerConsumer('b'));
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(host().calls().Count("Mount"), 1) << "not mounted twice";
  cloud().calls().Clear();
  Settle("v");
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

TEST_F(RecoverTest, UnknownMountsAreLeftWithAnEvent) {
  host::MountEntry other;
  other.target = StagePath("stranger");
  other.source = "/dev/sdz";
  other.device = makedev(8, 200);
  host().AddMount(other);
  engine();
  Until([&] { return EventsOfKind("unexplained-mount") == 1; });
  EXPECT_TRUE(host().MountAt(StagePath("stranger")).has_value());
}

TEST_F(RecoverTest, MountPointsOfAnEarlierBootGo) {
  std::filesystem::create_directories(StagePath("old"));
  std::filesystem::create_directories(StagePath("full") + "/data");
  std::filesystem::create_directories(directory_ + "/elsewhere");
  std::filesystem::create_directory_symlink(directory_ + "/elsewhere", StagePath("link"));
  std::filesystem::create_directories(StagePath(".services") + "/other/old");
  engine();
  EXPECT_FALSE(std::filesystem::exists(StagePath("old")));
  EXPECT_TRUE(std::filesystem::exists(StagePath("full") + "/data")) << "what holds something stays";
  EXPECT_TRUE(std::filesystem::exists(StagePath("link"))) << "nobody's mount point";
  EXPECT_TRUE(std::filesystem::exists(StagePath(".services") + "/other/old")) << "not a service of ours";
}

TEST_F(RecoverTest, ADamagedJournalIsSaidAndMountsLiveOn) {
  Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  LoseJournal();
  { std::ofstream(directory_ + "/journal-boot.db") << std::string(8192, 'x'); }
  Start();
  EXPECT_EQ(EventsOfKind("journal"), 1u);
  Until([&] { return EventsOfKind("adopted") == 1; });
}

TEST_F(RecoverTest, AServiceThatIsNoLongerConfiguredKeepsItsMounts) {
  Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  service_.name = "renamed";
  Start();
  EXPECT_EQ(EventsOfKind("service-gone"), 1u);
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  EXPECT_EQ(journal_->Stages()->size(), 1u);
  EXPECT_EQ(journal_->Consumers()->size(), 1u);
  Stop();
  service_.name = "rexray";
  Start();
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

#ifdef REXRAY_FAULT_POINTS

/// At each fault point of each step: the daemon stops there for ever, which for the node and the backend is
/// as if it had been killed; a second one takes over with a copy of the journal.
class CrashTest : public EngineFixture, public ::testing::WithParamInterface<std::string> {
 protected:
  ~CrashTest() override { ClearFaults(); }

  void Prepare(const std::string& step) {
    if (operation_ == "release") options_.stale_poll = std::chrono::minutes(5);
    const bool copied = step == "new_uuid" || step == "clear_uuid";
    if (copied) {
      Create("source");
      ASSERT_TRUE(Mount("source", CliConsumer()).ok());
      ASSERT_EQ(Unmount("source", CliConsumer()), absl::OkStatus());
      CreateSpec spec;
      spec.name = "v";
      spec.source_volume = "source";
      const auto made = CreateSync(spec);
      ASSERT_TRUE(made.ok()) << made.status();
      id_ = made->view.volume.key.id;
    } else {
      id_ = Create("v");
    }
    cloud_options_.capabilities.grow = true;
    const std::string operation = operation_;
    if (operation == "unmount" || operation == "remove" || operation == "grow" || operation == "modify" ||
        operation == "snapshot" || operation == "fence" || operation == "release" || step == "freeze" ||
        step == "thaw") {
      ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
    }
    // A volume that is lost is forgotten at once only when nobody used it.
    const bool unused = operation == "fence" && (step == "check_unused" || step == "detach");
    if (operation == "remove" || unused) {  // staged without a consumer
      ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
      Pending<Path> gone;
      engine().Mount(Named("v"), CliConsumer(), {}, Soon(), HungUp(gone));
      ASSERT_TRUE(gone.Wait().ok());
      Settle("v");
    }
    if (operation == "remove_snapshot") {
      Pending<absl::StatusOr<Snapshot>> made;
      engine().CreateSnapshot(Named("v"), {.name = "s"}, false, Soon(), made.Done());
      ASSERT_TRUE(made.Wait().ok());
    }
    if (operation == "detach") {
      Pending<Path> gone;
      engine().Mount(Named("v"), CliConsumer(), {}, Soon(), HungUp(gone));
      ASSERT_TRUE(gone.Wait().ok());
      Settle("v");
    }
  }
  void Begin(const std::string& step) {
    const std::string operation = operation_;
    const auto ignore = [](const auto&) {};
    if (operation == "create") {
      CreateSpec spec;
      spec.name = "w";
      if (step != "create") spec.source_volume = "v";
      spec.freeze_source = step != "create";
      engine().CreateVolume("", spec, Soon(), ignore);
    } else if (operation == "mount") {
      if (step == "undo_mount") cloud().calls().FailNext("OnStaged", absl::InternalError("broken"));
      if (step == "undo_attach") host().calls().FailNext("Probe", absl::InternalError("broken"));
      MountSpec spec;
      if (step == "find_holder" || step == "preempt" || step == "await_free") cloud().AttachTo(id_, "node-b");
      if (step == "preempt") spec.preempt = Preempt::kAlways;
      engine().Mount(Named("v"), DockerConsumer('a'), spec, Soon(), [](const auto&) { return true; });
      Until([&] {  // what waits for a time is given it
        if (step == "await_free") Advance(std::chrono::milliseconds(100));
        return FaultPointsHanging() == 1;
      });
    } else if (operation == "unmount") {
      engine().Unmount(Named("v"), DockerConsumer('a'), true, Soon(), ignore);
    } else if (operation == "grow") {
      engine().Grow(Named("v"), 2 * kGiB, Soon(), ignore);
    } else if (operation == "modify") {
      engine().Modify(Named("v"), {.size = 2 * kGiB, .type = "fast"}, Soon(), ignore);
    } else if (operation == "adopt") {
      engine().Adopt(Named("v"), Soon(), ignore);
    } else if (operation == "snapshot") {
      engine().CreateSnapshot(Named("v"), {.name = "s"}, true, Soon(), ignore);
    } else if (operation == "remove_snapshot") {
      engine().RemoveSnapshot("", "s", {}, Soon(), ignore);
    } else if (operation == "remove") {
      engine().Remove(Named("v"), {}, Soon(), ignore);
    } else if (operation == "attach") {
      engine().Attach(Named("v"), false, Soon(), ignore);
    } else if (operation == "detach") {
      engine().Detach(Named("v"), false, Soon(), ignore);
    } else if (operation == "fence") {
      cloud().TearAway(id_);
    } else if (operation == "release") {
      Advance(std::chrono::minutes(10));
      Until([&] {
        Advance(std::chrono::seconds(1));
        return FaultPointsHanging() == 1;
      });
    }
  }
  std::string operation_;
  std::string id_;
};

std::vector<std::string> CrashPoints() {
  std::vector<std::string> points;
  for (const std::string& point : AllFaultPoints()) {
    const bool other = point.find("recover.") != std::string::npos;  // these happen only after a crash
    if (!other) points.push_back(point);
  }
  return points;
}

TEST_P(CrashTest, LeavesNothingThatTheNextDaemonDoesNotPutRight) {
  const std::string& point = GetParam();  // engine.mount.before_attach
  operation_ = point.substr(7, point.find('.', 7) - 7);
  const std::string& operation = operation_;
  const size_t verb = point.find('_', point.find('.', 7)) + 1;
  const std::string step = point.substr(verb);
  cloud_options_.capabilities.grow = true;
  cloud_options_.capabilities.grow_online = true;
  ASSERT_NO_FATAL_FAILURE(Prepare(step));
  if (step == "check" ||
      (operation == "mount" && step == "grow_fs")) {  // only what has a file system already
    ASSERT_TRUE(Mount("v", CliConsumer()).ok());
    ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  }
  const bool had_mount = host().MountAt(StagePath("v")).has_value();
  SetFault(point, FaultAction::kHang, 1);
  Begin(step);
  Until([] { return FaultPointsHanging() == 1; });

  // The old one hangs; what it would do later it does after the checks.
  std::unique_ptr<VolumeEngine> dead = std::move(engine_);
  std::unique_ptr<FailingJournal> dead_journal = std::move(journal_);
  std::unique_ptr<EventLog> dead_events = std::move(events_);
  const std::string old = directory_;
  const std::string copy = directory_ + "/second";
  std::filesystem::create_directory(copy);
  for (const char* file : {"journal-boot.db", "journal-boot.db-wal"}) {
    std::filesystem::copy_file(old + "/" + file, copy + "/" + file);
  }
  auto opened = OpenJournal(copy, "boot");
  ASSERT_TRUE(opened.ok()) << opened.status();
  journal_ = std::make_unique<FailingJournal>(std::move(opened).value());
  events_ = std::make_unique<EventLog>(clock_);
  service_.driver = cloud().DriverFor(kNode, host());
  VolumeEngine::Parts parts;
  parts.host = host().AsHost();
  parts.journal = journal_.get();
  parts.events = events_.get();
  parts.services = {service_};
  auto made = VolumeEngine::Create(options_, parts);
  ASSERT_TRUE(made.ok()) << made.status();
  engine_ = std::move(made).value();
  ASSERT_EQ(engine_->Recover(), absl::OkStatus());
  Until([&] {  // what recovery has begun has ended
    clock_.Advance(std::chrono::milliseconds(1));
    const auto intents = journal_->Intents();
    const VolumeView view = cloud().Find(id_) ? View("v") : VolumeView();
    if (!intents->empty()) return false;
    if (operation == "fence") {
      const bool unused = step == "check_unused" || step == "detach";
      return view.state == (unused ? StageState::kDetached : StageState::kLost) &&
             !host().MountAt(StagePath("v"));
    }
    return view.waiting_for.empty() && view.state != StageState::kAttached &&
           view.state != StageState::kReady;
  });
  cloud().Find(id_).has_value() && !AttachedHere(id_) ? cloud().TearAway(id_) : void();  // node-b lets it go

  EXPECT_THAT(host().Frozen(), ::testing::IsEmpty()) << "no file system stays frozen";
  const bool exists = cloud().Find(id_).has_value();
  const bool mounted = host().MountAt(StagePath("v")).has_value();
  if (exists) {
    const VolumeView view = View("v");
    EXPECT_EQ(mounted, view.mount_point == DataPath("v")) << "mounts are the stages in the journal";
    EXPECT_EQ(mounted, AttachedHere(id_)) << "nothing leaks";
    const bool lost = view.state == StageState::kLost;
    EXPECT_EQ(journal_->Stages()->size(), mounted || lost ? 1u : 0u);
    EXPECT_EQ(lost, operation == "fence" && !view.consumers.empty());
    EXPECT_LE(host().TargetsOf(drivers::fake::FakeCloud::DevicePathOf(id_)).size(), 1u);
    // No consumer was lost or invented.
    if (operation == "mount" || operation == "detach") {
      EXPECT_TRUE(view.consumers.empty());
    }
    if (operation == "grow" || operation == "modify" || operation == "snapshot" ||
        (operation == "create" && step != "create")) {
      EXPECT_EQ(CountOf(view, DockerConsumer('a')), 1);
    }
    if ((operation == "unmount" || operation == "release") && mounted) {
      EXPECT_EQ(CountOf(view, DockerConsumer('a')), 1);
    }
    if (operation == "fence") {
      EXPECT_FALSE(mounted);
      const bool unused = step == "check_unused" || step == "detach";
      EXPECT_EQ(CountOf(view, DockerConsumer('a')), unused ? 0 : 1);
      if (!unused) {
        EXPECT_EQ(Mount("v", DockerConsumer('b')).status().code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
      }
    }
    // And it works as ever.
    const Path path = Mount("v", DockerConsumer('b'));
    EXPECT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
    EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
    EXPECT_EQ(View("v").state, StageState::kDetached);
    EXPECT_FALSE(AttachedHere(id_));
  } else {
    EXPECT_EQ(operation, "remove");
    EXPECT_FALSE(mounted);
  }
  EXPECT_FALSE(had_mount && (operation == "grow" || operation == "modify" || operation == "snapshot") &&
               !mounted)
      << "nobody's mount is taken away";
  engine_.reset();
  ClearFaults();
  dead.reset();
}

std::string NameOfPoint(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(7);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(EveryStep, CrashTest, ::testing::ValuesIn(CrashPoints()), NameOfPoint);

#endif  // REXRAY_FAULT_POINTS

TEST(StepTableTest, NamesAreUniqueAndFound) {
  std::set<std::string> names;
  for (const std::string& step : AllSteps()) {
    EXPECT_TRUE(names.insert(step).second) << step;
    const size_t dot = step.find('.');
    EXPECT_NE(FindStep(step.substr(0, dot), step.substr(dot + 1)), nullptr);
  }
  EXPECT_EQ(FindStep("mount", "no_such_step"), nullptr);
  EXPECT_EQ(AllFaultPoints().size(), 2 * AllSteps().size());
}

}  // namespace
}  // namespace rexray::engine
