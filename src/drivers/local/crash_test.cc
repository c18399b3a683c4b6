// Every fault point of Create, Remove, Grow and ClearBlankMark, reached by a process that dies there and by
// one that gets an error there; then the directory is opened again.

#ifdef REXRAY_FAULT_POINTS

#include <functional>
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

}  // namespace
}  // namespace rexray::drivers::local

#endif  // REXRAY_FAULT_POINTS
