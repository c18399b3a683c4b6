#include "engine/journal.h"

#include <sqlite3.h>

#include <fstream>

#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

class JournalTest : public EngineFixture {
 protected:
  std::string File() const { return directory_ + "/journal-boot.db"; }
  static StageRow Row(const std::string& id) {
    StageRow row;
    row.key = {"rexray", id};
    row.name = "the \"name\" of " + id;
    row.device = "/dev/loop1";
    row.identity = "8:1:42";
    row.device_number = 0x701;
    row.stage_path = "/s";
    row.user_path = "/s/data";
    row.state = "staged";
    row.attached_by_us = true;
    row.keep_attached = true;
    row.read_only = true;
    row.fs_type = "xfs";
    row.mount_options = {"nouuid", "noatime"};
    row.since = WallTime(std::chrono::microseconds(1234567890));
    return row;
  }
};

TEST_F(JournalTest, OneOfTheVersionBeforeIsTakenUpWithItsRows) {
  {
    auto journal = OpenJournal(directory_, "boot");
    ASSERT_TRUE(journal.ok()) << journal.status();
    ASSERT_EQ((*journal)->PutStage(Row("a")), absl::OkStatus());
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(File().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "ALTER TABLE stages DROP COLUMN lost_because; PRAGMA user_version=1",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_close(database), SQLITE_OK);
  for (int time = 0; time < 2; ++time) {
    auto journal = OpenJournal(directory_, "boot");
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_EQ((*journal)->Remark(), "");
    ASSERT_EQ((*journal)->Stages()->size(), 1u);
    StageRow row = (*journal)->Stages()->front();
    EXPECT_EQ(row.since, Row("a").since);
    EXPECT_EQ(row.lost_because, "");
    row.lost_because = "taken";
    ASSERT_EQ((*journal)->PutStage(row), absl::OkStatus());
    EXPECT_EQ((*journal)->Stages()->front().lost_because, "taken");
    row.lost_because = "";
    ASSERT_EQ((*journal)->PutStage(row), absl::OkStatus());
  }
}

TEST_F(JournalTest, RowsComeBackAsTheyWere) {
  {
    auto journal = OpenJournal(directory_, "boot");
    ASSERT_TRUE(journal.ok()) << journal.status();
    ASSERT_EQ((*journal)->PutStage(Row("a")), absl::OkStatus());
    ASSERT_EQ((*journal)->PutStage(Row("b")), absl::OkStatus());
    const Consumer docker{Consumer::Api::kDocker, "id", true};
    ASSERT_EQ((*journal)->PutConsumer({{"rexray", "a"}, docker, 2, Row("a").since}), absl::OkStatus());
    ASSERT_EQ((*journal)->PutConsumer({{"rexray", "a"}, docker, 3, Row("a").since}), absl::OkStatus());
    ASSERT_EQ((*journal)->PutConsumer({{"rexray", "b"}, docker, 1, Row("a").since}), absl::OkStatus());
    ASSERT_EQ((*journal)->PutIntent({{"rexray", "a"}, "n", "mount", "attach", "{}", Row("a").since}),
              absl::OkStatus());
    ASSERT_EQ((*journal)->DropStage({"rexray", "b"}), absl::OkStatus());
  }
  auto journal = OpenJournal(directory_, "boot");
  ASSERT_TRUE(journal.ok());
  EXPECT_EQ((*journal)->Remark(), "");
  const auto stages = *(*journal)->Stages();
  ASSERT_EQ(stages.size(), 1u);
  const StageRow want = Row("a");
  const StageRow& row = stages.front();
  EXPECT_EQ(row.key, want.key);
  EXPECT_EQ(row.name, want.name);
  EXPECT_EQ(row.device, want.device);
  EXPECT_EQ(row.identity, want.identity);
  EXPECT_EQ(row.device_number, want.device_number);
  EXPECT_EQ(row.stage_path, want.stage_path);
  EXPECT_EQ(row.user_path, want.user_path);
  EXPECT_EQ(row.state, want.state);
  EXPECT_EQ(row.fs_type, want.fs_type);
  EXPECT_EQ(row.mount_options, want.mount_options);
  EXPECT_TRUE(row.attached_by_us && row.keep_attached && row.read_only);
  EXPECT_EQ(row.since, want.since);
  const auto consumers = *(*journal)->Consumers();
  ASSERT_EQ(consumers.size(), 1u) << "a stage's consumers go with it";
  EXPECT_EQ(consumers.front().count, 3);
  EXPECT_TRUE(consumers.front().consumer.counted);
  ASSERT_EQ((*journal)->Intents()->size(), 1u);
  EXPECT_EQ((*journal)->Intents()->front().step, "attach");
}

TEST_F(JournalTest, AnUnreadableOneIsMovedAsideAndSaidSo) {
  std::ofstream(File()) << std::string(8192, 'x');
  auto journal = OpenJournal(directory_, "boot");
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_THAT((*journal)->Remark(), HasSubstr(".unreadable"));
  EXPECT_TRUE(std::filesystem::exists(File() + ".unreadable"));
  EXPECT_EQ((*journal)->PutStage(Row("a")), absl::OkStatus());
}

TEST_F(JournalTest, AJournalWithoutItsTablesIsMovedAside) {
  {
    auto journal = OpenJournal(directory_, "boot");
    ASSERT_EQ((*journal)->PutStage(Row("a")), absl::OkStatus());
  }
  // The pages behind the header are damaged.
  std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(8192, '\xff');
  file.close();
  auto journal = OpenJournal(directory_, "boot");
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_NE((*journal)->Remark(), "");
}

TEST_F(JournalTest, OtherBootsAreForgotten) {
  { ASSERT_TRUE(OpenJournal(directory_, "old").ok()); }
  ASSERT_TRUE(OpenJournal(directory_, "new").ok());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/journal-old.db"));
}

TEST_F(JournalTest, AMissingDirectoryIsAnError) {
  EXPECT_FALSE(OpenJournal(directory_ + "/none", "boot").ok());
}

TEST_F(JournalTest, WhenItCannotBeWrittenNothingIsBegun) {
  const std::string id = Create("v");
  journal_->FailAfter(0);
  const Path refused = Mount("v", CliConsumer());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("disk full"));
  EXPECT_EQ(cloud().calls().Count("Attach"), 0);
  journal_->Heal();
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  journal_->FailAfter(0);
  EXPECT_FALSE(Mount("v", DockerConsumer('a')).ok());
  EXPECT_FALSE(Unmount("v", CliConsumer()).ok());
  EXPECT_TRUE(host().MountAt(StagePath("v")).has_value());
  EXPECT_EQ(View("v").consumers.size(), 1u) << "nothing is lost";
  journal_->Heal();
  EXPECT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
}

TEST_F(JournalTest, AtEveryWriteThatFailsAMountIsUndone) {
  const std::string id = Create("v");
  for (int writes = 0;; ++writes) {
    ASSERT_LT(writes, 100);
    journal_->FailAfter(writes);
    const Path path = Mount("v", DockerConsumer('a'));
    journal_->Heal();
    if (path.ok()) break;
    Settle("v");
    const VolumeView view = View("v");
    EXPECT_TRUE(view.consumers.empty()) << writes;
    if (view.state ==
        StageState::kStaged) {  // it was the consumer that could not be written: it waits for the retry
      ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
    }
    EXPECT_FALSE(AttachedHere(id)) << writes;
    EXPECT_FALSE(host().MountAt(StagePath("v")).has_value()) << writes;
  }
  EXPECT_EQ(View("v").consumers.size(), 1u);
}

TEST(BootIdTest, IsRead) {
  const auto id = ReadBootId();
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->size(), 36u);
}

}  // namespace
}  // namespace rexray::engine
