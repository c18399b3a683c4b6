// What Docker forgot when it crashed, on a node in memory; the kernel's part is in host/mount_users_test.cc.

#include "gmock/gmock.h"

#include "base/testing/virtual_time.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;
using Verdict = ConsumerEvidence::Verdict;

class StaleConsumersTest : public EngineFixture {
 protected:
  StaleConsumersTest() { options_.stale_poll = std::chrono::minutes(5); }

  void MountIt() {
    id_ = Create("v");
    ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  }
  /// Until `times` more searches have ended, and what they began has ended: no search begins before the one
  /// before it has ended.
  void Search(int times = 1) {
    const int before = host().calls().Count("Count");
    Until([&] {
      Advance(std::chrono::seconds(5));
      return host().calls().Count("Count") > before + times;
    });
    Settle("v");
  }
  /// Until a search has ended its mount.
  void SearchUntilReleased() {
    Until([&] {
      Advance(std::chrono::seconds(5));
      return !Mounted();
    });
    Settle("v");
  }
  void Pass(Duration by) {
    const TimePoint until = clock_.Now() + by;
    while (clock_.Now() < until) {
      AwaitOthersAsleep();
      Advance(std::chrono::seconds(5));
    }
    AwaitOthersAsleep();  // a search that began has ended
  }
  ConsumerReport Report() {
    Pending<absl::StatusOr<ConsumerReport>> answer;
    engine().Consumers(Named("v"), Soon(), answer.Done());
    absl::StatusOr<ConsumerReport> report = answer.Wait();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ConsumerReport();
  }
  bool Mounted() { return host().MountAt(StagePath("v")).has_value(); }
  static host::MountUse Postgres() {
    host::MountUse use;
    use.pid = 4711;
    use.command = "postgres";
    use.mount_namespace = 4026532200;
    use.target = "/var/lib/postgresql/data";
    use.container = std::string(64, 'c');
    return use;
  }
  std::string id_;
};

TEST_F(StaleConsumersTest, OneThatNobodyHasMountedIsReleasedAfterItsTime) {
  MountIt();
  Pass(std::chrono::minutes(9));
  EXPECT_EQ(host().calls().Count("Count"), 0) << "nothing to look for yet";
  EXPECT_TRUE(Mounted());
  SearchUntilReleased();
  EXPECT_FALSE(AttachedHere(id_));
  EXPECT_EQ(EventsOfKind("consumer-released"), 1u);
  EXPECT_EQ(host().calls().Count("UnmountLazily"), 0) << "never by force";
  EXPECT_TRUE(journal_->Consumers()->empty());
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus()) << "its late Unmount succeeds";
}

TEST_F(StaleConsumersTest, AContainerThatHasItKeepsIt) {
  MountIt();
  host().SetMountUses(StagePath("v"), {Postgres()});
  Pass(std::chrono::minutes(11));
  Search(3);
  EXPECT_TRUE(Mounted());
  const ConsumerReport report = Report();
  ASSERT_EQ(report.consumers.size(), 1u);
  EXPECT_EQ(report.consumers.front().verdict, Verdict::kAlive);
  EXPECT_THAT(report.consumers.front().why, HasSubstr("process 4711 (postgres)"));
  EXPECT_THAT(report.consumers.front().why, HasSubstr("container cccccccccccc"));
  ASSERT_EQ(report.uses.size(), 1u);
  EXPECT_EQ(report.uses.front().mount_namespace, 4026532200u);
  host().SetMountUses(StagePath("v"), {});
  SearchUntilReleased();
}

TEST_F(StaleConsumersTest, OneThatComesBetweenTheSearchAndItsTurnKeepsIt) {
  MountIt();
  Pass(std::chrono::minutes(9));  // none is old enough yet
  host().calls().Hang("Count");
  Until([&] {
    Advance(std::chrono::seconds(5));
    return host().calls().Count("Count") == 1;
  });
  Pending<Path> late = StartMount("v", DockerConsumer('b'));
  ASSERT_TRUE(late.Wait().ok());
  host().calls().Clear();
  Settle("v");
  Pass(std::chrono::minutes(6));
  Settle("v");
  EXPECT_TRUE(Mounted());
  EXPECT_EQ(View("v").consumers.size(), 2u) << "which of them is the stale one cannot be told";
}

