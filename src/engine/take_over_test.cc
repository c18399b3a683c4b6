// What another daemon left on this node: mounts that no row explains, and a process of it that still acts.

#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

/// A mount with the consumer "adopted" alone.
class AdoptedTest : public EngineFixture {
 protected:
  void TakeOver() {
    id_ = Create("v");
    ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
    Stop();
    for (const char* file : {"/journal-boot.db", "/journal-boot.db-wal", "/journal-boot.db-shm"}) {
      std::filesystem::remove(directory_ + file);
    }
    Start();
    Until([&] { return EventsOfKind("adopted") == 1; });
    Settle("v");
  }
  /// Of somebody who mounted it before we were here.
  void UnmountUnknown() { EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus()); }
  void ExpectKept() {
    EXPECT_EQ(View("v").state, StageState::kInUse);
    ASSERT_EQ(View("v").consumers.size(), 1u);
    EXPECT_EQ(View("v").consumers.front().consumer.id, "adopted");
    EXPECT_TRUE(AttachedHere(id_));
    EXPECT_EQ(journal_->Consumers()->size(), 1u);
    EXPECT_TRUE(journal_->Intents()->empty());
  }
  static host::MountUse Postgres() {
    host::MountUse use;
    use.pid = 4711;
    use.command = "postgres";
    use.target = "/var/lib/postgresql/data";
    return use;
  }
  std::string id_;
};

TEST_F(AdoptedTest, AnUnknownUnmountEndsItWhenNobodyHasIt) {
  TakeOver();
  UnmountUnknown();
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_FALSE(AttachedHere(id_));
  EXPECT_TRUE(journal_->Stages()->empty());
  EXPECT_EQ(EventsOfKind("adopted-ended"), 1u);
  UnmountUnknown();
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(AdoptedTest, AProcessInAnotherMountNamespaceKeepsIt) {
  TakeOver();
  host().SetMountUses(StagePath("v"), {Postgres()});
  UnmountUnknown();
  ExpectKept();
  EXPECT_EQ(host().calls().Count("Unmount"), 0);
  host().SetMountUses(StagePath("v"), {});
  UnmountUnknown();
  EXPECT_FALSE(AttachedHere(id_));
}

TEST_F(AdoptedTest, AnOpenFileInTheStageKeepsIt) {
  TakeOver();
  host().SetMountHolders(StagePath("v"), {{12, "vi", "current directory \"/\""}});
  UnmountUnknown();
  ExpectKept();
}

TEST_F(AdoptedTest, ItIsKeptWhereTheKernelDoesNotShowEverything) {
  TakeOver();
  host().SetCensusGap("process 12: permission denied");
  UnmountUnknown();
  ExpectKept();
  host().SetCensusGap("");
  host().SetSeesEveryProcess(absl::FailedPreconditionError("a PID namespace of its own"));
  UnmountUnknown();
  ExpectKept();
}

TEST_F(AdoptedTest, TheUnmountOfOneThatIsKnownLeavesIt) {
  TakeOver();
  ASSERT_TRUE(Mount("v", DockerConsumer('b')).ok());
  UnmountUnknown();
  EXPECT_EQ(View("v").consumers.size(), 2u) << "which of them it is cannot be told";
  EXPECT_EQ(Unmount("v", DockerConsumer('b')), absl::OkStatus());
  ExpectKept();
}

/// A helper process of the former daemon hangs.
class FormerWorkTest : public EngineFixture {
 protected:
  FormerWorkTest() {
    options_.former_work = [this] {
      return acts_ ? absl::UnavailableError("process 4711 to end") : absl::OkStatus();
    };
  }
  /// The daemon was killed in the middle of an operation.
  void DieDuring(const std::string& operation, const std::string& step) {
    IntentRow intent;
    intent.key = {"rexray", id_};
    intent.name = "v";
    intent.operation = operation;
    intent.step = step;
    ASSERT_EQ(journal_->PutIntent(intent), absl::OkStatus());
    Stop();
    acts_ = true;
    Start();
    Until([&] { return EventsOfKind("waits-for-former-daemon") == 1; });
  }
  void ItEnds() {
    acts_ = false;
    Until([&] {
      Advance(std::chrono::milliseconds(200));
      return journal_->Intents()->empty();
    });
    Settle("v");
  }
  std::atomic<bool> acts_{false};
  std::string id_;
};

TEST_F(FormerWorkTest, WhatItWorksOnWaitsAndNothingElse) {
  id_ = Create("v");
  Create("w");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  DieDuring("unmount", "umount");
  host().calls().ForgetCalls();
  EXPECT_EQ(View("v").waiting_for, "recover: waiting for process 4711 to end");
  Pending<absl::Status> unmount = StartUnmount("v", DockerConsumer('a'));
  Pending<Path> mount = StartMount("v", DockerConsumer('b'));
  ASSERT_TRUE(Mount("w", DockerConsumer('c')).ok());
  EXPECT_EQ(Unmount("w", DockerConsumer('c')), absl::OkStatus());
  EXPECT_FALSE(unmount.Ready() || mount.Ready());
  EXPECT_EQ(host().calls().Count("Unmount", StagePath("v")), 0);
  Advance(std::chrono::seconds(110));
  for (const absl::Status& status : {unmount.Wait(), mount.Wait().status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("still waiting for process 4711 to end"));
  }
  ItEnds();  // without having done anything
  EXPECT_EQ(View("v").waiting_for, "");
}

TEST_F(FormerWorkTest, WhatItDidCounts) {
  id_ = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  DieDuring("unmount", "umount");
  ASSERT_EQ(host().Unmount(StagePath("v")), absl::OkStatus());
  ItEnds();
  EXPECT_EQ(EventsOfKind("consumer-lost"), 0u) << "it was being unmounted";
  EXPECT_TRUE(journal_->Consumers()->empty());
  Until([&] { return !AttachedHere(id_); });
  EXPECT_TRUE(Mount("v", DockerConsumer('b')).ok());
}

TEST_F(FormerWorkTest, WhatItDidNotDoLosesNobody) {
  id_ = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  DieDuring("unmount", "umount");
  ItEnds();
  EXPECT_EQ(View("v").state, StageState::kInUse);
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
  EXPECT_EQ(Unmount("v", DockerConsumer('a')), absl::OkStatus());
  EXPECT_FALSE(AttachedHere(id_));
}

TEST_F(FormerWorkTest, ItsMountPointIsLeftAlone) {
  id_ = Create("v");
  std::filesystem::create_directories(StagePath("v"));
  std::filesystem::create_directories(StagePath("old"));
  DieDuring("mount", "mount");
  EXPECT_TRUE(std::filesystem::exists(StagePath("v"))) << "it may be mounted there yet";
  EXPECT_FALSE(std::filesystem::exists(StagePath("old")));
  ItEnds();
  EXPECT_TRUE(Mount("v", DockerConsumer('a')).ok());
}

TEST_F(FormerWorkTest, ADaemonThatStopsMeanwhileLeavesItToTheNext) {
  id_ = Create("v");
  ASSERT_TRUE(Mount("v", DockerConsumer('a')).ok());
  DieDuring("unmount", "umount");
  Until([&] { return engine().Shutdown(Deadline::Never()); });
  EXPECT_EQ(journal_->Intents()->size(), 1u);
  Restart();
  Until([&] { return EventsOfKind("waits-for-former-daemon") == 1; });
  ItEnds();
  EXPECT_EQ(CountOf(View("v"), DockerConsumer('a')), 1);
}

}  // namespace
}  // namespace rexray::engine
