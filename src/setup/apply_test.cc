#include "setup/apply.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "setup/record.h"
#include "setup/testing/test_tree.h"

namespace rexray::setup {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A machine with something of everything: a file with a mode of its own, a link, a directory that exists.
void Furnish(TestTree& files) {
  files.Write("/etc/mesos-slave/isolation", "posix/cpu,posix/mem\n", 0640);
  files.Write("/etc/default/mesos-slave", "LOGS=/var/log/mesos\n");
  files.Link("/opt/packages/old", "/opt/bin/dvdcli");
  files.Directory("/var/lib");
}

Plan PlanFor(const Tree& tree, const std::string& isolation = "posix/cpu,posix/mem,docker/volume\n") {
  Plan plan;
  Planner planner(tree, plan);
  planner.Begin("service", {"rexray.service"});
  EXPECT_TRUE(planner.MakeDirectory("/etc/rexray", "the configuration").ok());
  EXPECT_TRUE(planner.SetFile("/etc/systemd/system/rexray.service", "[Unit]\n", "the unit").ok());
  planner.Begin("mesos", {"mesos-slave.service"});
  EXPECT_TRUE(planner.SetFile("/etc/mesos-slave/isolation", isolation, "the isolator").ok());
  EXPECT_TRUE(planner.SetFile("/etc/rexray/modules.json", "{}\n", "the module", 0600).ok());
  EXPECT_TRUE(planner.SetLink("/opt/bin/dvdcli", "/usr/bin/dvdcli", "ours").ok());
  return plan;
}

TEST(Apply, WritesEverythingAndKeepsModeAndOwner) {
  TestTree files;
  Furnish(files);
  if (geteuid() == 0) {
    ASSERT_EQ(chown((files.path() + "/etc/mesos-slave/isolation").c_str(), 12, 34), 0);
  }
  const Tree tree = files.tree();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  EXPECT_EQ(files.Read("/etc/mesos-slave/isolation"), "posix/cpu,posix/mem,docker/volume\n");
  EXPECT_EQ(tree.Stat("/etc/mesos-slave/isolation")->mode, 0640U);
  if (geteuid() == 0) {
    EXPECT_EQ(tree.Stat("/etc/mesos-slave/isolation")->uid, 12U);
    EXPECT_EQ(tree.Stat("/etc/mesos-slave/isolation")->gid, 34U);
  }
  EXPECT_EQ(tree.Stat("/etc/rexray/modules.json")->mode, 0600U);
  EXPECT_EQ(tree.StatLink("/opt/bin/dvdcli")->target, "/usr/bin/dvdcli");
  EXPECT_EQ(tree.List("/etc/mesos-slave").value(), std::vector<std::string>{"isolation"});
  EXPECT_EQ(files.Read("/var/lib/rexray/setup/before/etc/mesos-slave/isolation"), "posix/cpu,posix/mem\n");
}

TEST(Apply, TwiceIsOnce) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  EXPECT_TRUE(PlanFor(tree).changes.empty());
}

TEST(Undo, IsByteIdentical) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Everything(), before);
  EXPECT_TRUE(PlanUndo(tree, {})->empty);
}

TEST(Undo, GoesBackToBeforeTheFirstOfSeveralRuns) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  ASSERT_TRUE(Apply(tree, PlanFor(tree, "something newer\n")).ok());
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Everything(), before);
}

TEST(Undo, RefusesWhatSomebodyEditedAndChangesNothing) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  files.Write("/etc/mesos-slave/isolation", "mine\n", 0640);
  const std::string edited = files.Everything();
  const absl::Status status = Undo(tree, {});
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr("/etc/mesos-slave/isolation"));
  EXPECT_THAT(status.message(), Not(HasSubstr("rexray.service")));
  EXPECT_EQ(files.Everything(), edited);

  ASSERT_TRUE(Undo(tree, {"", true}).ok());
  EXPECT_EQ(files.Read("/etc/mesos-slave/isolation"), "posix/cpu,posix/mem\n");
  EXPECT_EQ(files.Read("/etc/mesos-slave/isolation.rexray-edited"), "mine\n");
}

TEST(Undo, OfOnePartLeavesTheOthers) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  ASSERT_TRUE(Undo(tree, {"service", false}).ok());
  EXPECT_FALSE(tree.Exists("/etc/systemd/system/rexray.service"));
  EXPECT_TRUE(tree.Exists("/etc/rexray/modules.json")) << "the directory is service's, the file is not";
  EXPECT_TRUE(PlanUndo(tree, {"docker", false})->empty);
  ASSERT_TRUE(Undo(tree, {"mesos", false}).ok());
  EXPECT_EQ(files.Everything(), before);
}

TEST(Undo, NeverEmptiesADirectory) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  files.Write("/etc/rexray/config.yml", "rexray:\n");
  files.Write("/var/lib/rexray/volumes/pgdata/data/base", "precious");
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Read("/etc/rexray/config.yml"), "rexray:\n");
  EXPECT_EQ(files.Read("/var/lib/rexray/volumes/pgdata/data/base"), "precious");
  EXPECT_FALSE(tree.Exists("/var/lib/rexray/setup"));
}

TEST(Undo, RefusesWithoutItsBackup) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  files.Write("/var/lib/rexray/setup/before/etc/mesos-slave/isolation", "damaged");
  EXPECT_TRUE(absl::IsDataLoss(Undo(tree, {})));
  files.Write("/var/lib/rexray/setup/record.json", "{\"format\":");
  const std::string now = files.Everything();
  EXPECT_TRUE(absl::IsDataLoss(Undo(tree, {})));
  EXPECT_TRUE(absl::IsDataLoss(Apply(tree, PlanFor(tree, "other\n"))));
  EXPECT_EQ(files.Everything(), now);
}

