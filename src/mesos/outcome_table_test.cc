// The twenty rows that say what an environment gives, through the whole core. The comments have what the
// original module did.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

EnvironmentVariables Env(const std::vector<std::pair<std::string, std::string>>& short_names) {
  EnvironmentVariables environment{{"PATH", "/bin"}};
  for (const auto& [name, value] : short_names) environment.emplace_back("DVDI_VOLUME_" + name, value);
  return environment;
}

class OutcomeTest : public CoreFixture {
 protected:
  OutcomeTest() { Start(); }

  LaunchPlan Planned(const std::string& id, const EnvironmentVariables& environment) {
    const auto plan = Prepare(id, environment);
    EXPECT_TRUE(plan.ok()) << plan.status();
    if (!plan.ok() || !plan->has_value()) {
      ADD_FAILURE() << "no plan";
      return {};
    }
    return **plan;
  }
  std::string Failure(const EnvironmentVariables& environment) {
    const auto plan = Prepare("failing", environment);
    EXPECT_FALSE(plan.ok());
    return std::string(plan.status().message());
  }
  std::string Host(const std::string& path) const { return options_.paths.host_root + path; }

  const VolumeKey v_{"rexray", "v"};
};

TEST_F(OutcomeTest, Row1NameAlone) {  // the same
  EXPECT_THAT(Planned("c", Env({{"NAME", "v"}})).binds, IsEmpty());
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
}

