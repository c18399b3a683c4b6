// Every fault point of the driver, reached by a process that dies there and by one that gets an error there;
// then the directory is opened again.

#ifdef REXRAY_FAULT_POINTS

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <ostream>

#include "base/fault_point.h"
#include "drivers/vfs/vfs_test_fixture.h"

namespace rexray::drivers::vfs {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FaultCase {
  std::string point;
  FaultAction action;
};

void PrintTo(const FaultCase& fault, std::ostream* out) {
  *out << fault.point;
}

std::vector<FaultCase> Both(std::initializer_list<const char*> points) {
  std::vector<FaultCase> cases;
  for (const char* point : points) {
    cases.push_back({point, FaultAction::kExit});
    cases.push_back({point, FaultAction::kFail});
  }
  return cases;
}

std::string NameOfFault(const ::testing::TestParamInfo<FaultCase>& info) {
  std::string name = info.param.point;
  std::replace(name.begin(), name.end(), '.', '_');
  return name + (info.param.action == FaultAction::kExit ? "_dies" : "_fails");
}

class VfsCrashTest : public VfsTest, public ::testing::WithParamInterface<FaultCase> {
 protected:
  /// Runs `body` with the fault set in a process of its own, and opens again as the next daemon does.
  void CrashIn(const std::function<void()>& body) {
    driver_.reset();
    const pid_t child = fork();
    if (child == 0) {
      if (!Open().ok()) _exit(3);
      SetFault(GetParam().point, GetParam().action);
      body();
      const std::vector<std::string> reached = FaultPointsReached();
      ClearFaults();
      driver_.reset();
      // A fault point that is not on the way would make a test that tests nothing.
      _exit(std::find(reached.begin(), reached.end(), GetParam().point) == reached.end() ? 4 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), GetParam().action == FaultAction::kExit ? 137 : 0);
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  void ExpectNoLeftovers() {
    const std::vector<std::string> names = Names();
    for (int i = 0; i < 1'000'000 && FilesIn(volumes()).size() != names.size(); ++i) sched_yield();
    EXPECT_EQ(FilesIn(volumes()), names);
  }
};

class VfsCreateCrash : public VfsCrashTest {};

TEST_P(VfsCreateCrash, LeavesAWholeVolumeOrNone) {
  CrashIn([this] {
    CreateSpec spec;
    spec.name = "v";
    spec.tags = {{"k", "v"}};
    (void)driver_->Create({}, spec);
  });
  ASSERT_THAT(Names(), AnyOf(IsEmpty(), ElementsAre("v")));
  ExpectNoLeftovers();
  if (Names().empty()) {
    Make("v");
  } else {
    EXPECT_EQ(driver_->List({})->value.at(0).tags.at("k"), "v");
  }
  const std::string id = driver_->List({})->value.at(0).key.id;
  EXPECT_TRUE(driver_->Attach({}, id, {}).ok());
  EXPECT_TRUE(driver_->AwaitLocal({}, id).ok());
}

INSTANTIATE_TEST_SUITE_P(Faults, VfsCreateCrash,
                         ::testing::ValuesIn(Both({"vfs.create.before_fsync", "vfs.create.after_fsync",
                                                   "vfs.create.after_rename", "vfs.create.after_all"})),
                         NameOfFault);

class VfsRemoveCrash : public VfsCrashTest {};

TEST_P(VfsRemoveCrash, EndsInRemovedOrInUntouched) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("v");
  Write(FilesOf("v") + "/row", "42");
  CrashIn([&] { (void)driver_->Remove({}, volume.key.id); });
  ExpectNoLeftovers();
  if (!Names().empty()) {
    EXPECT_EQ(Read(FilesOf("v") + "/row"), "42");
  }
  EXPECT_TRUE(driver_->Remove({}, volume.key.id).ok());
  Make("v");
  EXPECT_THAT(FilesIn(FilesOf("v")), IsEmpty()) << "nothing comes back";
}

INSTANTIATE_TEST_SUITE_P(Faults, VfsRemoveCrash,
                         ::testing::ValuesIn(Both({"vfs.remove.after_rename", "vfs.remove.after_all"})),
                         NameOfFault);

class VfsAttachCrash : public VfsCrashTest {};

TEST_P(VfsAttachCrash, CanBeRepeated) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("v");
  CrashIn([&] {
    (void)driver_->Attach({}, volume.key.id, {});
    (void)driver_->Detach({}, volume.key.id, "", false);
  });
  EXPECT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  EXPECT_TRUE(driver_->FindLocal({}, volume.key.id)->has_value());
  EXPECT_TRUE(driver_->Detach({}, volume.key.id, "", false).ok());
  EXPECT_TRUE(driver_->Remove({}, volume.key.id).ok());
}

INSTANTIATE_TEST_SUITE_P(Faults, VfsAttachCrash,
                         ::testing::ValuesIn(Both({"vfs.attach.before_mark", "vfs.detach.after_mark"})),
                         NameOfFault);

}  // namespace
}  // namespace rexray::drivers::vfs

#endif
