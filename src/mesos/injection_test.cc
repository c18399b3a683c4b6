// The holes of mesos-module-dvdi 0.4.x, one test each: what opened the agent to any task must be refused, or
// arrive somewhere as plain text.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/subprocess.h"
#include "base/testing/scripted_runner.h"
#include "mesos/dvdcli_mounter.h"
#include "mesos/testing/core_fixture.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InjectionTest : public CoreFixture {
 protected:
  std::string Refusal(const EnvironmentVariables& environment) {
    const auto plan = Prepare("c", environment);
    EXPECT_FALSE(plan.ok());
    EXPECT_THAT(mounter_->Calls(), IsEmpty());
    return std::string(plan.status().message());
  }
};

// S1: DVDI_VOLUME_CONTAINERPATH went into a root shell.
TEST_F(InjectionTest, ContainerPathIsAPathAndNothingElse) {
  Start();
  const std::string evil = "/tmp/x;touch " + folder_ + "/pwn;$(id)'\"`id`";
  const auto plan = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", evil}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::string target = options_.paths.host_root + evil;
  EXPECT_EQ((*plan)->binds[0].target, target);
  EXPECT_THAT(MountCommands(**plan)[1],
              ElementsAre("/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "mount", "-n",
                          "--rbind", mounter_->PathOf({"rexray", "v"}), target));

  // Mesos 0.28 accepts shell commands only: a real shell must see the same words.
  SystemClock& clock = SystemClock::Get();
  ProcessRunner runner(clock);
  for (const std::string& word : {target, std::string("it's"), std::string("a\\b $HOME * ? & | < > ( )")}) {
    const auto echoed = runner.Run({.argv = {"/bin/sh", "-c", "printf %s " + ShellQuoted(word)}});
    ASSERT_TRUE(echoed.ok()) << echoed.status();
    EXPECT_EQ(echoed->out, word);
  }
  EXPECT_FALSE(fs::exists(folder_ + "/pwn"));
}

TEST_F(InjectionTest, ContainerPathWithControlCharacters) {
  Start();
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "/tmp/x\nid"}}),
              HasSubstr("\\x0a"));
}

// Before Mesos 1.1 the helper that runs the commands is root and has the environment of the task, which says
// in PATH, and to a bash in functions, what "mount" is.
TEST_F(InjectionTest, TheEnvironmentOfTheTaskDoesNotSayWhatIsExecuted) {
  const std::string evil = folder_ + "/evil";
  const std::string proof = folder_ + "/pwn";
  const std::string bash_as_sh = folder_ + "/sh";  // as on most systems but Debian
  fs::create_directory(evil);
  fs::create_symlink("/bin/bash", bash_as_sh);
  for (const char* const name : {"mount", "readlink", "env", "sh", "test"}) {
    std::ofstream(evil + "/" + name) << "#!/bin/sh\n: >> " << proof << "\n";
    fs::permissions(evil + "/" + name, fs::perms::owner_all);
  }
  const std::vector<std::string> of_task{"/usr/bin/env",
                                         "PATH=" + evil,
                                         "ENV=" + evil + "/mount",
                                         "BASH_ENV=" + evil + "/mount",
                                         "BASH_FUNC_mount%%=() { : >> " + proof + "; }",
                                         "BASH_FUNC_test%%=() { : >> " + proof + "; }"};
  const LaunchPlan plan{{{"/no/such/source", "/no/such/target", true, 0}}};
  std::vector<std::vector<std::string>> commands = MountCommands(plan);
  for (const std::string& text : ShellMountCommands(plan, "mnt:[1]")) {
    for (const std::string& shell : {std::string("/bin/sh"), bash_as_sh}) {
      commands.push_back({shell, "-c", text});
    }
  }
  ProcessRunner runner(SystemClock::Get());
  for (const auto& command : commands) {
    // The one that would succeed, and change the namespace of this test.
    if (QuoteForDisplay(command).find("--make-rslave") != std::string::npos) continue;
    std::vector<std::string> argv = of_task;
    argv.insert(argv.end(), command.begin(), command.end());
    const auto ran = runner.Run({.argv = argv, .accepted_exit_codes = {0, 1, 32}});
    EXPECT_TRUE(ran.ok()) << ran.status();
    EXPECT_FALSE(fs::exists(proof)) << QuoteForDisplay(command);
    fs::remove(proof);
  }
}

// S2: DVDI_VOLUME_DVDCLI executed any file as root.
TEST_F(InjectionTest, DvdcliOfATaskIsIgnored) {
  Start();
  const auto plan = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_DVDCLI", "/tmp/evil;id"}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE(Logged("DVDI_VOLUME_DVDCLI is ignored"));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
}

// S3: names and options went through a shell behind a list of forbidden characters.
TEST(InjectionWordsTest, EverythingIsOneWord) {
  ScriptedRunner runner;
  runner.Expect({"/usr/bin/dvdcli", "mount", "--volumedriver=rexray/ebs", "--volumename=a b",
                 "--volumeopts=k=(x) *~#!", "--explicitcreate=true"},
                CommandResult{0, "/mnt/v\n", ""});
  DvdcliMounter mounter("/usr/bin/dvdcli", runner);
  const auto path = mounter.Mount({"rexray/ebs", "a b"}, {{"k", "(x) *~#!"}}, true, Deadline::Never());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, "/mnt/v");
}

