// Other people's files, changed at single places.

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "setup/documents.h"
#include "setup/environment_file.h"
#include "setup/isolation.h"
#include "setup/mesos_modules.h"
#include "setup/testing/test_tree.h"
#include "setup/unit_file.h"

namespace rexray::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(MergeModule, LaysOutLikeTheElementsBefore) {
  EXPECT_EQ(MergeModule("{\n\t\"libraries\": [\n\t\t{\"file\": \"/a.so\"}\n\t],\n\t\"x\": 1.50\n}", "m.json",
                        "/b.so")
                .value(),
            "{\n\t\"libraries\": [\n\t\t{\"file\": \"/a.so\"},\n\t\t{\n\t\t  \"file\": \"/b.so\",\n\t\t  "
            "\"modules\": [\n\t\t    "
            "{\n\t\t      \"name\": \"com_emccode_mesos_DockerVolumeDriverIsolator\"\n\t\t    }\n\t\t  "
            "]\n\t\t}\n\t],\n\t\"x\": "
            "1.50\n}");
  EXPECT_EQ(MergeModule(R"({"libraries": [{"file": "/a.so"}], "x": 1.50})", "m.json", "/b.so").value(),
            R"({"libraries": [{"file": "/a.so"}, {"file": "/b.so", "modules": [{"name": )"
            R"("com_emccode_mesos_DockerVolumeDriverIsolator"}]}], "x": 1.50})");
  for (const char* start : {"", "  \n", "{}", "{\"libraries\": []}", "{\n  \"libraries\": [\n  ]\n}\n",
                            "{\"other\": {}}", "{\n  \"other\": \"]}\\\"\"\n}\n"}) {
    const absl::StatusOr<std::string> merged = MergeModule(start, "m.json", "/b.so");
    ASSERT_TRUE(merged.ok()) << start << merged.status();
    EXPECT_TRUE(ParseJson(*merged).ok()) << *merged;
    EXPECT_EQ(LibraryOfModule(*merged, "m.json").value(), "/b.so") << *merged;
    EXPECT_EQ(MergeModule(*merged, "m.json", "/b.so").value(), *merged) << "twice is once";
  }
}

TEST(MergeModule, RepointsWhatIsThereAndKeepsItsParameters) {
  const std::string before =
      R"({"libraries": [{"file":"/home/core/x.so", "modules": [{"name": "com_emccode_mesos_DockerVolumeDriverIsolator",)"
      R"( "parameters": [{"key": "work_dir", "value": "/var/lib/mesos"}]}]}]})";
  std::string after = before;
  after.replace(after.find("/home/core/x.so"), 15, "/b.so");
  EXPECT_EQ(MergeModule(before, "m.json", "/b.so").value(), after);
  // "name" finds the library by the loader's path; a file's own path wins over it.
  EXPECT_EQ(
      MergeModule(
          R"({"libraries": [{"name": "x", "modules": [{"name": "com_emccode_mesos_DockerVolumeDriverIsolator"}]}]})",
          "m.json", "/b.so")
          .value(),
      R"({"libraries": [{"file": "/b.so", "name": "x", "modules": [{"name": "com_emccode_mesos_DockerVolumeDriverIsolator"}]}]})");
}

TEST(MergeModule, RefusesWhatTheAgentCouldNotReadEither) {
  EXPECT_THAT(MergeModule("{\"libraries\": [\n  {},\n]}", "/etc/m.json", "/b.so").status().message(),
              HasSubstr("/etc/m.json:3:1: "));
  EXPECT_THAT(MergeModule("[]", "/etc/m.json", "/b.so").status().message(),
              HasSubstr("/etc/m.json: it is no JSON object"));
  EXPECT_THAT(MergeModule("{\"libraries\": {}}", "m", "/b.so").status().message(),
              HasSubstr("\"libraries\" is no array"));
  EXPECT_THAT(MergeModule(R"({"libraries": [{"file": "/a", "modules": [{"name": "other"},)"
                          R"({"name": "com_emccode_mesos_DockerVolumeDriverIsolator"}]}]})",
                          "m", "/b.so")
                  .status()
                  .message(),
              HasSubstr("beside other modules of one library"));
}

TEST(PathOfModules, TakesAllFormsOfTheFlag) {
  EXPECT_EQ(PathOfModules("file:///etc/m.json\n"), "/etc/m.json");
  EXPECT_EQ(PathOfModules("/etc/m.json"), "/etc/m.json");
  EXPECT_EQ(PathOfModules(" {\"libraries\": []}"), std::nullopt);
  EXPECT_EQ(PathOfModules(""), std::nullopt);
}

