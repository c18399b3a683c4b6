// Opening: a lost, damaged, foreign or newer catalogue; images that are missing, cut off, or nobody's.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <fstream>

#include "drivers/local/local_test_fixture.h"

namespace rexray::drivers::local {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// One of each thing that a record holds.
std::vector<CreateSpec> RichSpecs() {
  std::vector<CreateSpec> specs(3);
  specs[0].name = "plain";
  specs[0].size = 16 * kMiB;
  specs[1].name = "rich.volume_1";
  specs[1].size = 24 * kMiB;
  specs[1].fs_type = "xfs";
  specs[1].type = "gp3";
  specs[1].iops = 3000;
  specs[1].throughput = 125;
  specs[1].zone = "eu-1a";
  specs[1].tags = {{"a", "1"}, {"ключ", "значение"}, {"quote", "\"'\\"}};
  specs[1].mkfs_options = {"-m", "reflink=1"};
  specs[1].mount_options = {"noatime", "nodiratime"};
  specs[2].name = "thick";
  specs[2].size = 16 * kMiB;
  specs[2].thick = true;
  return specs;
}

void ExecuteSql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

class LocalRepairTest : public LocalTest {
 protected:
  /// Three volumes; one grown, one no longer blank; the driver closed. Their state is in `before_`.
  void Fill() {
    ASSERT_TRUE(Open().ok());
    for (const CreateSpec& spec : RichSpecs()) ASSERT_TRUE(driver_->Create({}, spec).ok());
    before_ = Listed();
    ASSERT_TRUE(driver_->ClearBlankMark({}, before_[1].key.id).ok());
    ASSERT_TRUE(driver_->Grow({}, before_[2].key.id, 40 * kMiB).ok());
    before_ = Listed();
    for (Volume& volume : before_) volume.allocated = 0;
    driver_.reset();
  }

  void ExpectAllBack() {
    std::vector<Volume> after = Listed();
    for (Volume& volume : after) volume.allocated = 0;
    EXPECT_EQ(after, before_);
  }

  std::vector<std::string> Findings() {
    std::vector<std::string> findings;
    for (const Diagnosis& diagnosis : driver_->Diagnose({})) {
      if (diagnosis.check == "volumes" && diagnosis.verdict != Diagnosis::Verdict::kOk) {
        findings.push_back(diagnosis.evidence);
      }
    }
    return findings;
  }

  std::vector<Volume> before_;
};

TEST_F(LocalRepairTest, ALostCatalogueIsRebuiltCompletely) {
  Fill();
  std::filesystem::remove(catalogue());
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  ExpectAllBack();
  ASSERT_TRUE(Open().ok());  // and stays
  ExpectAllBack();
  EXPECT_EQ(driver_->Grow({}, before_[2].key.id, 64 * kMiB)->size, 64 * kMiB);
}

TEST_F(LocalRepairTest, AnEmptyCatalogueIsALostOne) {
  Fill();
  std::filesystem::resize_file(catalogue(), 0);  // what a power cut leaves of a file that was never synced
  ASSERT_TRUE(Open().ok());
  ExpectAllBack();
}

TEST_F(LocalRepairTest, ADamagedCatalogueIsMovedAsideAndRebuilt) {
  Fill();
  std::ofstream(catalogue(), std::ios::binary) << std::string(8192, 'x');
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  ExpectAllBack();
  EXPECT_THAT(FilesIn(data()), Contains(StartsWith("catalogue.db.corrupt-")));
  EXPECT_THAT(Findings(), Contains(HasSubstr("moved to")));
}

TEST_F(LocalRepairTest, DamageInsideAPageIsFound) {
  Fill();
  const uint64_t size = std::filesystem::file_size(catalogue());
  ASSERT_GE(size, 8192u);
  std::fstream file(catalogue(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(4096);  // the second page: a table's tree; the header stays whole
  file << std::string(size - 4096, '\xee');
  file.close();
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  ExpectAllBack();
  EXPECT_THAT(FilesIn(data()), Contains(StartsWith("catalogue.db.corrupt-")));
}

TEST_F(LocalRepairTest, DetailsThatMakeNoSenseAreDamage) {
  Fill();
  ExecuteSql(catalogue(), "UPDATE volumes SET details = '{\"iops\": \"many\"}'");
  ASSERT_TRUE(Open().ok());
  ExpectAllBack();
}

TEST_F(LocalRepairTest, ANewerCatalogueIsRefusedAndUntouched) {
  Fill();
  ExecuteSql(catalogue(), "PRAGMA user_version = 7");
  const absl::Status opened = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
  EXPECT_THAT(std::string(MessageOf(opened)), HasSubstr("newer rexray (schema 7, this one knows 2)"));
  ExecuteSql(catalogue(), "PRAGMA user_version = 2");
  ASSERT_TRUE(Open().ok());
  ExpectAllBack();
}

TEST_F(LocalRepairTest, AnotherProgramsDatabaseIsRefused) {
  std::filesystem::create_directories(data());
  ExecuteSql(catalogue(), "CREATE TABLE theirs (x)");
  const absl::Status opened = Open();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
  EXPECT_THAT(std::string(MessageOf(opened)), HasSubstr("another program"));
}

TEST_F(LocalRepairTest, TheXattrsHoldNameAndId) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("pgdata");
  char text[256] = {};
  EXPECT_GT(getxattr(ImageOf(volume.key.id).c_str(), "user.rexray.name", text, sizeof text), 0);
  EXPECT_STREQ(text, "pgdata");
  char id[256] = {};
  EXPECT_GT(getxattr(ImageOf(volume.key.id).c_str(), "user.rexray.id", id, sizeof id), 0);
  EXPECT_EQ(volume.key.id, id);
}

TEST_F(LocalRepairTest, OptionsTooLargeForXattrsDoNotStopACreate) {
  ASSERT_TRUE(Open().ok());
  CreateSpec spec = Spec("vol");
  spec.tags["big"] = std::string(60000, 'x');  // more than the block that ext4 has; xfs and btrfs may take it
  absl::StatusOr<Volume> volume = driver_->Create({}, spec);
  ASSERT_TRUE(volume.ok()) << volume.status();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(driver_->Get({}, volume->key.id)->tags, spec.tags) << "the catalogue has all";
  driver_.reset();
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].name, "vol");
}