TEST_F(StaleConsumersTest, ABusyUmountMeansAlive) {
  MountIt();
  host().SetMountHolders(StagePath("v"), {{12, "vi", "current directory \"/\""}});
  Pass(std::chrono::minutes(11));
  Search(2);
  EXPECT_TRUE(Mounted());
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  EXPECT_EQ(EventsOfKind("consumer-released"), 0u);
  EXPECT_THAT(Report().consumers.front().why, HasSubstr("process 12 (vi) has it: current directory"));
}

TEST_F(StaleConsumersTest, OnlyDockersOwn) {
  id_ = Create("v");
  for (const Consumer& consumer : {CliConsumer(), ConsumerOfDockerId("v", "dvdcli:v"),
                                   ConsumerOfDockerId("v", "2f73349c" + std::string(50, '0') + "918ec2"),
                                   Consumer{Consumer::Api::kCsi, "/target", false}}) {
    ASSERT_TRUE(Mount("v", consumer).ok());
    ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
    Pass(std::chrono::minutes(30));
    EXPECT_EQ(host().calls().Count("Count"), 0) << "not even looked for";
    EXPECT_EQ(View("v").consumers.size(), 2u);
    ASSERT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
    ASSERT_EQ(Unmount("v", consumer, /*now=*/true), absl::OkStatus());
  }
}

TEST_F(StaleConsumersTest, NotFromAnotherPidNamespace) {
  MountIt();
  host().SetSeesEveryProcess(absl::FailedPreconditionError("a PID namespace of its own"));
  Pass(std::chrono::hours(1));
  EXPECT_EQ(host().calls().Count("Count"), 0);
  EXPECT_TRUE(Mounted());
  const ConsumerReport report = Report();
  EXPECT_EQ(report.consumers.front().verdict, Verdict::kUnknown);
  EXPECT_THAT(report.consumers.front().why, HasSubstr("a PID namespace of its own"));
}

TEST_F(StaleConsumersTest, NotWhileAProcessCannotBeLookedAt) {
  MountIt();
  host().SetCensusGap("process 99: permission denied");
  Pass(std::chrono::minutes(11));
  Search(2);
  EXPECT_TRUE(Mounted());
  EXPECT_EQ(Report().consumers.front().verdict, Verdict::kUnknown);
}

TEST_F(StaleConsumersTest, ZeroMeansNever) {
  service_.stale_after = Duration::zero();
  MountIt();
  Pass(std::chrono::hours(1));
  EXPECT_EQ(host().calls().Count("Count"), 0);
  EXPECT_TRUE(Mounted());
}

TEST_F(StaleConsumersTest, AListNeverWaitsForTheSearch) {
  MountIt();
  Pass(std::chrono::minutes(9));  // none is old enough yet
  host().calls().Hang("Count");
  Until([&] {
    Advance(std::chrono::seconds(5));
    return host().calls().Count("Count") == 1;
  });
  EXPECT_TRUE(List().ok());
  EXPECT_TRUE(Get("v").ok());
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
  host().calls().Clear();
}

TEST_F(StaleConsumersTest, TheAgeCountsAcrossARestart) {
  options_.stale_poll = Duration::zero();  // a search of its own time could release it before it is looked at
  MountIt();
  Advance(std::chrono::minutes(8));
  Restart();
  Advance(std::chrono::minutes(3));
  const ConsumerReport report = Report();
  ASSERT_EQ(report.consumers.size(), 1u);
  EXPECT_EQ(report.consumers.front().verdict, Verdict::kStale);
  Stop();
  options_.stale_poll = std::chrono::minutes(5);
  Start();
  SearchUntilReleased();
}

}  // namespace
}  // namespace rexray::engine
