// Every fault point of Create, Remove, Grow, ClearBlankMark, snapshots and copies, reached by a process that
// dies there and by one that gets an error there; then the directory is opened again.

#ifdef REXRAY_FAULT_POINTS

#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>

#include "drivers/local/local_test_fixture.h"

namespace rexray::drivers::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FaultCase {
  std::string point;
  FaultAction action;
};

void PrintTo(const FaultCase& fault, std::ostream* out) {
  *out << fault.point;
}

std::string NameOfFault(const ::testing::TestParamInfo<FaultCase>& info) {
  std::string name = info.param.point.substr(info.param.point.find('.') + 1);
  std::replace(name.begin(), name.end(), '.', '_');
  return name + (info.param.action == FaultAction::kExit ? "_dies" : "_fails");
}

std::vector<FaultCase> Both(std::initializer_list<const char*> points) {
  std::vector<FaultCase> cases;
  for (const char* point : points) {
    cases.push_back({point, FaultAction::kExit});
    cases.push_back({point, FaultAction::kFail});
  }
  return cases;
}

class LocalCrashTest : public LocalTest, public ::testing::WithParamInterface<FaultCase> {
 protected:
  /// Opens, runs `body` with the fault set, and opens again as the next daemon does. The body runs in a
  /// child: a flock goes with its process.
  void CrashIn(const std::function<void(StorageDriver&)>& body) {
    driver_.reset();
    const int exit_code = InChild([&] {
      if (!Open().ok()) _exit(3);
      SetFault(GetParam().point, GetParam().action);
      body(*driver_);
      const std::vector<std::string> reached = FaultPointsReached();
      ClearFaults();
      driver_.reset();
      // A fault point that is not on the way would make a test that tests nothing.
      _exit(std::find(reached.begin(), reached.end(), GetParam().point) == reached.end() ? 4 : 0);
    });
    ASSERT_EQ(exit_code, GetParam().action == FaultAction::kExit ? 137 : 0);
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }

  void ExpectNoLeftovers() {
    std::vector<std::string> expected;
    for (const Volume& volume : Listed()) expected.push_back(volume.key.id + ".img");
    const std::vector<Snapshot> snapshots = *driver_->ListSnapshots({});
    for (const Snapshot& snapshot : snapshots) expected.push_back(snapshot.id + ".img");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(FilesIn(images()), expected);
    for (const Volume& volume : Listed())
      EXPECT_NE(volume.status, VolumeStatus::kError) << volume.status_detail;
  }
};

class LocalCreateCrash : public LocalCrashTest {};

TEST_P(LocalCreateCrash, IsWholeOrNothing) {
  ASSERT_TRUE(Open().ok());
  const Volume other = Make("other");
  CreateSpec spec = Spec("vol");
  spec.tags = {{"k", "v"}};
  spec.mount_options = {"noatime"};
  CrashIn([&](StorageDriver& driver) { (void)driver.Create({}, spec); });
  ExpectNoLeftovers();
  std::vector<Volume> found = *driver_->FindByName({}, {"vol"});
  if (found.empty()) {
    ASSERT_TRUE(driver_->Create({}, spec).ok()) << "the name is free";
    found = *driver_->FindByName({}, {"vol"});
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].size, 16 * kMiB);
  EXPECT_EQ(found[0].tags, spec.tags);
  EXPECT_EQ(found[0].mount_options, spec.mount_options);
  EXPECT_EQ(found[0].fs_type, "ext4");
  EXPECT_TRUE(found[0].blank);
  EXPECT_TRUE(driver_->Get({}, other.key.id).ok());
  // What is there is there for good.
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(driver_->Get({}, found[0].key.id)->key.id, found[0].key.id);
}

INSTANTIATE_TEST_SUITE_P(Create, LocalCreateCrash,
                         ::testing::ValuesIn(Both({"local.create.after_file", "local.create.after_truncate",
                                                   "local.create.after_xattrs", "local.create.after_fsync",
                                                   "local.create.after_rename", "local.create.before_row",
                                                   "local.create.after_row"})),
                         NameOfFault);

class LocalRemoveCrash : public LocalCrashTest {};

TEST_P(LocalRemoveCrash, NeverComesBackHalf) {
  ASSERT_TRUE(Open().ok());
  const Volume kept = Make("kept");
  const Volume gone = Make("gone");
  CrashIn([&](StorageDriver& driver) { (void)driver.Remove({}, gone.key.id); });
  ExpectNoLeftovers();
  EXPECT_TRUE(driver_->Remove({}, gone.key.id).ok());
  EXPECT_TRUE(absl::IsNotFound(driver_->Get({}, gone.key.id).status()));
  EXPECT_THAT(FilesIn(images()), ElementsAre(kept.key.id + ".img"));
  // Not even out of the xattrs when the catalogue is lost.
  driver_.reset();
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].name, "kept");
}