TEST_F(LocalRepairTest, AMissingImageIsShownNotForgotten) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  driver_.reset();
  const std::string aside = directory_.path() + "/aside.img";
  std::filesystem::rename(ImageOf(volume.key.id), aside);
  ASSERT_TRUE(Open().ok());
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kError);
  EXPECT_THAT(Listed()[0].status_detail, HasSubstr("is gone"));
  const absl::Status refused = driver_->Attach({}, volume.key.id, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(Findings(), Contains(HasSubstr("is gone")));
  driver_.reset();
  std::filesystem::rename(aside, ImageOf(volume.key.id));
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kAvailable);
  EXPECT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
}

TEST_F(LocalRepairTest, AVolumeWithoutImageCanBeRemoved) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  driver_.reset();
  std::filesystem::remove(ImageOf(volume.key.id));
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(driver_->Remove({}, volume.key.id).ok());
  EXPECT_THAT(Listed(), IsEmpty());
}

TEST_F(LocalRepairTest, ACutOffImageIsNotUsed) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  driver_.reset();
  std::filesystem::resize_file(ImageOf(volume.key.id), kMiB);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kError);
  EXPECT_THAT(Listed()[0].status_detail, HasSubstr("cut off"));
  EXPECT_FALSE(driver_->Attach({}, volume.key.id, {}).ok());
  EXPECT_EQ(std::filesystem::file_size(ImageOf(volume.key.id)), kMiB) << "not touched";
}

TEST_F(LocalRepairTest, FilesOfOthersAreLeftAlone) {
  ASSERT_TRUE(Open().ok());
  driver_.reset();
  std::ofstream(images() + "/notes.txt") << "mine";
  std::ofstream(images() + "/lv-0123456789abcdef.img") << "no xattrs";
  std::ofstream(images() + "/.something.new") << "not ours: no id";
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_EQ(FilesIn(images()).size(), 3u);
  EXPECT_THAT(Findings(), Contains(HasSubstr("lv-0123456789abcdef.img is not in the catalogue")));
}

TEST_F(LocalRepairTest, OfTwoImagesWithOneNameTheOlderKeepsIt) {
  ASSERT_TRUE(Open().ok());
  const Volume older = Make("twin");
  driver_.reset();
  std::filesystem::rename(ImageOf(older.key.id), directory_.path() + "/old.img");
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  Make("twin");
  driver_.reset();
  std::filesystem::rename(directory_.path() + "/old.img", ImageOf(older.key.id));
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].key.id, older.key.id);
  EXPECT_EQ(FilesIn(images()).size(), 2u) << "the other is left alone";
  EXPECT_THAT(Findings(), Contains(HasSubstr("another volume has its name")));
}

TEST_F(LocalRepairTest, ACopyOfAnImageIsNotTheVolume) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  driver_.reset();
  std::filesystem::rename(ImageOf(volume.key.id), ImageOf("lv-00000000000000aa"));  // xattrs go along
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_THAT(Findings(), Contains(HasSubstr("says that it is " + volume.key.id)));
}

}  // namespace
}  // namespace rexray::drivers::local
