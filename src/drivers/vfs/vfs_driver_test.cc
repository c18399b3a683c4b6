// What conformance does not ask: what lies on the disk, links and files in the way, another boot.

#include <sys/stat.h>

#include "base/size.h"
#include "drivers/vfs/vfs_test_fixture.h"

namespace rexray::drivers::vfs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VfsDriverTest : public VfsTest {
 protected:
  VfsDriverTest() {
    const absl::Status opened = Open();
    EXPECT_TRUE(opened.ok()) << opened;
  }
  std::string Attached(const std::string& id) {
    EXPECT_TRUE(driver_->Attach({}, id, {}).ok());
    absl::StatusOr<LocalResource> local = driver_->AwaitLocal({}, id);
    EXPECT_TRUE(local.ok()) << local.status();
    return local.ok() ? local->path : "";
  }
};

TEST_F(VfsDriverTest, FilesAreThereAfterDetachAndRestart) {
  const Volume volume = Make("pgdata");
  const std::string path = Attached(volume.key.id);
  EXPECT_EQ(path, FilesOf("pgdata"));
  Write(path + "/row", "42");
  ASSERT_TRUE(driver_->Detach({}, volume.key.id, "", false).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Read(Attached(volume.key.id) + "/row"), "42");
}

TEST_F(VfsDriverTest, OthersMayEnterTheFilesAndNothingAbove) {
  Make("v");
  EXPECT_EQ(fs::status(root()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(volumes()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(FilesOf("v")).permissions(), static_cast<fs::perms>(0755));
}

TEST_F(VfsDriverTest, ASizeIsAcceptedAndNotShown) {
  CreateSpec spec;
  spec.name = "sized";
  spec.size = 5 * kGiB;
  const absl::StatusOr<Volume> made = driver_->Create({}, spec);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size, 0u);
  EXPECT_FALSE(driver_->Capabilities().sizes);
  EXPECT_FALSE(driver_->Capabilities().needs_root);
  const absl::Status grown = driver_->Grow({}, made->key.id, 6 * kGiB).status();
  EXPECT_TRUE(absl::IsUnimplemented(grown)) << grown;
  EXPECT_THAT(std::string(MessageOf(grown)), HasSubstr("sized"));
}

TEST_F(VfsDriverTest, EncryptionIsNotPromised) {
  CreateSpec spec;
  spec.name = "secret";
  spec.encrypted = true;
  EXPECT_TRUE(absl::IsInvalidArgument(driver_->Create({}, spec).status()));
  EXPECT_THAT(FilesIn(volumes()), IsEmpty());
}

TEST_F(VfsDriverTest, TheRootHasOneOwner) {
  VfsOptions options;
  options.root = root();
  const absl::Status second = OpenVfsDriver(options, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_THAT(std::string(MessageOf(second)), HasSubstr("in use by"));
}

TEST_F(VfsDriverTest, AnAttachmentDoesNotOutliveTheBoot) {
  const Volume volume = Make("v");
  Attached(volume.key.id);
  ASSERT_TRUE(Open("boot-1").ok());
  EXPECT_TRUE(driver_->FindLocal({}, volume.key.id)->has_value());
  ASSERT_TRUE(Open("boot-2").ok());
  EXPECT_FALSE(driver_->FindLocal({}, volume.key.id)->has_value());
  EXPECT_THAT(driver_->Get({}, volume.key.id)->attachments, IsEmpty());
  Attached(volume.key.id);
  ASSERT_TRUE(Open("boot-2").ok());
  EXPECT_TRUE(driver_->FindLocal({}, volume.key.id)->has_value());
}

TEST_F(VfsDriverTest, ALinkInPlaceOfAVolumeIsNotFollowed) {
  const std::string outside = directory_.path() + "/outside";
  fs::create_directories(outside + "/files");
  Write(outside + "/files/precious", "x");
  const Volume volume = Make("v");
  fs::remove_all(volumes() + "/v");
  fs::create_directory_symlink(outside, volumes() + "/v");

  const absl::Status refused = driver_->Attach({}, volume.key.id, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(driver_->Get({}, volume.key.id)->status, VolumeStatus::kError);
  EXPECT_EQ((*driver_->List({})).value.at(0).status, VolumeStatus::kError) << "as the last look saw it";
  EXPECT_TRUE(driver_->Remove({}, volume.key.id).ok()) << "the link goes";
  EXPECT_FALSE(fs::is_symlink(volumes() + "/v"));
  ASSERT_TRUE(Open().ok());
  driver_.reset();
  EXPECT_EQ(Read(outside + "/files/precious"), "x");
}

TEST_F(VfsDriverTest, ALinkInPlaceOfTheFilesIsNotFollowed) {
  const std::string outside = directory_.path() + "/outside";
  fs::create_directories(outside);
  const Volume volume = Make("v");
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  fs::remove_all(FilesOf("v"));
  fs::create_directory_symlink(outside, FilesOf("v"));
  EXPECT_TRUE(absl::IsFailedPrecondition(driver_->AwaitLocal({}, volume.key.id).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(driver_->FindLocal({}, volume.key.id).status()));
}

TEST_F(VfsDriverTest, AMissingDirectoryIsToldAndCanBePutBack) {
  const Volume volume = Make("v");
  Write(FilesOf("v") + "/row", "42");
  fs::rename(FilesOf("v"), directory_.path() + "/aside");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(driver_->List({})->value.at(0).status, VolumeStatus::kError);
  EXPECT_THAT(driver_->List({})->value.at(0).status_detail, HasSubstr("is gone"));
  fs::rename(directory_.path() + "/aside", FilesOf("v"));
  EXPECT_EQ(Read(Attached(volume.key.id) + "/row"), "42");
  EXPECT_EQ(driver_->Get({}, volume.key.id)->status, VolumeStatus::kInUse);
}

TEST_F(VfsDriverTest, WhatIsNotAVolumeIsLeftAlone) {
  Make("good");
  fs::create_directory(volumes() + "/empty");
  Write(volumes() + "/file", "not ours");
  Make("torn");
  Write(volumes() + "/torn/volume.json", "{\"version\": 1, \"id\"");
  Make("newer");
  Write(volumes() + "/newer/volume.json", "{\"version\": 99}");
  fs::copy(volumes() + "/good", volumes() + "/copied", fs::copy_options::recursive);
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Names(), ElementsAre("good"));
  std::string told;
  for (const Diagnosis& diagnosis : driver_->Diagnose({})) told += diagnosis.evidence + "\n";
  for (const char* name : {"empty", "file", "torn", "newer", "copied"}) {
    EXPECT_TRUE(fs::exists(volumes() + "/" + name)) << name;
    EXPECT_THAT(told, HasSubstr(volumes() + "/" + name));
  }
  CreateSpec spec;
  spec.name = "torn";  // its files may be worth something: the name is not taken over
  const absl::Status refused = driver_->Create({}, spec).status();
  EXPECT_TRUE(absl::IsAlreadyExists(refused)) << refused;
  EXPECT_THAT(FilesIn(volumes()), ElementsAre("copied", "empty", "file", "good", "newer", "torn"));
}

TEST_F(VfsDriverTest, LeftoversOfACrashGo) {
  Make("kept");
  fs::create_directories(volumes() + "/.new-vfs-1/files");
  fs::create_directories(volumes() + "/.deleted-vfs-2/files/deep/er");
  Write(volumes() + "/.deleted-vfs-2/files/deep/er/file", "x");
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Names(), ElementsAre("kept"));
  for (int i = 0; i < 1'000'000 && FilesIn(volumes()).size() != 1; ++i) sched_yield();
  EXPECT_THAT(FilesIn(volumes()), ElementsAre("kept"));
}

TEST_F(VfsTest, DiagnosedWithoutBeingOpenedNothingIsMadeOrLocked) {
  VfsOptions options;
  options.root = root();
  std::vector<Diagnosis> all = DiagnoseVfs(options);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].verdict, Diagnosis::Verdict::kOk);
  EXPECT_FALSE(std::filesystem::exists(root()));

  ASSERT_TRUE(Open().ok());
  (void)Make("a");
  (void)Make("b");
  all = DiagnoseVfs(options);  // beside an open driver too
  EXPECT_THAT(all.front().evidence, testing::HasSubstr("2 volumes"));
  driver_.reset();
  std::filesystem::remove_all(FilesOf("b"));
  std::string broken;
  for (const Diagnosis& one : DiagnoseVfs(options)) {
    if (one.verdict == Diagnosis::Verdict::kBroken) broken += one.evidence;
  }
  EXPECT_THAT(broken, testing::HasSubstr("\"b\""));
  EXPECT_FALSE(std::filesystem::exists(FilesOf("b")));
}

}  // namespace
}  // namespace rexray::drivers::vfs
