// A service whose backend has not answered yet: nobody waits for it who need not, and nothing of it is
// forgotten or taken for gone.

#include "gmock/gmock.h"

#include "base/testing/virtual_time.h"
#include "engine/testing/engine_fixture.h"
#include "volume/late_driver.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

/// The default service's driver is opened late; the fixture's own service is the other one.
class StartingTest : public EngineFixture {
 protected:
  StartingTest() {
    service_.name = "other";
    Volume volume;
    volume.key.id = "other-1";
    volume.name = "o";
    volume.blank = true;
    other_cloud().AddVolume(volume);
    late_service_.name = "rexray";
    late_service_.default_size = kGiB;
    drivers::fake::FakeCloud::Options options;
    options.clock = &clock_;
    options.service = late_service_.name;
    late_cloud_ = std::make_unique<drivers::fake::FakeCloud>(options);
  }
  ~StartingTest() override {
    LetOpen();
    engine_.reset();
    more_services_.clear();
    late_service_.driver.reset();
  }

  drivers::fake::FakeCloud& cloud() { return *late_cloud_; }
  drivers::fake::FakeCloud& other_cloud() { return EngineFixture::cloud(); }
  bool AttachedHere(const std::string& id) {
    const auto volume = cloud().Find(id);
    return volume && !volume->attachments.empty() && volume->attachments.front().node == kNode;
  }
  void Start() {
    LateDriver::Options options;
    options.service = late_service_.name;
    options.driver = "fake";
    options.expected = drivers::fake::FakeCloud::Options::NetworkBlock();
    drivers::fake::FakeHost& node = host();
    late_ = std::make_shared<LateDriver>(options, clock_,
                                         [this, &node]() -> absl::StatusOr<std::unique_ptr<StorageDriver>> {
                                           MutexLock lock(mutex_);
                                           ++attempts_;
                                           while (!may_open_) opened_.Wait(mutex_);
                                           if (!failure_.ok()) return Own(failure_);
                                           return cloud().DriverFor(kNode, node);
                                         });
    late_->Begin();
    late_service_.driver = late_;
    more_services_ = {late_service_};
    EngineFixture::Start();
  }
  void HoldBack() {
    MutexLock lock(mutex_);
    may_open_ = false;
  }
  void LetOpen(absl::Status failure = absl::OkStatus()) {
    MutexLock lock(mutex_);
    may_open_ = true;
    failure_ = std::move(failure);
    opened_.NotifyAll();
  }
  int Attempts() {
    MutexLock lock(mutex_);
    return attempts_;
  }
  /// A daemon that ended and is started again, with a driver that does not open.
  void RestartStuck() {
    Stop();
    HoldBack();
    Start();
    ASSERT_EQ(Phase(), Readiness::Phase::kStarting);
  }
  Readiness::Phase Phase() { return engine().ReadinessOf("")->phase; }
  std::string Why() { return engine().ReadinessOf("")->why; }
  void ExpectOthersWork() {
    Pending<Path> path;
    engine().Mount({"other", "o", ""}, CliConsumer(), {}, Soon(), Received(path));
    const Path mounted = path.Wait();
    EXPECT_TRUE(mounted.ok()) << mounted.status();
    Pending<absl::StatusOr<std::vector<VolumeView>>> all;
    engine().List("other", Soon(), all.Done());
    const auto listed = all.Wait();
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(listed->size(), 1u);
    EXPECT_TRUE(engine().ReadinessOf("other")->ready());
  }
  void LoseJournal() {
    for (const char* file : {"/journal-boot.db", "/journal-boot.db-wal", "/journal-boot.db-shm"}) {
      std::filesystem::remove(directory_ + file);
    }
  }

