#include "mesos/launch_plan.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/subprocess.h"
#include "base/testing/mount_namespace.h"
#include "mesos/host_facts.h"
#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr unsigned long kSafe = MS_NOSUID | MS_NODEV;

TEST(LaunchPlanTest, Commands) {
  const LaunchPlan plan{{{"/m/v", "/s/data", false, kSafe}, {"/m/w", "/s/logs", true, kSafe | MS_RDONLY}}};
  const auto clean = [](auto... words) {
    return ElementsAre("/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "mount", "-n", words...);
  };
  EXPECT_THAT(
      MountCommands(plan),
      ElementsAre(clean("--make-rslave", "/"), clean("--rbind", "/m/v", "/s/data"),
                  clean("-o", "remount,bind,nosuid,nodev", "/s/data"), clean("--bind", "/m/w", "/s/logs"),
                  clean("-o", "remount,bind,ro,nosuid,nodev", "/s/logs")));
}

TEST(LaunchPlanTest, ShellCommandsBeginWithATestOfTheNamespace) {
  const auto commands = ShellMountCommands({}, "mnt:[4026531840]");
  ASSERT_THAT(commands, SizeIs(2));
  EXPECT_THAT(commands[0], HasSubstr("!= '\\''mnt:[4026531840]'\\'' ||"));
  EXPECT_EQ(commands[1],
            "'/usr/bin/env' '-i' 'PATH=/usr/sbin:/usr/bin:/sbin:/bin' 'mount' '-n' '--make-rslave' '/'");
}

// Before Mesos 1.0 the posix launcher says nothing and binds on the host: the test command has to end the
// launch.
TEST(LaunchPlanTest, WithoutANamespaceOfItsOwnTheLaunchEnds) {
  const auto host = ReadHostFacts();
  ASSERT_TRUE(host.ok()) << host.status();
  ProcessRunner runner(SystemClock::Get());
  const std::string here = ShellMountCommands({}, host->mount_namespace)[0];
  const auto refused = runner.Run({.argv = {"/bin/sh", "-c", here}, .accepted_exit_codes = {0, 1}});
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->exit_code, 1);
  EXPECT_THAT(refused->err, HasSubstr("--launcher=linux"));
  const std::string elsewhere = ShellMountCommands({}, "mnt:[1]")[0];
  EXPECT_TRUE(runner.Run({.argv = {"/bin/sh", "-c", elsewhere}}).ok());
}

// The real thing: what a container's namespace sees, and that the host sees nothing of it.
class NamespaceTest : public testing::TestWithParam<bool> {};

TEST_P(NamespaceTest, BindsAreTheContainersAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root to make a mount namespace";
  const TemporaryFolder folder;
  const std::string source = folder.path() + "/it's a volume";
  const std::string writable = folder.path() + "/rw";
  const std::string read_only = folder.path() + "/ro";
  for (const std::string& path : {source, writable, read_only}) fs::create_directory(path);
  std::ofstream(source + "/data") << "kept";
  const LaunchPlan plan{{{source, writable, false, BindFlags(source, false)},
                         {source, read_only, true, BindFlags(source, true)}}};
  const auto host = ReadHostFacts();
  ASSERT_TRUE(host.ok()) << host.status();
  std::vector<std::vector<std::string>> commands = MountCommands(plan);
  if (GetParam()) {
    commands.clear();
    for (const std::string& text : ShellMountCommands(plan, host->mount_namespace)) {
      commands.push_back({"/bin/sh", "-c", text});
    }
  }

  if (const std::string why = WhyNoMountNamespace(); !why.empty()) GTEST_SKIP() << why;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0) ::_exit(2);
    ProcessRunner runner(SystemClock::Get());
    for (const auto& argv : commands) {
      if (!runner.Run({.argv = argv}).ok()) ::_exit(3);
    }
    if (!fs::exists(writable + "/data") || !fs::exists(read_only + "/data")) ::_exit(4);
    if (!(std::ofstream(writable + "/new") << "written")) ::_exit(5);
    if (std::ofstream(read_only + "/other").is_open()) ::_exit(6);
    if ((BindFlags(writable, false) & MS_RDONLY) != 0) ::_exit(7);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "SKIPPED: this system gives no mount namespace";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(fs::exists(source + "/new"));
  EXPECT_FALSE(fs::exists(writable + "/data")) << "the bind reached the host";
}

INSTANTIATE_TEST_SUITE_P(ArgvAndShell, NamespaceTest, testing::Bool());

}  // namespace
}  // namespace rexray::mesos