TEST(MergeIsolation, KeepsOthersAndMesossRules) {
  const std::vector<std::string> native = {"filesystem/linux", "docker/volume"};
  EXPECT_EQ(MergeIsolation("", native), "posix/cpu,posix/mem,filesystem/linux,docker/volume");
  EXPECT_EQ(MergeIsolation("cgroups", native), "cgroups/cpu,cgroups/mem,filesystem/linux,docker/volume");
  EXPECT_EQ(MergeIsolation("cgroups/cpu,filesystem/posix,gpu", native),
            "cgroups/cpu,filesystem/linux,gpu,docker/volume");
  EXPECT_EQ(MergeIsolation("a, filesystem/linux,docker/volume", native), "a, filesystem/linux,docker/volume")
      << "nothing to add: not even a blank changes";
  EXPECT_EQ(MergeIsolation("posix/cpu,com_x", {"com_y"}), "posix/cpu,com_x,com_y");
  EXPECT_TRUE(ListHas("a, b ,c", "b"));
  EXPECT_FALSE(ListHas("a,bb", "b"));
}

constexpr auto kShell = EnvironmentDialect::kShell;
constexpr auto kSystemd = EnvironmentDialect::kSystemd;

TEST(EnvironmentFile, ChangesTheLastAssignmentAndNothingElse) {
  const std::string text = "# MESOS_X=no\nMESOS_X=old\n  export MESOS_X=\"a b\"  \nMESOS_XY=1";
  EXPECT_EQ(GetVariable(text, kShell, "MESOS_X", "f").value(), "a b");
  EXPECT_EQ(SetVariable(text, kShell, "MESOS_X", "c", "f").value(),
            "# MESOS_X=no\nMESOS_X=old\n  export MESOS_X=\"c\"  \nMESOS_XY=1");
  EXPECT_EQ(SetVariable(text, kShell, "NEW", "c", "f").value(), text + "\nNEW=c\n");
  EXPECT_EQ(SetVariable("", kSystemd, "NEW", "c", "f").value(), "NEW=c\n");
  EXPECT_EQ(GetVariable("A=\n", kSystemd, "A", "f").value(), "");
  EXPECT_EQ(SetVariable("A=\r\nB=2\r\n", kSystemd, "A", "1", "f").value(), "A=1\r\nB=2\r\n");
  EXPECT_EQ(GetVariable("B=1\n", kSystemd, "A", "f").value(), std::nullopt);
}

TEST(EnvironmentFile, RefusesWhatOnlyItsReaderKnows) {
  EXPECT_THAT(GetVariable("X=1\nA=`cat /x`\n", kShell, "A", "/etc/default/m").status().message(),
              HasSubstr("/etc/default/m:2: the value of A"));
  EXPECT_FALSE(GetVariable("A=\"$B,c\"\n", kShell, "A", "f").ok());
  EXPECT_EQ(GetVariable("A='$B'\n", kShell, "A", "f").value(), "$B");
  EXPECT_EQ(GetVariable("A=$B\n", kSystemd, "A", "f").value(), "$B") << "systemd's files have no variables";
  EXPECT_FALSE(SetVariable("A=x\\\ny\n", kSystemd, "A", "1", "f").ok());
}

TEST(UnitFile, AddsAFeatureToTheFlagsThatAreThere) {
  EXPECT_EQ(WithFeature("/m --enable_features \"vips,x\" --zk z", "external_volumes"),
            "/m --enable_features \"vips,x,external_volumes\" --zk z");
  EXPECT_EQ(WithFeature("/m --enable_features=vips", "external_volumes"),
            "/m --enable_features=vips,external_volumes");
  EXPECT_EQ(WithFeature("/m '--enable_features=vips'", "external_volumes"),
            "/m '--enable_features=vips,external_volumes'");
  EXPECT_EQ(WithFeature("/m --enable_features \"\"", "external_volumes"),
            "/m --enable_features \"external_volumes\"");
  EXPECT_EQ(WithFeature("/m --zk z", "external_volumes"), "/m --zk z --enable_features external_volumes");
  EXPECT_EQ(WithFeature("/m --enable_features external_volumes,vips", "external_volumes"), std::nullopt);
}