  Service late_service_;
  std::unique_ptr<drivers::fake::FakeCloud> late_cloud_;
  std::shared_ptr<LateDriver> late_;
  Mutex mutex_;
  CondVar opened_;
  bool may_open_ ABSL_GUARDED_BY(mutex_) = true;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int attempts_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_F(StartingTest, ADriverThatOpensSlowlyDelaysNobodyElse) {
  HoldBack();
  Start();
  EXPECT_EQ(Phase(), Readiness::Phase::kStarting);
  ExpectOthersWork();
  Advance(std::chrono::seconds(3));
  EXPECT_EQ(Why(), "its driver fake is being opened for 3 s");
  LetOpen();
  Until([&] { return Phase() == Readiness::Phase::kReady; });
  EXPECT_EQ(Why(), "");
  Create("v");
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
}

TEST_F(StartingTest, CallsWaitAndThenSayWhatFor) {
  HoldBack();
  Start();
  Pending<absl::StatusOr<VolumeView>> get;
  Pending<absl::StatusOr<std::vector<VolumeView>>> list;
  Pending<absl::StatusOr<CreateResult>> create;
  Pending<Path> mount = StartMount("v", CliConsumer());
  CreateSpec spec;
  spec.name = "new";
  engine().Get(Named("v"), Soon(), get.Done());
  engine().List("", Soon(), list.Done());
  engine().CreateVolume("", spec, Soon(), create.Done());
  EXPECT_FALSE(get.Ready() || list.Ready() || create.Ready() || mount.Ready());
  Advance(std::chrono::seconds(110));
  for (const absl::Status& status :
       {get.Wait().status(), list.Wait().status(), create.Wait().status(), mount.Wait().status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(MessageOf(status)),
                HasSubstr("service \"rexray\" is starting: its driver fake is being opened for 110 s"));
  }
  LetOpen();
  EXPECT_TRUE(CreateSync(spec).ok());
  EXPECT_EQ(cloud().Volumes().size(), 1u) << "the retry joined what went on";
}

TEST_F(StartingTest, WhatIsMountedHereIsKnownBeforeItsBackendAnswers) {
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  RestartStuck();
  EXPECT_EQ(*PathOf("v"), DataPath("v"));
  EXPECT_EQ(*Mount("v", DockerConsumer('b')), DataPath("v"));
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(View("v").consumers.size(), 2u);
  EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  EXPECT_EQ(Phase(), Readiness::Phase::kStarting);
}

TEST_F(StartingTest, NothingThatIsMountedIsTakenForGone) {
  options_.attachment_poll = std::chrono::minutes(5);
  options_.device_poll = std::chrono::seconds(30);
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  RestartStuck();
  EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus()) << "not a consumer: nothing changes";
  for (int i = 0; i < 20; ++i) {
    Advance(std::chrono::minutes(1));
    AwaitOthersAsleep();
  }
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_EQ(EventsOfKind("fenced") + EventsOfKind("consumer-lost") + EventsOfKind("service-gone"), 0u);
  LetOpen();
  Until([&] {
    Advance(std::chrono::seconds(1));
    return Phase() == Readiness::Phase::kReady;
  });
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(StartingTest, WhatIsMountedHereCanBeUnmountedMeanwhileAndIsDetachedLater) {
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  RestartStuck();
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_TRUE(AttachedHere(id));
  LetOpen();
  Until([&] {
    Advance(std::chrono::seconds(1));
    return !AttachedHere(id);
  });
}

TEST_F(StartingTest, WhatLingeredIsDetachedWhenItsBackendAnswers) {
  late_service_.linger = std::chrono::seconds(3);
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  ASSERT_TRUE(AttachedHere(id));
  RestartStuck();
  Advance(std::chrono::minutes(1));
  EXPECT_TRUE(AttachedHere(id));
  LetOpen();
  Until([&] { return !AttachedHere(id); });
}

TEST_F(StartingTest, AMountThatNoRowExplainsIsAdoptedWhenItsBackendAnswers) {
  Start();
  Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  LoseJournal();
  HoldBack();
  Start();
  Advance(std::chrono::minutes(20));  // longer than any call of our own waits
  Until([&] { return EventsOfKind("adoption-waits") == 1; });
  EXPECT_EQ(EventsOfKind("adopted") + EventsOfKind("unexplained-mount"), 0u);
  LetOpen();
  Until([&] {
    Advance(std::chrono::seconds(1));
    return EventsOfKind("adopted") == 1;
  });
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

TEST_F(StartingTest, ABackendThatIsSilentIsStartingUntilItAnswers) {
  cloud().calls().Hang("List");
  Start();
  cloud().calls().WaitUntilHanging("List");
  ExpectOthersWork();
  Advance(std::chrono::seconds(7));
  EXPECT_EQ(Phase(), Readiness::Phase::kStarting);
  EXPECT_EQ(Why(), "its backend has not answered for 7 s");
  cloud().calls().Release("List");
  Until([&] { return Phase() == Readiness::Phase::kReady; });
}

TEST_F(StartingTest, ABackendThatRefusesIsAskedAgain) {
  cloud().calls().FailNext("List", absl::UnavailableError("connection refused"), 2);
  Start();
  Until([&] { return Why() == "its backend has not answered for 0 s: connection refused"; });
  EXPECT_EQ(Phase(), Readiness::Phase::kStarting);
  Until([&] {
    Advance(std::chrono::seconds(1));
    return Phase() == Readiness::Phase::kReady;
  });
  EXPECT_EQ(cloud().calls().Count("List"), 3);
}

TEST_F(StartingTest, ADriverThatCannotBeOpenedIsDownAndTriedAgain) {
  LetOpen(absl::FailedPreconditionError("another process has it open"));
  Start();
  Until([&] { return Phase() == Readiness::Phase::kDown; });
  EXPECT_EQ(Why(), "another process has it open");
  const auto view = Get("v");
  EXPECT_EQ(view.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(view.status())),
              HasSubstr("service \"rexray\" is down: another process has it open"));
  ExpectOthersWork();
  LetOpen();
  Until([&] {
    Advance(std::chrono::seconds(1));
    return Phase() == Readiness::Phase::kReady;
  });
  Create("v");
}

TEST_F(StartingTest, ADriverThatDoesNotExistIsNotAVolumeThatDoesNot) {
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  Stop();
  LetOpen(absl::NotFoundError("there is no storage driver \"fake\""));
  Start();
  Until([&] { return Phase() == Readiness::Phase::kDown; });
  const int attempts = Attempts();
  EXPECT_EQ(Get("nosuch").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Remove("nosuch").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(*PathOf("v"), DataPath("v"));
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok()) << "what is mounted needs no backend";
  Advance(std::chrono::hours(1));
  EXPECT_EQ(Attempts(), attempts) << "it does not come by itself";
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
}

TEST_F(StartingTest, OneServiceWithoutAnAnswerKeepsNoOtherFromBeingFenced) {
  options_.attachment_poll = std::chrono::minutes(5);
  Start();
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  ExpectOthersWork();
  other_cloud().calls().FailNext("ThisNode", absl::UnavailableError("away"), -1);
  host().KeepDevices(true);
  cloud().AttachTo(id, "node-b");
  Until([&] {
    Advance(std::chrono::seconds(5));
    AwaitOthersAsleep();
    return EventsOfKind("fenced") == 1;
  });
  EXPECT_EQ(View("v").state, StageState::kLost);
}

TEST_F(StartingTest, NobodyWaitsForItWhenTheDaemonStops) {
  HoldBack();
  Start();
  Pending<absl::StatusOr<CreateResult>> create;
  Pending<absl::StatusOr<VolumeView>> get;
  CreateSpec spec;
  spec.name = "new";
  engine().CreateVolume("", spec, Soon(), create.Done());
  engine().Get(Named("v"), Soon(), get.Done());
  EXPECT_FALSE(late_->Stop()) << "it is being opened: the destructor would wait";
  engine().EndReads();
  Until([&] { return engine().Shutdown(Deadline::Never()); });
  EXPECT_EQ(create.Wait().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(get.Wait().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(StartingTest, ABackendThatIsSilentDoesNotKeepTheDaemonFromStopping) {
  cloud().calls().Hang("List");
  cloud().calls().Hang("FindByName");
  Start();
  Pending<absl::StatusOr<VolumeView>> get;
  engine().Get(Named("v"), Soon(), get.Done());
  cloud().calls().WaitUntilHanging("List");
  cloud().calls().WaitUntilHanging("FindByName");
  engine().EndReads();
  EXPECT_EQ(get.Wait().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(engine().Shutdown(Deadline::Never())) << "the destructor would wait for it";
  cloud().calls().Release("List");
  cloud().calls().Release("FindByName");
}

}  // namespace
}  // namespace rexray::engine
