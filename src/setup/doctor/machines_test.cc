// The machines that setup is tested on, as the doctor sees them: before, after, and wherever a setup was cut
// off.

#include "setup/testing/machines.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "setup/doctor/checks.h"
#include "setup/setup.h"

namespace rexray::setup::doctor {
namespace {

using Verdict = Diagnosis::Verdict;

class OnMachines : public testing::TestWithParam<Machine> {
 protected:
  OnMachines() : files_(GetParam()) {
    // What the module needs, where this machine's loader finds it.
    const bool dcos = std::string_view(GetParam().name).starts_with("dcos");
    std::ifstream library(TEST_LIBMESOS, std::ios::binary);
    files_.Write(dcos ? "/opt/mesosphere/lib/libfor_test.so" : "/usr/lib/libfor_test.so",
                 std::string(std::istreambuf_iterator<char>(library), {}), 0755);
  }

  /// "CHECK: EVIDENCE" of all that is about files, and has that verdict.
  std::set<std::string> Said(Verdict verdict) {
    ProcessRunner runner(SystemClock::Get());
    const Scene scene{.tree = files_.tree(), .clock = SystemClock::Get(), .runner = runner};
    std::set<std::string> said;
    for (const auto& check : {CheckConfiguration, CheckPlugins, CheckMesos, CheckMarathon}) {
      for (const Diagnosis& one : check(scene)) {
        if (one.verdict == verdict) said.insert(one.check + ": " + one.evidence);
      }
    }
    return said;
  }

  Plan Planned() {
    absl::StatusOr<Plan> plan = PlanSetup(files_.tree(), {}, {});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.ok() ? *std::move(plan) : Plan{};
  }

  MachineTree files_;
};

TEST_P(OnMachines, AfterASetupNothingIsBrokenAndNothingIsLeftToDo) {
  ASSERT_TRUE(Apply(files_.tree(), Planned()).ok());
  EXPECT_EQ(Said(Verdict::kBroken), std::set<std::string>{});
  EXPECT_EQ(Said(Verdict::kWarning), std::set<std::string>{});
}

TEST_P(OnMachines, WhereSetupHasSomethingToDoTheDoctorSaysSo) {
  const bool silent = Said(Verdict::kBroken).empty() && Said(Verdict::kWarning).empty();
  // DC/OS 1.13 works with what it brings; setup replaces it.
  const bool works = std::string_view(GetParam().name) == "dcos-1.13-agent";
  EXPECT_EQ(silent, works || Planned().changes.empty());
}

#ifdef REXRAY_FAULT_POINTS

/// A working tree: an agent, a Marathon or a docker that is restarted just then starts as it did before.
TEST_P(OnMachines, ACrashAtAnyWriteOfASetupBreaksNothing) {
  const std::set<std::string> before = Said(Verdict::kBroken);
  const Plan plan = Planned();
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    const pid_t child = fork();
    if (child == 0) {
      SetFault("setup.write.done", FaultAction::kExit, nth);
      _exit(Apply(files_.tree(), plan).ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    for (const std::string& broken : Said(Verdict::kBroken)) {
      // Loaded and not named yet: the agent starts, and mounts no volume, as before.
      const bool harmless = broken.find("so it is never called") != std::string::npos;
      EXPECT_TRUE(harmless || before.contains(broken)) << broken;
    }
    ASSERT_TRUE(Undo(files_.tree(), {}).ok());
    if (WEXITSTATUS(status) != 137) break;
  }
}

#endif

INSTANTIATE_TEST_SUITE_P(All, OnMachines, testing::ValuesIn(Machines().begin(), Machines().end()),
                         [](const auto& machine) { return TestNameOf(machine.param); });

}  // namespace
}  // namespace rexray::setup::doctor