TEST(UnitFile, DropInsAndContinuationsAsSystemdReadsThem) {
  TestTree files;
  files.Write("/usr/lib/systemd/system/x.service",
              "[Service]\nExecStart=/bin/a \\\n# not me\n  --b\n[Unit]\nExecStart=no\n");
  files.Write("/etc/systemd/system/x.service.d/20.conf", "[Service]\nExecStart=\nExecStart=/bin/c\n");
  files.Write("/usr/lib/systemd/system/x.service.d/20.conf", "[Service]\nExecStart=hidden by /etc's\n");
  files.Write("/run/systemd/system/x.service.d/10.conf", "[Service]\nExecStart=/bin/d\n");
  files.Write("/etc/systemd/system/x.service.d/50-rexray.conf", "[Service]\nExecStart=\n");
  const absl::StatusOr<UnitSources> sources = FindUnit(files.tree(), "x.service", "50-rexray.conf");
  ASSERT_TRUE(sources.ok());
  EXPECT_EQ(sources->path, "/usr/lib/systemd/system/x.service");
  EXPECT_THAT(Effective(sources->texts, "ExecStart"), ElementsAre("/bin/c"));
  EXPECT_THAT(Effective({sources->texts.front()}, "ExecStart"), ElementsAre("/bin/a --b"));
  EXPECT_TRUE(absl::IsNotFound(FindUnit(files.tree(), "y.service").status()));
}

TEST(UnitFile, KnowsWhatGivesANamespace) {
  EXPECT_THAT(
      NamespaceOptions("[Service]\nPrivateTmp=yes\nProtectSystem=full\nReadWritePaths=/x\nProtectHome=no\n"
                       "User=x\n[Unit]\nPrivateTmp=yes\n"),
      ElementsAre("PrivateTmp=yes", "ProtectSystem=full", "ReadWritePaths=/x"));
}

TEST(ServiceUnit, HasNoNamespaceOfItsOwnAndWaitsForReadiness) {
  EXPECT_THAT(NamespaceOptions(kServiceUnit), IsEmpty());
  const std::vector<std::string> unit = {std::string(kServiceUnit)};
  EXPECT_THAT(Effective(unit, "Type"), ElementsAre("notify"));
  EXPECT_THAT(Effective(unit, "KillMode"), ElementsAre("process"));
  EXPECT_THAT(Effective(unit, "RuntimeDirectoryPreserve"), ElementsAre("yes"));
  EXPECT_THAT(Effective(unit, "Restart"), ElementsAre("always"));
  EXPECT_THAT(Effective(unit, "ExecStart"), ElementsAre("/usr/bin/rexray start -f"));
  // Whatever is added must be thought about: these are known to share the host's mount namespace.
  static const std::set<std::string> kKnown = {
      "Description", "Wants",           "After",     "Before",
      "Type",        "EnvironmentFile", "ExecStart", "ExecReload",
      "Restart",     "RestartSec",      "KillMode",  "LimitNOFILE",
      "TasksMax",    "OOMScoreAdjust",  "WantedBy",  "RuntimeDirectoryPreserve"};
  for (const UnitSetting& setting : ParseUnit(kServiceUnit))
    EXPECT_EQ(kKnown.count(setting.key), 1U) << setting.key;
}

TEST(ServiceUnit, SystemdAcceptsIt) {
  TestTree files;
  std::string unit(kServiceUnit);
  unit.replace(unit.find("/usr/bin/rexray start -f"), 24, "/bin/true");  // it must exist
  files.Write("/rexray.service", unit);
  ProcessRunner runner(SystemClock::Get());
  const absl::StatusOr<CommandResult> result =
      runner.Run({.argv = {"systemd-analyze", "verify", files.path() + "/rexray.service"}});
  if (absl::IsNotFound(result.status())) GTEST_SKIP() << "SKIPPED: systemd-analyze is not installed";
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->err, "");
}

TEST(AwsPolicy, AllowsNoMoreThanItMust) {
  const absl::StatusOr<nlohmann::json> policy = ParseJson(kAwsPolicy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->at("Version"), "2012-10-17");
  for (const nlohmann::json& statement : policy->at("Statement")) {
    EXPECT_EQ(statement.at("Effect"), "Allow");
    const std::string text = statement.dump();
    const bool writes = text.find("Describe") == std::string::npos;
    EXPECT_TRUE(!writes || statement.at("Resource") != "*") << text;
    EXPECT_TRUE(text.find("\"ec2:*\"") == std::string::npos) << text;
    if (text.find("Delete") != std::string::npos) {
      EXPECT_THAT(text, HasSubstr("ResourceTag/rexraySet")) << "only what is ours is removed";
    }
  }
}

}  // namespace
}  // namespace rexray::setup
