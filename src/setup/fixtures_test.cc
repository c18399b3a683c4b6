// Whole machines as trees of files: what setup plans for each (testdata/NAME.diff), that twice is once, that
// undo is byte-identical, and that a crash at every write leaves a tree from which both work.
//
// REXRAY_UPDATE_GOLDEN=1 writes the .diff files anew; read what changed before you commit it.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "setup/setup.h"
#include "setup/testing/machines.h"

namespace rexray::setup {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;

const std::string kTestdata = REXRAY_SOURCE_DIR "/src/setup/testdata/";

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
  MachineTree files(GetParam());
  const std::string before = files.Everything();
  const std::string shown = Shown(PlanFor(files.tree()));
  EXPECT_EQ(files.Everything(), before) << "a plan only reads";
  const std::string golden = kTestdata + GetParam().name + ".diff";
  if (getenv("REXRAY_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << shown;
  std::ifstream file(golden);
  EXPECT_EQ(shown, std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_P(Fixtures, TwiceIsOnceAndUndoIsByteIdentical) {
  MachineTree files(GetParam());
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  EXPECT_EQ(Shown(Plan{PlanFor(tree).changes, {}, false}), "");
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Everything(), before);
}

/// It reads the agent's files and has a role and a unit of its own (Mesosphere's DC/OS 1.7 and 1.13).
TEST(PublicAgent, GetsTheSameFilesAndItsOwnUnitIsRestarted) {
  for (const char* name : {"dcos-1.7-agent", "dcos-1.13-agent-by-hand"}) {
    SCOPED_TRACE(name);
    const auto machine = std::find_if(Machines().begin(), Machines().end(),
                                      [&](const Machine& one) { return std::string_view(one.name) == name; });
    MachineTree files(*machine);
    const std::vector<Change> agents = PlanFor(files.tree()).changes;
    const std::string roles = files.path() + "/etc/mesosphere/roles/";
    std::filesystem::rename(roles + "slave", roles + "slave_public");
    for (const char* directory : {"/etc/systemd/system/", "/etc/systemd/system/dcos.target.wants/"}) {
      const std::string unit = files.path() + directory + "dcos-mesos-slave";
      std::error_code not_there;
      std::filesystem::rename(unit + ".service", unit + "-public.service", not_there);
    }
    const std::vector<Change> changes = PlanFor(files.tree()).changes;
    ASSERT_EQ(changes.size(), agents.size());
    for (size_t i = 0; i < changes.size(); ++i) {
      EXPECT_EQ(changes[i].path, agents[i].path);
      EXPECT_EQ(changes[i].after, agents[i].after);
    }
    EXPECT_THAT(UnitsOf(changes), AllOf(Contains("dcos-mesos-slave-public.service"),
                                        Not(Contains("dcos-mesos-slave.service"))));
  }
}

#ifdef REXRAY_FAULT_POINTS

/// Runs `work` in a process that ends at the nth write: before the new file takes the old one's name, or
/// after. Whether it did.
bool DiesAtWrite(const char* point, int nth, const std::function<absl::Status()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    SetFault(point, FaultAction::kExit, nth);
    _exit(work().ok() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WEXITSTATUS(status) == 137;
}

void ExpectEachPathOldOrNew(const Tree& tree, const Plan& plan) {
  for (const Change& change : plan.changes) {
    const absl::StatusOr<Node> now = ReadNode(tree, change.path);
    ASSERT_TRUE(now.ok()) << now.status();
    EXPECT_TRUE(*now == change.before || *now == change.after) << change.path;
  }
}

class CrashAtEveryWrite : public Fixtures {
 protected:
  /// `then` finds what the crash left, and the plan that was under way; afterwards everything is undone.
  void At(const char* point, const std::function<void(const Tree&)>& then) {
    MachineTree files(GetParam());
    const Tree tree = files.tree();
    const std::string before = files.Everything();
    const Plan plan = PlanFor(tree);
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE(testing::Message() << point << " " << nth);
      const bool died = DiesAtWrite(point, nth, [&] { return Apply(tree, plan); });
      if (died) {
        ExpectEachPathOldOrNew(tree, plan);
        then(tree);
      }
      ASSERT_TRUE(Undo(tree, {}).ok());
      ASSERT_EQ(files.Everything(), before);
      if (!died) break;
    }
  }
};

TEST_P(CrashAtEveryWrite, CanBeUndone) {
  At("setup.write.done", [](const Tree&) {});
}

TEST_P(CrashAtEveryWrite, CanBeGoneOnWith) {
  At("setup.write.temporary", [](const Tree& tree) {
    ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
    EXPECT_TRUE(PlanFor(tree).changes.empty());
  });
}

TEST_P(CrashAtEveryWrite, OfAnUndoCanBeUndoneAgain) {
  MachineTree files(GetParam());
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  const Plan plan = PlanFor(tree);
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_TRUE(Apply(tree, plan).ok());
    const bool died = DiesAtWrite("setup.write.done", nth, [&] { return Undo(tree, {}); });
    ExpectEachPathOldOrNew(tree, plan);
    ASSERT_TRUE(Undo(tree, {}).ok());
    ASSERT_EQ(files.Everything(), before);
    if (!died) break;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CrashAtEveryWrite, testing::ValuesIn(Machines().begin(), Machines().end()),
                         [](const auto& machine) { return TestNameOf(machine.param); });

#endif

INSTANTIATE_TEST_SUITE_P(All, Fixtures, testing::ValuesIn(Machines().begin(), Machines().end()),
                         [](const auto& machine) { return TestNameOf(machine.param); });

}  // namespace
}  // namespace rexray::setup