TEST_F(OutcomeTest, Row2DriverAndOptions) {  // the same
  Planned("c", Env({{"NAME", "v"}, {"DRIVER", "d"}, {"OPTS", "size=5,iops=1"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount d/v iops=1 size=5"));
}

TEST_F(OutcomeTest, Row3MissingPathUnderTmp) {  // made by root; the volume belonged to root then
  const auto plan = Planned("c", Env({{"NAME", "v"}, {"CONTAINERPATH", "/tmp/x"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].source, mounter_->PathOf(v_));
  EXPECT_EQ(plan.binds[0].target, Host("/tmp/x"));
  EXPECT_TRUE(fs::is_directory(Host("/tmp/x")));
}

TEST_F(OutcomeTest, Row3TheVolumeBelongsToTheTasksUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root to give a directory to another user";
  look_up_user_ = [](const std::string& user) {
    EXPECT_EQ(user, "alice");
    return Owner{12345, 54321};
  };
  user_ = "alice";
  Start();
  Planned("c", Env({{"NAME", "v"}, {"CONTAINERPATH", "/tmp/x"}}));
  struct stat status {};
  ASSERT_EQ(::stat(mounter_->PathOf(v_).c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12345u);
  EXPECT_EQ(status.st_gid, 54321u);
}

TEST_F(OutcomeTest, Row4MissingAbsolutePath) {  // the same
  EXPECT_THAT(Failure(Env({{"NAME", "v"}, {"CONTAINERPATH", "/data"}})),
              HasSubstr("containerpaths must pre-exist, or be under /tmp"));
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
}

TEST_F(OutcomeTest, Row5ExistingAbsolutePath) {  // bound over, whatever it was
  fs::create_directory(Host("/data"));
  const auto plan = Planned("c", Env({{"NAME", "v"}, {"CONTAINERPATH", "/data"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].target, Host("/data"));
  fs::create_directory(Host("/etc"));
  EXPECT_THAT(Failure(Env({{"NAME", "w"}, {"CONTAINERPATH", "/etc"}})), HasSubstr("system directory"));
}

TEST_F(OutcomeTest, Row6RelativePath) {  // "containerpaths must start with /": Marathon's own examples failed
  const auto plan = Planned("c", Env({{"NAME", "v"}, {"CONTAINERPATH", "data"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].target, SandboxOf("c") + "/data");
  EXPECT_TRUE(fs::is_directory(SandboxOf("c") + "/data"));
}

TEST_F(OutcomeTest, Row7OutOfTheSandbox) {  // as row 6
  EXPECT_THAT(Failure(Env({{"NAME", "v"}, {"CONTAINERPATH", "../x"}})), HasSubstr("\"..\""));
  EXPECT_FALSE(fs::exists(folder_ + "/sandboxes/x"));
}

TEST_F(OutcomeTest, Row8TheSameVolumeTwiceWithoutPaths) {  // the same
  EXPECT_THAT(Planned("c", Env({{"NAME", "v"}, {"NAME1", "v"}})).binds, IsEmpty());
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
  EXPECT_TRUE(Logged("Duplicate mount request(rexray/v) in environment will be ignored"));
}

TEST_F(OutcomeTest, Row9TheSameVolumeTwiceWithAPath) {  // "duplicated mount with containerpath"
  const auto plan = Planned("c", Env({{"NAME", "v"}, {"NAME1", "v"}, {"CONTAINERPATH1", "/tmp/y"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].target, Host("/tmp/y"));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
}

TEST_F(OutcomeTest, Row10SharedWithoutPath) {  // the same
  Planned("c", Env({{"NAME", "v"}}));
  Planned("d", Env({{"NAME", "v"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
  Cleanup("c");
  EXPECT_TRUE(mounter_->IsMounted(v_));
  Cleanup("d");
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v", "unmount rexray/v"));
}

TEST_F(OutcomeTest, Row11SharedWithPath) {  // "containerpath request on existing mount"
  Planned("c", Env({{"NAME", "v"}}));
  const auto plan = Planned("d", Env({{"NAME", "v"}, {"CONTAINERPATH", "data"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].source, mounter_->PathOf(v_));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));

  options_.share = false;
  Start({"c", "d"});
  EXPECT_THAT(Failure(Env({{"NAME", "v"}, {"CONTAINERPATH", "data"}})),
              HasSubstr("containerpath request on existing mount"));
  EXPECT_TRUE(mounter_->IsMounted(v_));
}

TEST_F(OutcomeTest, Row12NumberTen) {  // "illegal VOL_NAME_ENV_VAR_NAME"
  Planned("c", Env({{"NAME10", "v"}, {"CONTAINERPATH10", "data"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
}

TEST_F(OutcomeTest, Row13AWordThatBeginsWithOurs) {  // "illegal VOL_NAME_ENV_VAR_NAME"
  const auto plan = Prepare("c", Env({{"NAMESPACE", "x"}, {"NAME_X", "y"}, {"COLOUR", "z"}}));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_FALSE(plan->has_value());
  EXPECT_TRUE(Logged("\"DVDI_VOLUME_NAMESPACE\" is not one of ours"));
  EXPECT_THAT(Failure(Env({{"NAME1_X", "y"}})), HasSubstr("illegal"));
}

TEST_F(OutcomeTest, Row14BlanksAndSlashes) {  // prohibited characters
  Planned("c", Env({{"NAME", "a b"}, {"DRIVER", "rexray/ebs"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/ebs/a b"));
}

TEST_F(OutcomeTest, Row15ColonsInOptions) {  // prohibited characters
  Planned("c", Env({{"NAME", "v"}, {"OPTS", "tag=a:b"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v tag=a:b"));
}

TEST_F(OutcomeTest, Row16Dvdcli) {  // ran that file as root
  Planned("c", Env({{"NAME", "v"}, {"DVDCLI", "/opt/bin/dvdcli"}}));
  EXPECT_TRUE(Logged("DVDI_VOLUME_DVDCLI is ignored"));
}

TEST_F(OutcomeTest, Row17ExplicitCreate) {  // never worked: a flag that no dvdcli knew
  Planned("c", Env({{"NAME", "v"}, {"EXPLICITCREATE", "true"}}));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v explicit"));
}

TEST_F(OutcomeTest, Row18EmptyName) {  // the same
  const auto plan = Prepare("c", Env({{"NAME", ""}, {"DRIVER", "d"}}));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_FALSE(plan->has_value());
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
  EXPECT_THAT(core_->Snapshot().containers, IsEmpty());
}

TEST_F(OutcomeTest, Row19TwoNamesForNumberZero) {  // the last one won
  EXPECT_THAT(Failure(Env({{"NAME0", "a"}, {"NAME", "b"}})), HasSubstr("DVDI_VOLUME_NAME0"));
}

TEST_F(OutcomeTest, Row20ShellWordsInThePath) {  // a root shell ran them
  const auto plan = Planned("c", Env({{"NAME", "v"}, {"CONTAINERPATH", "/tmp/x;id"}}));
  ASSERT_THAT(plan.binds, SizeIs(1));
  EXPECT_EQ(plan.binds[0].target, Host("/tmp/x;id"));
  EXPECT_THAT(ShellMountCommands(plan, "mnt:[1]")[2],
              HasSubstr("'--rbind' '" + mounter_->PathOf(v_) + "' '" + Host("/tmp/x;id") + "'"));
}

}  // namespace
}  // namespace rexray::mesos
