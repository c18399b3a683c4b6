// What another daemon left on this node: mounts that no row explains.

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

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

}  // namespace
}  // namespace rexray::engine
