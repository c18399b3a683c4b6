// Whole machines as trees of files: what setup plans for each (testdata/NAME.diff), that twice is once, that
// undo is byte-identical, and that a crash at every write leaves a tree from which both work.
//
// REXRAY_UPDATE_GOLDEN=1 writes the .diff files anew; read what changed before you commit it.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "setup/setup.h"
#include "setup/testing/test_tree.h"

namespace rexray::setup {
namespace {

const std::string kTestdata = REXRAY_SOURCE_DIR "/src/setup/testdata/";

struct Machine {
  const char* name;     ///< of the .diff file
  const char* fixture;  ///< the tree
  const char* overlay;  ///< a tree laid over it: somebody's earlier hand edits; "" = none
  const char* module;   ///< where our module's file is put; "" = nowhere
};

constexpr Machine kMachines[] = {
    {"dcos-1.7-agent", "dcos-1.7-agent", "", "/opt/rexray/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"dcos-1.7-agent-by-hand", "dcos-1.7-agent", "dcos-1.7-agent-by-hand",
     "/opt/rexray/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"dcos-1.7-master", "dcos-1.7-master", "", ""},
    {"dcos-1.7-master-by-hand", "dcos-1.7-master", "dcos-1.7-master-by-hand", ""},
    {"dcos-1.13-agent", "dcos-1.13-agent", "", ""},
    {"dcos-1.13-agent-by-hand", "dcos-1.13-agent", "dcos-1.13-agent-by-hand", ""},
    {"dcos-1.13-master", "dcos-1.13-master", "", ""},
    {"mesosphere-0.28", "mesosphere-0.28", "", "/usr/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"mesosphere-0.28-by-hand", "mesosphere-0.28", "mesosphere-0.28-by-hand",
     "/usr/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"clusterd", "clusterd", "", ""},
    {"clusterd-by-hand", "clusterd", "clusterd-by-hand", ""},
};

void Furnish(const Machine& machine, TestTree& files) {
  if (*machine.overlay != '\0') files.Overlay(kTestdata + machine.overlay);
  if (*machine.module == '\0') return;
  std::ifstream module(TEST_MESOS_MODULE, std::ios::binary);
  files.Write(machine.module, std::string(std::istreambuf_iterator<char>(module), {}), 0755);
}

Plan PlanFor(const Tree& tree) {
  absl::StatusOr<Plan> plan = PlanSetup(tree, {}, {});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : Plan{};
}

std::string Shown(const Plan& plan) {
  std::string out;
  for (const std::string& note : plan.notes) out += "note: " + note + "\n";
  for (const std::string& unit : UnitsOf(plan.changes)) out += "restart: " + unit + "\n";
  for (const Change& change : plan.changes) out += UnifiedDiff(change);
  return out;
}

class Fixtures : public testing::TestWithParam<Machine> {};

TEST_P(Fixtures, ThePlanIsTheGoldenOne) {
  TestTree files(kTestdata + GetParam().fixture);
  Furnish(GetParam(), files);
  const std::string before = files.Everything();
  const std::string shown = Shown(PlanFor(files.tree()));
  EXPECT_EQ(files.Everything(), before) << "a plan only reads";
  const std::string golden = kTestdata + GetParam().name + ".diff";
  if (getenv("REXRAY_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << shown;
  std::ifstream file(golden);
  EXPECT_EQ(shown, std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_P(Fixtures, TwiceIsOnceAndUndoIsByteIdentical) {
  TestTree files(kTestdata + GetParam().fixture);
  Furnish(GetParam(), files);
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  EXPECT_EQ(Shown(Plan{PlanFor(tree).changes, {}, false}), "");
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Everything(), before);
}

#ifdef REXRAY_FAULT_POINTS

TEST_P(Fixtures, ACrashAtEveryWriteCanBeFinishedOrUndone) {
  TestTree source(kTestdata + GetParam().fixture);
  Furnish(GetParam(), source);
  // Each write of the machines with a history; of the plain ones, whose plans are parts of these, each third.
  const int step = *GetParam().overlay != '\0' ? 1 : 3;
  for (int nth = 1;; nth += step) {
    SCOPED_TRACE(nth);
    TestTree files(source.path());
    const Tree tree = files.tree();
    const std::string before = files.Everything();
    const Plan plan = PlanFor(tree);
    const pid_t child = fork();
    if (child == 0) {
      SetFault("setup.write.temporary", FaultAction::kExit, nth);
      _exit(Apply(tree, plan).ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) != 137) break;
    for (const Change& change : plan.changes) {
      const absl::StatusOr<Node> now = ReadNode(tree, change.path);
      ASSERT_TRUE(now.ok()) << now.status();
      EXPECT_TRUE(*now == change.before || *now == change.after) << change.path;
    }
    if (nth % 2 == 0) {
      ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
      EXPECT_EQ(Shown(Plan{PlanFor(tree).changes, {}, false}), "");
    }
    ASSERT_TRUE(Undo(tree, {}).ok());
    EXPECT_EQ(files.Everything(), before);
  }
}

#endif

std::string NameOf(const testing::TestParamInfo<Machine>& machine) {
  std::string name = machine.param.name;
  for (char& c : name) {
    if (c == '-' || c == '.') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Fixtures, testing::ValuesIn(kMachines), NameOf);

}  // namespace
}  // namespace rexray::setup
