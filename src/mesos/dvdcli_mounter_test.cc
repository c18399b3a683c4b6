#include "mesos/dvdcli_mounter.h"

#include <sys/stat.h>

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/testing/scripted_runner.h"
#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

using testing::HasSubstr;

const std::string kDvdcli = "/usr/bin/dvdcli";
const VolumeKey kKey{"d", "v"};

TEST(DvdcliMounterTest, OptionsAreOneFlagEach) {
  ScriptedRunner runner;
  runner.Expect(
      {kDvdcli, "mount", "--volumedriver=d", "--volumename=v", "--volumeopts=iops=1", "--volumeopts=size=5"},
      CommandResult{0, "/mnt/v\n", "time=… level=info\n"});
  const auto path =
      DvdcliMounter(kDvdcli, runner).Mount(kKey, {{"size", "5"}, {"iops", "1"}}, false, Deadline::Never());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, "/mnt/v");
}

TEST(DvdcliMounterTest, UnmountHasNoOptions) {
  ScriptedRunner runner;
  runner.Expect({kDvdcli, "unmount", "--volumedriver=d", "--volumename=v"}, CommandResult{});
  EXPECT_TRUE(DvdcliMounter(kDvdcli, runner).Unmount(kKey, Deadline::Never()).ok());
}

// What the original prints, exit code 0 included, for a flag that it does not know.
TEST(DvdcliMounterTest, NothingOnStandardOutputIsAnError) {
  ScriptedRunner runner;
  runner.Expect({kDvdcli, "mount", "--volumedriver=d", "--volumename=v", "--explicitcreate=true"},
                CommandResult{0, "\n", "Error: unknown flag: --explicitcreate\n"});
  const auto path = DvdcliMounter(kDvdcli, runner).Mount(kKey, {}, true, Deadline::Never());
  EXPECT_THAT(path.status().message(), HasSubstr("returned an empty mountpoint name"));
  EXPECT_THAT(path.status().message(), HasSubstr("unknown flag: --explicitcreate"));
}

TEST(DvdcliMounterTest, ItsWordsReachTheTask) {
  ScriptedRunner runner;
  runner.Expect({kDvdcli, "mount", "--volumedriver=d", "--volumename=v"},
                CommandResult{1, "", "no such zone\n"});
  const auto path = DvdcliMounter(kDvdcli, runner).Mount(kKey, {}, false, Deadline::Never());
  EXPECT_THAT(path.status().message(), HasSubstr("no such zone"));
}

// A missing binary killed the agent of CoreOS hosts, where dvdcli is in /opt/bin.
TEST(DvdcliMounterTest, AMissingBinaryIsAnErrorThatSaysSo) {
  ProcessRunner runner(SystemClock::Get());
  DvdcliMounter mounter("/nowhere/dvdcli", runner);
  EXPECT_THAT(mounter.Mount(kKey, {}, false, Deadline::Never()).status().message(),
              HasSubstr("The DVDCLI binary doesn't exist at the specified path /nowhere/dvdcli"));
  EXPECT_FALSE(mounter.Unmount(kKey, Deadline::Never()).ok());
}

TEST(DvdcliMounterTest, AHungDvdcliIsEnded) {
  const TemporaryFolder folder;
  const std::string script = folder.path() + "/dvdcli";
  std::ofstream(script) << "#!/bin/sh\nexec sleep 1000\n";
  ASSERT_EQ(::chmod(script.c_str(), 0755), 0);
  SystemClock& clock = SystemClock::Get();
  ProcessRunner runner(clock, std::chrono::milliseconds(200));
  DvdcliMounter mounter(script, runner);
  const auto path = mounter.Mount(kKey, {}, false, Deadline::After(clock, std::chrono::milliseconds(100)));
  EXPECT_EQ(path.status().code(), absl::StatusCode::kDeadlineExceeded) << path.status();
}

}  // namespace
}  // namespace rexray::mesos