TEST(Apply, NoticesAStalePlan) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  const Plan plan = PlanFor(tree);
  files.Write("/etc/mesos-slave/isolation", "changed meanwhile\n", 0640);
  const std::string now = files.Everything();
  EXPECT_TRUE(absl::IsAborted(Apply(tree, plan)));
  EXPECT_EQ(files.Everything(), now);
}

TEST(RollBack, KeepsWhatEarlierRunsDid) {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  const std::string before = files.Everything();
  ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
  const std::string first = files.Everything();
  const Plan second = PlanFor(tree, "something newer\n");
  ASSERT_TRUE(Apply(tree, second).ok());
  ASSERT_TRUE(RollBack(tree, second).ok());
  EXPECT_EQ(files.Read("/etc/mesos-slave/isolation"), "posix/cpu,posix/mem,docker/volume\n");
  ASSERT_TRUE(Undo(tree, {}).ok());
  EXPECT_EQ(files.Everything(), before);
}

#ifdef REXRAY_FAULT_POINTS

/// Runs `work` in a process that ends at the nth passing of `point`; whether it did.
bool DiesAt(const std::string& point, int nth, const std::function<absl::Status()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    SetFault(point, FaultAction::kExit, nth);
    _exit(work().ok() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_THAT(WEXITSTATUS(status), ::testing::AnyOf(0, 137));
  return WEXITSTATUS(status) == 137;
}

constexpr const char* kPoints[] = {"setup.write.temporary", "setup.write.done",      "setup.record.create",
                                   "setup.record.created",  "setup.record.backup",   "setup.record.entry",
                                   "setup.apply.recorded",  "setup.record.dissolve", "setup.record.dissolved",
                                   "setup.undo.before",     "setup.undo.forget"};

std::string Done() {
  TestTree files;
  Furnish(files);
  const Tree tree = files.tree();
  EXPECT_TRUE(Apply(tree, PlanFor(tree)).ok());
  files.Remove("/var/lib/rexray");
  return files.Everything();
}

/// Each path that a plan touches is in its old or its new state.
void ExpectWhole(const Tree& tree, const Plan& plan) {
  for (const Change& change : plan.changes) {
    const absl::StatusOr<Node> now = ReadNode(tree, change.path);
    ASSERT_TRUE(now.ok()) << now.status();
    EXPECT_TRUE(*now == change.before || *now == change.after) << change.path;
  }
}

/// `then` finds what a crash left: at each write in turn.
void AtEveryWriteOfASetup(const std::function<void(TestTree&, const std::string& before)>& then) {
  int deaths = 0;
  for (const char* point : kPoints) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE(testing::Message() << point << " " << nth);
      TestTree files;
      Furnish(files);
      const Tree tree = files.tree();
      const std::string before = files.Everything();
      const Plan plan = PlanFor(tree);
      if (!DiesAt(point, nth, [&] { return Apply(tree, plan); })) break;
      ++deaths;
      ExpectWhole(tree, plan);
      EXPECT_EQ(tree.List("/etc/mesos-slave").value(), std::vector<std::string>{"isolation"});
      then(files, before);
    }
  }
  EXPECT_GE(deaths, 30);
}

TEST(Crash, AtAnyWriteOfASetupIsUndone) {
  AtEveryWriteOfASetup([](TestTree& files, const std::string& before) {
    ASSERT_TRUE(Undo(files.tree(), {}).ok());
    EXPECT_EQ(files.Everything(), before);
  });
}

TEST(Crash, AfterAnyWriteOfASetupItGoesOnAndIsUndoneLater) {
  const std::string done = Done();
  AtEveryWriteOfASetup([&](TestTree& files, const std::string& before) {
    const Tree tree = files.tree();
    ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
    EXPECT_TRUE(PlanFor(tree).changes.empty());
    ASSERT_TRUE(Undo(tree, {}).ok());
    EXPECT_EQ(files.Everything(), before);
    ASSERT_TRUE(Apply(tree, PlanFor(tree)).ok());
    files.Remove("/var/lib/rexray");
    EXPECT_EQ(files.Everything(), done);
  });
}

TEST(Crash, AtEveryWriteOfAnUndo) {
  int deaths = 0;
  for (const char* point : kPoints) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE(testing::Message() << point << " " << nth);
      TestTree files;
      Furnish(files);
      const Tree tree = files.tree();
      const std::string before = files.Everything();
      const Plan plan = PlanFor(tree);
      ASSERT_TRUE(Apply(tree, plan).ok());
      if (!DiesAt(point, nth, [&] { return Undo(tree, {}); })) break;
      ++deaths;
      ExpectWhole(tree, plan);
      ASSERT_TRUE(Undo(tree, {}).ok());
      EXPECT_EQ(files.Everything(), before);
    }
  }
  EXPECT_GE(deaths, 15);
}

TEST(Crash, AnErrorAtAnyWriteLeavesTheTreeAsItWas) {
  int errors = 0;
  for (const char* point : kPoints) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE(testing::Message() << point << " " << nth);
      TestTree files;
      Furnish(files);
      const Tree tree = files.tree();
      const std::string before = files.Everything();
      const Plan plan = PlanFor(tree);
      SetFault(point, FaultAction::kFail, nth);
      const absl::Status status = Apply(tree, plan);
      ClearFaults();
      if (status.ok()) break;
      ++errors;
      EXPECT_EQ(files.Everything(), before);
    }
  }
  EXPECT_GE(errors, 30);
}

#endif

}  // namespace
}  // namespace rexray::setup