TEST_F(InjectionTest, NamesAndOptionsFromAnAllowList) {
  Start();
  for (const char* name :
       {"v;id", "v$(id)", "v`id`", "v|id", "v&",   "v>x",    "v'",   "v\"", "v\\",   "v\n",
        "-v",   "v*",     "v(",    "v ",   "../v", "a/../b", "a//b", "/v",  "v\x7f", "v\xc3\xa4"}) {
    EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", name}}), HasSubstr("illegal DVDI_VOLUME_NAME")) << name;
  }
  for (const char* value :
       {"k=v;id", "k=$(id)", "k=`id`", "k=a|b", "k=a'b", "k=a\nb", "k y=v", "$k=v", "-\"=v"}) {
    EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_OPTS", value}}),
                HasSubstr("illegal DVDI_VOLUME_OPTS"))
        << value;
  }
}

// S4: any host path could be bound over, and a volume got the owner and mode of any directory.
TEST_F(InjectionTest, SystemDirectoriesAreRefused) {
  Start();
  for (const char* path :
       {"/",           "/etc",    "/etc/ssl",   "/usr",    "/usr/lib/x", "/bin",
        "/lib64",      "/sbin",   "/root",      "/proc/1", "/sys",       "/dev",
        "/run/docker", "/var",    "/var/lib/x", "/boot",   "/opt",       "/opt/mesosphere/bin",
        "//etc",       "/./etc/", "/tmp/../etc"}) {
    const auto plan = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", path}});
    EXPECT_FALSE(plan.ok()) << path;
  }
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
}

TEST_F(InjectionTest, LinksToSystemDirectoriesAreRefused) {
  const std::string& host = options_.paths.host_root;
  fs::create_directories(host + "/etc/ssl");
  fs::create_directory_symlink("/etc/ssl", host + "/data");
  fs::create_directory_symlink("../../../../etc", host + "/deep");
  Start();
  for (const char* path : {"/data", "/deep"}) {
    EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", path}}),
                HasSubstr("system directory"));
  }
}

TEST_F(InjectionTest, PathsThatAnotherUserCanReplaceAreRefused) {
  const std::string& host = options_.paths.host_root;
  fs::create_directories(host + "/open/data");
  fs::permissions(host + "/open", fs::perms::all);  // anybody can rename data and put a link there
  Start();
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "/open/data"}}),
              HasSubstr("could be replaced by another user"));
  options_.paths.allowed_host_paths = {"/open/data"};
  Start();
  EXPECT_TRUE(Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "/open/data"}}).ok());
}

TEST_F(InjectionTest, ForeignEntriesOfAStickyDirectoryAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root to give a directory to another user";
  const std::string theirs = options_.paths.host_root + "/tmp/theirs";
  fs::create_directories(theirs);
  ASSERT_EQ(::chown(theirs.c_str(), 12345, 12345), 0);
  Start();
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "/tmp/theirs"}}),
              HasSubstr("could be replaced by another user"));
}

TEST_F(InjectionTest, LinksInTheSandboxAreRefused) {
  fs::create_directories(SandboxOf("c"));
  fs::create_directory_symlink("/etc", SandboxOf("c") + "/data");
  Start();
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "data/x"}}),
              HasSubstr("symbolic link"));
}

// S5: setuid programs and device nodes on a volume.
TEST_F(InjectionTest, BindsAreNosuidAndNodev) {
  Start();
  const auto plan = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "data"}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const auto commands = MountCommands(**plan);
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_THAT(commands[2], Contains(HasSubstr("remount,bind,")));
  EXPECT_THAT(commands[2], Contains(HasSubstr("nosuid,nodev")));
}

// S6: no say in who uses which driver.
TEST_F(InjectionTest, DriversThatTheOperatorDoesNotAllow) {
  options_.allow_drivers = {"rexray", "rexray/ebs"};
  Start();
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_DRIVER", "other"}}),
              HasSubstr("allow_drivers"));
  EXPECT_TRUE(Prepare("d", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_DRIVER", "rexray/ebs"}}).ok());
}

// S7: the driver's name was joined into a path, and whatever the plugin answered was bound.
TEST_F(InjectionTest, DriverNamesDoNotLeaveThePluginDirectory) {
  Start();
  for (const char* driver :
       {"../../../tmp/evil", "..", "a/../../b", "/tmp/evil", "a//b", ".hidden", "a/.", "a b", "a\nb"}) {
    EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_DRIVER", driver}}),
                HasSubstr("illegal DVDI_VOLUME_DRIVER"))
        << driver;
  }
}

TEST_F(InjectionTest, MountPointsOfAHostilePlugin) {
  Start();
  const VolumeKey key{"rexray", "v"};
  for (const char* path :
       {"/", "/etc", "/etc/", "/usr/bin", "relative", "", "/a/../etc", "/proc/self/root", "//x"}) {
    mounter_->AnswerPath(key, path);
    const auto plan = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "data"}});
    EXPECT_FALSE(plan.ok()) << path;
    EXPECT_FALSE(mounter_->IsMounted(key)) << path;
  }
}

TEST(ValidationTest, WhatIsAllowed) {
  for (const char* name : {"v", "a b", "pool/image", "name=x,size=5,shared=true", "us-east-1:vol", "V_1.2"}) {
    EXPECT_TRUE(ValidateVolumeName(name).ok()) << name;
  }
  EXPECT_FALSE(ValidateVolumeName(std::string(256, 'a')).ok());
  EXPECT_FALSE(ValidateVolumeName(std::string("a\0b", 3)).ok());
  for (const char* driver : {"rexray", "rexray/ebs", "rexray/ebs:0.11.4", "vieux/sshfs:latest"}) {
    EXPECT_TRUE(ValidateDriverName(driver).ok()) << driver;
  }
  EXPECT_TRUE(ValidateOptionValue("tag=a:b, text with (blanks) * 50%").ok());
  EXPECT_EQ(Quoted("a\x01\xff"), "\"a\\x01\\xff\"");
}

}  // namespace
}  // namespace rexray::mesos