INSTANTIATE_TEST_SUITE_P(Remove, LocalRemoveCrash,
                         ::testing::ValuesIn(Both({"local.remove.after_rename", "local.remove.after_row"})),
                         NameOfFault);

TEST_F(LocalTest, ARemovalThatDiedAfterItsDecisionIsFinishedAtOpen) {
  ASSERT_TRUE(Open().ok());
  const Volume gone = Make("gone");
  driver_.reset();
  EXPECT_EQ(InChild([&] {
              if (!Open().ok()) _exit(3);
              SetFault("local.remove.after_rename", FaultAction::kExit);
              (void)driver_->Remove({}, gone.key.id);
            }),
            137);
  EXPECT_THAT(FilesIn(images()), ElementsAre("." + gone.key.id + ".deleted"));
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Listed(), IsEmpty());
  EXPECT_THAT(FilesIn(images()), IsEmpty());
}

TEST_F(LocalTest, ARemovalThatFailsPutsTheVolumeBack) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  SetFault("local.remove.after_rename", FaultAction::kFail);
  EXPECT_FALSE(driver_->Remove({}, volume.key.id).ok());
  ClearFaults();
  EXPECT_THAT(FilesIn(images()), ElementsAre(volume.key.id + ".img"));
  EXPECT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
}

class LocalGrowCrash : public LocalCrashTest {};

TEST_P(LocalGrowCrash, IsRepeatable) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  CrashIn([&](StorageDriver& driver) { (void)driver.Grow({}, volume.key.id, 32 * kMiB); });
  ExpectNoLeftovers();
  // What the image has is what is shown: the file system may not be larger than its volume.
  EXPECT_EQ(driver_->Get({}, volume.key.id)->size, std::filesystem::file_size(ImageOf(volume.key.id)));
  EXPECT_EQ(driver_->Grow({}, volume.key.id, 32 * kMiB)->size, 32 * kMiB);
  EXPECT_EQ(std::filesystem::file_size(ImageOf(volume.key.id)), 32 * kMiB);
}

INSTANTIATE_TEST_SUITE_P(Grow, LocalGrowCrash,
                         ::testing::ValuesIn(Both({"local.grow.after_truncate", "local.grow.after_fsync"})),
                         NameOfFault);

class LocalBlankCrash : public LocalCrashTest {};

TEST_P(LocalBlankCrash, IsRepeatableAndNeverReturns) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  CrashIn([&](StorageDriver& driver) { (void)driver.ClearBlankMark({}, volume.key.id); });
  EXPECT_TRUE(driver_->ClearBlankMark({}, volume.key.id).ok());
  EXPECT_FALSE(driver_->Get({}, volume.key.id)->blank);
  for (const bool lose_catalogue : {false, true}) {
    driver_.reset();
    if (lose_catalogue) std::filesystem::remove(catalogue());
    ASSERT_TRUE(Open().ok());
    EXPECT_FALSE(driver_->Get({}, volume.key.id)->blank);
  }
}

INSTANTIATE_TEST_SUITE_P(Blank, LocalBlankCrash, ::testing::ValuesIn(Both({"local.blank.after_xattr"})),
                         NameOfFault);

// --- snapshots and copies ---

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class LocalCopyCrash : public LocalCrashTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Open().ok());
    source_ = Make("source");
    std::fstream image(ImageOf(source_.key.id), std::ios::in | std::ios::out | std::ios::binary);
    image << "what is to be kept";
    image.close();
    before_ = ReadAll(ImageOf(source_.key.id));
    // Where extents are shared nothing is copied piece by piece.
    if (GetParam().point == "local.copy.within_data" &&
        driver_->Capabilities().cut == SnapshotCut::kInstant) {
      GTEST_SKIP() << "SKIPPED: the directory of tests shares extents";
    }
  }

  Volume source_;
  std::string before_;
};

class LocalSnapshotCrash : public LocalCopyCrash {};

TEST_P(LocalSnapshotCrash, IsWholeOrNothing) {
  SnapshotSpec spec;
  spec.name = "snap";
  CrashIn([&](StorageDriver& driver) { (void)driver.CreateSnapshot({}, source_.key.id, spec); });
  ExpectNoLeftovers();
  EXPECT_EQ(ReadAll(ImageOf(source_.key.id)), before_);
  std::vector<Snapshot> found = *driver_->ListSnapshots({});
  if (found.empty()) {
    ASSERT_TRUE(driver_->CreateSnapshot({}, source_.key.id, spec).ok());
    found = *driver_->ListSnapshots({});
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "snap");
  EXPECT_EQ(found[0].source_volume, source_.key.id);
  EXPECT_EQ(found[0].status, SnapshotStatus::kCompleted);
  EXPECT_EQ(ReadAll(ImageOf(found[0].id)), before_);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(driver_->ListSnapshots({})->size(), 1u) << "what is there is there for good";
}

const auto kCopySteps = Both({"local.create.after_file", "local.copy.within_data", "local.copy.after_data",
                              "local.create.after_truncate", "local.create.after_xattrs",
                              "local.create.after_fsync", "local.create.after_rename"});

INSTANTIATE_TEST_SUITE_P(Copy, LocalSnapshotCrash, ::testing::ValuesIn(kCopySteps), NameOfFault);
INSTANTIATE_TEST_SUITE_P(Row, LocalSnapshotCrash,
                         ::testing::ValuesIn(Both({"local.snapshot.before_row", "local.snapshot.after_row"})),
                         NameOfFault);

class LocalCloneCrash : public LocalCopyCrash {};

TEST_P(LocalCloneCrash, IsWholeOrNothing) {
  CreateSpec spec;
  spec.name = "copy";
  spec.source_volume = source_.key.id;
  CrashIn([&](StorageDriver& driver) { (void)driver.Create({}, spec); });
  ExpectNoLeftovers();
  EXPECT_EQ(ReadAll(ImageOf(source_.key.id)), before_);
  std::vector<Volume> found = *driver_->FindByName({}, {"copy"});
  if (found.empty()) {
    ASSERT_TRUE(driver_->Create({}, spec).ok());
    found = *driver_->FindByName({}, {"copy"});
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(ReadAll(ImageOf(found[0].key.id)), before_);
  EXPECT_TRUE(found[0].needs_new_uuid);
}

INSTANTIATE_TEST_SUITE_P(Copy, LocalCloneCrash, ::testing::ValuesIn(kCopySteps), NameOfFault);
INSTANTIATE_TEST_SUITE_P(Row, LocalCloneCrash,
                         ::testing::ValuesIn(Both({"local.create.before_row", "local.create.after_row"})),
                         NameOfFault);

class LocalSnapshotRemoveCrash : public LocalCopyCrash {};

TEST_P(LocalSnapshotRemoveCrash, NeverComesBackHalf) {
  const Snapshot kept = *driver_->CreateSnapshot({}, source_.key.id, {});
  const Snapshot gone = *driver_->CreateSnapshot({}, source_.key.id, {});
  CrashIn([&](StorageDriver& driver) { (void)driver.RemoveSnapshot({}, gone.id); });
  ExpectNoLeftovers();
  EXPECT_TRUE(driver_->RemoveSnapshot({}, gone.id).ok());
  driver_.reset();
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  const std::vector<Snapshot> left = *driver_->ListSnapshots({});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].id, kept.id);
}

INSTANTIATE_TEST_SUITE_P(Remove, LocalSnapshotRemoveCrash,
                         ::testing::ValuesIn(Both({"local.snapshot_remove.after_rename",
                                                   "local.snapshot_remove.after_row"})),
                         NameOfFault);

class LocalUuidCrash : public LocalCopyCrash {};

TEST_P(LocalUuidCrash, IsRepeatableAndNeverReturns) {
  CreateSpec spec;
  spec.name = "copy";
  spec.source_volume = source_.key.id;
  const std::string id = driver_->Create({}, spec)->key.id;
  CrashIn([&](StorageDriver& driver) { (void)driver.ClearUuidMark({}, id); });
  EXPECT_TRUE(driver_->ClearUuidMark({}, id).ok());
  for (const bool lose_catalogue : {false, true}) {
    driver_.reset();
    if (lose_catalogue) std::filesystem::remove(catalogue());
    ASSERT_TRUE(Open().ok());
    EXPECT_FALSE(driver_->Get({}, id)->needs_new_uuid);
  }
}

INSTANTIATE_TEST_SUITE_P(Uuid, LocalUuidCrash, ::testing::ValuesIn(Both({"local.uuid.after_xattr"})),
                         NameOfFault);

}  // namespace
}  // namespace rexray::drivers::local

#endif  // REXRAY_FAULT_POINTS
