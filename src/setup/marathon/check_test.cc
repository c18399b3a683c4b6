#include "setup/marathon/check.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "base/status.h"
#include "setup/marathon/app.h"
#include "setup/marathon/received.h"

namespace rexray::setup::marathon {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

json Volume(const char* text = "{}") {
  json volume = {
      {"containerPath", "data"},
      {"mode", "RW"},
      {"external", {{"name", "v1"}, {"provider", "dvdi"}, {"options", {{"dvdi/driver", "rexray"}}}}}};
  volume.merge_patch(json::parse(text));
  return volume;
}

/// mesos.md 5.5: the minimal valid app.
json App(const char* volume = "{}", const char* app = "{}") {
  json out = {{"id", "/a"},
              {"cmd", "sleep 1000"},
              {"container", {{"type", "MESOS"}, {"volumes", json::array({Volume(volume)})}}},
              {"upgradeStrategy", {{"minimumHealthCapacity", 0}, {"maximumOverCapacity", 0}}}};
  out.merge_patch(json::parse(app));
  return out;
}

Report Of(const json& app, Versions versions = kBoth) {
  const absl::StatusOr<Report> report = Check(app.dump(), "app.json", versions);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : Report{};
}

/// "PATH: TEXT" of those of `severity` for `version`.
std::vector<std::string> Said(const json& app, Versions version, Severity severity = Severity::kRefused) {
  std::vector<std::string> said;
  for (const AppReport& one : Of(app, version).apps) {
    for (const Finding& finding : one.findings) {
      if (finding.severity == severity) said.push_back(finding.path + ": " + finding.text);
    }
  }
  return said;
}

const char* const kDocker = R"({"container": {"type": "DOCKER", "docker": {"image": "alpine:3.1"}}})";

TEST(MarathonRules, TheMinimalAppIsAccepted) {
  for (const Versions version : {k1_1, kNewest}) {
    EXPECT_THAT(Said(App(), version), IsEmpty());
    EXPECT_THAT(Said(App(), version, Severity::kFails), IsEmpty());
  }
  EXPECT_FALSE(Of(App()).Refused());
}

struct Rule {
  const char* volume;
  const char* app;
  std::vector<std::string> in_1_1;
  std::vector<std::string> in_newest;
};

const std::string kLabel = "must match regular expression '^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$'";
const std::string kOption =
    R"(must match regular expression '^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?/[A-Za-z0-9](?:[-A-Za-z0-9\._:]*[A-Za-z0-9])?$')";
const std::string kExternal = "/container/volumes(0)/external";

std::vector<Rule> Rules() {
  const std::string mode = "/container/volumes(0)/mode: got RO, expected RW";
  const std::string many = "/: Number of instances is limited to 1 when declaring DVDI volumes in app [...]";
  const std::string size = kExternal + "/size: got 0, expected more than 0";
  const std::string over = "/upgradeStrategy/maximumOverCapacity: got 1.0, expected 0.0";
  const std::string no_driver = kExternal + "/options(\"dvdi/driver\"): not defined";
  return {
      {R"({"containerPath": ""})",
       "{}",
       {"/container/volumes(0)/containerPath: must not be empty"},
       {"/container/volumes(0)/containerPath: must not be empty"}},
      {R"({"containerPath": "."})",
       "{}",
       {},
       {"/container/volumes(0)/containerPath: can not be one of (.,..)"}},
      {R"({"external": {"name": "Big_Name"}})", "{}", {kExternal + "/name: " + kLabel}, {}},
      {R"({"external": {"name": "name=pxvol,size=5,shared=true"}})",
       "{}",
       {kExternal + "/name: " + kLabel},
       {}},
      {R"({"external": {"provider": "qaz"}})",
       "{}",
       {kExternal + "/provider: is unknown provider"},
       {kExternal + "/provider: is unknown provider"}},
      {R"({"external": {"options": {"driver": "x"}}})",
       "{}",
       {kExternal + "/options: " + kOption},
       {kExternal + "/options: " + kOption}},
      {R"({"external": {"options": {"dvdi/driver": null, "dvdi/driverNam": "rexray"}}})",
       "{}",
       {no_driver},
       {no_driver}},
      {R"({"external": {"options": {"dvdi/driver": ""}}})",
       "{}",
       {kExternal + "/options(\"dvdi/driver\"): " + kLabel},
       {kExternal + "/options(\"dvdi/driver\"): " + kLabel}},
      {R"({"external": {"size": 0}})", "{}", {size}, {size}},
      {R"({"external": {"options": {"dvdi/newfstype": "EXT4"}}})",
       "{}",
       {kExternal + "/options(\"dvdi/newfstype\"): " + kLabel},
       {kExternal + "/options/\"dvdi/newfstype\": " + kLabel}},
      {R"({"external": {"options": {"dvdi/volumetype": "io1 "}}})",
       "{}",
       {kExternal + "/options(\"dvdi/volumetype\"): " + kLabel},
       {kExternal + "/options/\"dvdi/volumetype\": " + kLabel}},
      {R"({"external": {"options": {"dvdi/iops": "b"}}})",
       "{}",
       {kExternal + "/options(\"dvdi/iops\"): Expected a valid, positive integer instead of b"},
       {kExternal + "/options/\"dvdi/iops\": Expected a valid, positive integer instead of b"}},
      {R"({"external": {"options": {"dvdi/overwritefs": "false"}}})",
       "{}",
       {kExternal + "/options(\"dvdi/overwritefs\"): Expected a valid boolean"},
       {kExternal + "/options/\"dvdi/overwritefs\": Expected a valid boolean"}},
      {R"({"external": {"options": {"dvdi/overwritefs": "TRUE"}}})", "{}", {}, {}},
      {R"({"external": {"options": {"dvdi/driver": "bar", "dvdi/overwritefs": "false", "dvdi/iops": "b"}}})",
       "{}",
       {},
       {}},
      {R"({"mode": "RO"})", "{}", {mode}, {mode}},
      {"{}", R"({"instances": 2})", {many}, {many}},
      {"{}",
       R"({"upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": null}})",
       {"/upgradeStrategy/minimumHealthCapacity: got 1.0, expected 0.5 or less", over},
       {over}},
      {"{}",
       R"({"upgradeStrategy": {"minimumHealthCapacity": 1.5}})",
       {"/upgradeStrategy/minimumHealthCapacity: got 1.5, expected between 0.0 and 1.0",
        "/upgradeStrategy/minimumHealthCapacity: got 1.5, expected 0.5 or less"},
       {"/upgradeStrategy/minimumHealthCapacity: got 1.5, expected between 0.0 and 1.0"}},
      {"{}", R"({"upgradeStrategy": null})", {}, {}},
      {"{}", R"({"container": {"docker": {"image": "x"}}})", {"/container/docker: must be empty"}, {}},
      {"{}",
       R"({"container": {"type": null}})",
       {"/container/docker: must not be empty"},
       {"/container/docker: not defined"}},
      {R"({"external": {"size": 5, "options": {"dvdi/iops": "5"}}})",
       kDocker,
       {kExternal + "/options: must only contain dvdi/driver",
        kExternal + "/size: must be undefined for Docker containers"},
       {kExternal + "/options: must only contain dvdi/driver",
        kExternal + "/size: must be undefined for Docker containers"}},
      {R"({"mode": "RO", "containerPath": "/x"})", kDocker, {}, {}},
      // What is not there, or of another kind, ends the check: Marathon answers 400.
      {R"({"external": {"name": null, "provider": null}, "mode": null})",
       "{}",
       {"/container/volumes(0)/mode: error.path.missing", kExternal + "/name: error.path.missing",
        kExternal + "/provider: error.path.missing"},
       {"/container/volumes(0)/mode: error.path.missing"}},
      {R"({"external": {"name": null, "provider": null}})",
       "{}",
       {kExternal + "/name: error.path.missing", kExternal + "/provider: error.path.missing"},
       {kExternal + "/provider: not defined"}},
      {R"({"external": {"name": 5, "size": "x"}})",
       "{}",
       {kExternal + "/name: error.expected.jsstring", kExternal + "/size: error.expected.jsnumber"},
       {kExternal + "/name: error.expected.jsstring", kExternal + "/size: error.expected.jsnumber"}},
      {R"({"mode": "rw"})", "{}", {"/container/volumes(0)/mode: is not a valid mode"}, {}},
      {R"({"hostPath": "x"})", "{}", {"/container/volumes(0): hostPath may not be set with persistent"}, {}},
  };
}

TEST(MarathonRules, EachHasItsTextAndPathInBothGenerations) {
  for (const Rule& rule : Rules()) {
    SCOPED_TRACE(std::string(rule.volume) + " " + rule.app);
    const json app = App(rule.volume, rule.app);
    EXPECT_EQ(Said(app, k1_1), rule.in_1_1);
    EXPECT_EQ(Said(app, kNewest), rule.in_newest);
    EXPECT_EQ(Of(app, k1_1).Refused(), !rule.in_1_1.empty());
  }
}

TEST(MarathonRules, AVolumeIsUsedOnce) {
  json app = App();
  app["container"]["volumes"].push_back(Volume());
  const std::string twice = "/: Requested DVDI volume 'v1' is declared more than once within app /a";
  EXPECT_THAT(Said(app, k1_1), ElementsAre(twice));
  EXPECT_THAT(Said(app, kNewest), ElementsAre("/container/volumes: Volume names must be unique", twice));
  json other = App();
  other["id"] = "/b";
  EXPECT_THAT(Said(json::array({App(), other}), k1_1),
              ElementsAre("/: Volume name 'v1' in /a conflicts with volume(s) of same name in app(s): /b",
                          "/: Volume name 'v1' in /b conflicts with volume(s) of same name in app(s): /a"));
  const char* shared = R"({"external": {"shared": true}})";
  other["container"]["volumes"][0]["external"]["shared"] = true;
  EXPECT_THAT(Said(json::array({App(shared), other}), kNewest), IsEmpty());
  EXPECT_EQ(Said(json::array({App(shared), other}), k1_1).size(), 2U);
}

TEST(MarathonRules, SomePathsCountExternalVolumesOnly) {
  json app = App(R"({"mode": "RO"})");
  auto& volumes = app["container"]["volumes"];
  volumes.insert(volumes.begin(),
                 json::parse(R"({"containerPath": "p", "mode": "RW", "persistent": {"size": 1}})"));
  EXPECT_THAT(Said(app, k1_1), ElementsAre("/container/volumes(0)/mode: got RO, expected RW"));
  EXPECT_THAT(Said(app, kNewest), ElementsAre("/container/volumes(1)/mode: got RO, expected RW"));
}

TEST(MarathonRules, CsiVolumes) {
  const char* csi = R"({"external": {"provider": "csi", "name": "vol-1", "options": {"dvdi/driver": null,
      "pluginName": "org.example", "capability": {"accessMode": "SINGLE_NODE_READER_ONLY", "accessType": "mount"}}}})";
  EXPECT_THAT(
      Said(App(csi, R"({"instances": 3})"), kNewest),
      ElementsAre("/container/volumes(0): CSI volume must be mounted readonly with a read-only access mode",
                  "/instances: got 3, expected 1 or less while non-shareable CSI volumes are defined"));
  json readable = App(csi);
  readable["container"]["volumes"][0]["mode"] = "RO";
  const Report report = Of(readable, kNewest);
  EXPECT_FALSE(report.Refused());
  ASSERT_FALSE(report.apps[0].received.empty());
  EXPECT_THAT(report.apps[0].received[0].lines[0], HasSubstr("\"plugin_name\":\"org.example\""));
  EXPECT_THAT(Said(App(csi), k1_1), ElementsAre(kExternal + "/provider: is unknown provider"));
}

// --- what Marathon does not tell ---

std::string All(const std::vector<std::string>& said) {
  std::string text;
  for (const std::string& line : said) text += line + "\n";
  return text;
}

TEST(MarathonUntold, PathsThatFailLater) {
  EXPECT_THAT(All(Said(App(), k1_1, Severity::kNotice)), HasSubstr("containerpaths must start with /"));
  EXPECT_THAT(All(Said(App(R"({"containerPath": "../x"})"), k1_1, Severity::kFails)), HasSubstr("\"..\""));
  EXPECT_THAT(All(Said(App(R"({"containerPath": "/data"})"), k1_1, Severity::kNotice)),
              HasSubstr("containerpaths must pre-exist"));
  EXPECT_THAT(All(Said(App(R"({"containerPath": "/etc/x"})"), k1_1, Severity::kFails)),
              HasSubstr("system directory"));
  EXPECT_THAT(All(Said(App(R"({"containerPath": "/data"})"), kNewest, Severity::kNotice)),
              HasSubstr("Absolute container path '/data' does not exist"));
  EXPECT_THAT(All(Said(App(R"({"containerPath": "/tmp/x"})"), k1_1, Severity::kFails)), IsEmpty());
  EXPECT_THAT(All(Said(App("{}", kDocker), k1_1, Severity::kFails)), HasSubstr("docker refuses it"));
}

TEST(MarathonUntold, TheEleventhVolume) {
  json app = App();
  for (int i = 2; i <= 11; ++i) {
    json volume = Volume();
    volume["external"]["name"] = "v" + std::to_string(i);
    app["container"]["volumes"].push_back(volume);
  }
  EXPECT_THAT(All(Said(app, k1_1, Severity::kNotice)), HasSubstr("illegal VOL_NAME_ENV_VAR_NAME"));
  EXPECT_THAT(Of(app, k1_1).apps[0].received[0].lines, Contains("DVDI_VOLUME_NAME10=v11"));
  app["container"]["volumes"].erase(10);
  EXPECT_THAT(All(Said(app, k1_1, Severity::kNotice)), Not(HasSubstr("VOL_NAME_ENV_VAR_NAME")));
}

TEST(MarathonUntold, PodsHaveNoExternalVolumes) {
  const json pod = {{"id", "/pod"},
                    {"containers", json::array({{{"name", "c"}}})},
                    {"volumes", json::array({{{"name", "v"}, {"external", json::object()}}})}};
  EXPECT_THAT(All(Said(pod, kNewest, Severity::kFails)), HasSubstr("pods have no external volumes"));
  EXPECT_TRUE(Of(pod).Refused());
}

TEST(MarathonUntold, AVariableThatMakesMarathonThrow) {
  const json app = App("{}", R"({"env": {"DVDI_VOLUME_NAMES": "x"}})");
  EXPECT_THAT(All(Said(app, k1_1, Severity::kFails)), HasSubstr("Marathon throws"));
  EXPECT_THAT(All(Said(app, kNewest, Severity::kFails)), IsEmpty());
}

TEST(MarathonUntold, OptionsThatDoNotArrive) {
  const json app = App(R"({"external": {"size": 5, "options": {"dvdi/size": "6", "dcos/label": "x",
                                        "dvdi/tags": "a,b", "dvdi/description": "two words"}}})");
  EXPECT_THAT(All(Said(app, k1_1, Severity::kNotice)),
              testing::AllOf(HasSubstr("overridden by \"size\""), HasSubstr("\"dcos/label\" reaches nobody"),
                             HasSubstr("has a comma"), HasSubstr("prohibited characters")));
}

TEST(MarathonUntold, TwoDriversInOneDockerContainer) {
  json app = App(R"({"containerPath": "/a"})", kDocker);
  app["container"]["volumes"].push_back(
      Volume(R"({"containerPath": "/b", "external": {"name": "v2", "options": {"dvdi/driver": "pxd"}}})"));
  EXPECT_THAT(All(Said(app, kNewest, Severity::kFails)), HasSubstr("Only one volume driver is supported"));
  EXPECT_THAT(All(Said(app, k1_1, Severity::kFails)), HasSubstr("the last one"));
}

// --- what the agent receives: DVDIProviderVolumeToEnvTest.scala of v1.1.1, all of it ---

struct Vector {
  const char* volume;
  Variables before;
  Variables added;
};

TEST(MarathonTranslation, TheVectorsOfMarathonsOwnTest) {
  const std::vector<Vector> vectors = {
      {R"({})", {}, {{"CONTAINERPATH", "/path"}, {"NAME", "foo"}, {"DRIVER", "bar"}}},
      {R"({"size": 1})",
       {},
       {{"CONTAINERPATH", "/path"}, {"NAME", "foo"}, {"DRIVER", "bar"}, {"OPTS", "size=1"}}},
      {R"({"size": 1, "options": {"dvdi/size": "2"}})",
       {},
       {{"CONTAINERPATH", "/path"}, {"NAME", "foo"}, {"DRIVER", "bar"}, {"OPTS", "size=1"}}},
      {R"({"options": {"dvdi/size": "abc"}})",
       {},
       {{"CONTAINERPATH", "/path"}, {"NAME", "foo"}, {"DRIVER", "bar"}, {"OPTS", "size=abc"}}},
      {R"({})",
       {{"CONTAINERPATH0", "/tmp"}, {"NAME0", "qaz"}, {"DRIVER0", "wsx"}},
       {{"CONTAINERPATH1", "/path"}, {"NAME1", "foo"}, {"DRIVER1", "bar"}}},
      {R"({})",
       {{"CONTAINERPATH", "/tmp"}, {"NAME", "qaz"}, {"DRIVER", "wsx"}},
       {{"CONTAINERPATH1", "/path"}, {"NAME1", "foo"}, {"DRIVER1", "bar"}}},
      {R"({})",
       {{"CONTAINERPATH", "/tmp"},
        {"NAME", "qaz"},
        {"DRIVER", "wsx"},
        {"CONTAINERPATH1", "/var"},
        {"NAME1", "edc"},
        {"DRIVER1", "rfv"}},
       {{"CONTAINERPATH2", "/path"}, {"NAME2", "foo"}, {"DRIVER2", "bar"}}},
      // TaskBuilderTest.scala: several options.
      {R"({"options": {"dvdi/foo": " a ", "dvdi/bar": "b", "other/x": "y"}})",
       {},
       {{"CONTAINERPATH", "/path"}, {"NAME", "foo"}, {"DRIVER", "bar"}, {"OPTS", "bar=b,foo=a"}}},
  };
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.volume);
    json volume = Volume(R"({"containerPath": "/path", "mode": "RO",
                             "external": {"name": "foo", "options": {"dvdi/driver": "bar"}}})");
    volume["external"].merge_patch(json::parse(vector.volume));
    json environment = json::object();
    for (const auto& [name, value] : vector.before) environment["DVDI_VOLUME_" + name] = value;
    json document = App();
    document["container"]["volumes"] = json::array({volume});
    document["env"] = environment;
    const marathon::App app = ReadApp(document, "/a");
    const std::optional<Variables> all = EnvironmentOf(app);
    ASSERT_TRUE(all.has_value());
    Variables added(all->begin() + static_cast<std::ptrdiff_t>(vector.before.size()), all->end());
    Variables wanted = vector.added;
    for (auto& [name, value] : wanted) name.insert(0, "DVDI_VOLUME_");
    EXPECT_EQ(added, wanted);
  }
}

TEST(MarathonTranslation, SourcesOfTheNewestAndTheCommandOfTheAgent) {
  const Report report = Of(App(R"({"external": {"size": 10, "options": {"dvdi/iops": "100"}}})"), kNewest);
  ASSERT_EQ(report.apps[0].received.size(), 2U);
  EXPECT_THAT(
      report.apps[0].received[0].lines,
      ElementsAre(
          R"({"container_path":"data","mode":"RW","source":{"docker_volume":{"driver":"rexray",)"
          R"("driver_options":{"parameter":[{"key":"iops","value":"100"},{"key":"size","value":"10"}]},)"
          R"("name":"v1"},"type":"DOCKER_VOLUME"}})"));
  EXPECT_THAT(report.apps[0].received[1].lines,
              ElementsAre("dvdcli mount --volumedriver=rexray --volumename=v1 --volumeopts=iops=100 "
                          "--volumeopts=size=10"));
}

TEST(MarathonTranslation, DockersArguments) {
  const Report report = Of(App(R"({"containerPath": "/data"})", kDocker), k1_1);
  ASSERT_EQ(report.apps[0].received.size(), 1U);
  EXPECT_THAT(report.apps[0].received[0].lines, ElementsAre("--volume-driver=rexray", "-v v1:/data:rw"));
}

TEST(MarathonTranslation, WhatIsRefusedReachesNoAgent) {
  EXPECT_THAT(Of(App(R"({"mode": "RO"})")).apps[0].received, IsEmpty());
}

// --- files ---

TEST(MarathonFile, GroupsArraysAndAnswersOfTheApi) {
  json group = {
      {"id", "/g"},
      {"apps", json::array({App("{}", R"({"id": "one"})")})},
      {"groups", json::array({{{"id", "in"}, {"apps", json::array({App("{}", R"({"id": "../two"})")})}}})}};
  group["groups"][0]["apps"][0]["container"]["volumes"][0]["external"]["name"] = "v2";
  const Report report = Of(group);
  ASSERT_EQ(report.apps.size(), 2U);
  EXPECT_EQ(report.apps[0].id, "/g/one");
  EXPECT_EQ(report.apps[0].where, "apps[0]");
  EXPECT_EQ(report.apps[1].id, "/g/two");
  EXPECT_EQ(report.apps[1].where, "groups[0].apps[0]");
  EXPECT_EQ(Of({{"app", App()}}).apps[0].id, "/a");
  EXPECT_EQ(Of({{"apps", json::array({App()})}}).apps[0].id, "/a");
  EXPECT_EQ(Of(json::array({App()})).apps[0].where, "[0]");
}

TEST(MarathonFile, WhatIsNoAppIsSaid) {
  const auto complaint = [](const char* text) {
    return std::string(MessageOf(Check(text, "app.json", kBoth).status()));
  };
  EXPECT_THAT(complaint("{\n  \"id\": \"/a\",\n}"), StartsWith("app.json:3:1: not valid JSON: a comma"));
  EXPECT_THAT(complaint("[]"), HasSubstr("no app"));
  EXPECT_THAT(complaint("5"), HasSubstr("an app is an object, not number"));
  EXPECT_THAT(complaint("[{}, \"x\"]"), HasSubstr("[1]: an app is an object, not string"));
  EXPECT_THAT(complaint("{\"id\": 5}"), HasSubstr("\"id\" is not a text"));
  EXPECT_THAT(complaint("{\"apps\": 5}"), HasSubstr("apps is not an array"));
}

TEST(MarathonFile, AnyShapeIsAnAnswer) {
  for (const char* text :
       {R"({"container": 5})", R"({"container": {"volumes": 5}})",
        R"({"container": {"volumes": [5, null, []]}})", R"({"container": {"volumes": [{"external": 5}]}})",
        R"({"container": {"volumes": [{"external": {}}]}})",
        R"({"container": {"volumes": [{"external": {"options": []}}]}})", R"({"env": 5, "instances": "x"})",
        R"({"container": {"volumes": [{"external": {"provider": "csi", "options": 5}}]}})",
        R"({"container": {"volumes": [{"external": {"provider": "csi", "options": {"capability": 5}}}]}})",
        R"({"containers": [5, {"volumes": 5}]})", R"({"upgradeStrategy": []})", R"({"instances": 1e300})",
        R"({"instances": 18446744073709551615})"}) {
    const absl::StatusOr<Report> report = Check(text, "app.json", kBoth);
    ASSERT_TRUE(report.ok()) << text;
    EXPECT_FALSE(ToText(*report).empty());
    EXPECT_TRUE(json::accept(ToJson(*report))) << text;
  }
}

TEST(MarathonVersion, WordsThatAreTaken) {
  EXPECT_EQ(*ParseVersion(""), kBoth);
  for (const char* text : {"1.1", "1.1.1", "v1.0.0", "1.0"}) EXPECT_EQ(*ParseVersion(text), k1_1) << text;
  for (const char* text : {"1.11", "1.4.3", "newest", "1.2.0-RC5"})
    EXPECT_EQ(*ParseVersion(text), kNewest) << text;
  for (const char* text : {"0.15", "2.0", "x", "1", "1."}) EXPECT_FALSE(ParseVersion(text).ok()) << text;
}

// The whole page, once: the walkthrough's kind of app, as the documentation had it.
TEST(MarathonText, APageForPeople) {
  const Report report = Of(
      App(R"({"containerPath": "/tmp/x", "external": {"size": 100, "options": {"dvdi/overwritefs": "false"}}})"),
      k1_1);
  EXPECT_EQ(ToText(report),
            "/a: 1 external volume\n"
            "  Marathon 1.1 refuses it:\n"
            "    /container/volumes(0)/external/options(\"dvdi/overwritefs\")\n"
            "      Expected a valid boolean\n"
            "      do: leave the option out: Marathon takes \"true\" only, and false is the default\n"
            "\n"
            "1 app, 1 external volume: 1 violation, 0 failures that Marathon does not tell\n");
  EXPECT_EQ(ToText(Of(App(R"({"containerPath": "/tmp/x"})"), k1_1)),
            "/a: 1 external volume\n"
            "  With Marathon 1.1 the task gets these variables, for the isolator module:\n"
            "    DVDI_VOLUME_CONTAINERPATH=/tmp/x\n"
            "    DVDI_VOLUME_NAME=v1\n"
            "    DVDI_VOLUME_DRIVER=rexray\n"
            "\n"
            "1 app, 1 external volume: Marathon 1.1 would accept it\n");
  EXPECT_EQ(ToText(Of({{"id", "x"}})),
            "1 app without external volumes\n"
            "1 app, 0 external volumes: Marathon 1.1 and 1.11 would accept it\n");
}

/// The text between "```KIND" and "```", of the N-th such block.
std::string Block(const std::string& page, const std::string& kind, int n) {
  size_t at = 0;
  for (int i = 0; i <= n; ++i) at = page.find("```" + kind + "\n", at) + kind.size() + 4;
  return page.substr(at, page.find("```", at) - at);
}

// docs/marathon.md shows two apps and what is said about them.
TEST(MarathonText, TheDocumentationSaysTheTruth) {
  std::ifstream in(REXRAY_SOURCE_DIR "/docs/marathon.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(page.empty());
  for (int n = 0; n < 2; ++n) {
    const absl::StatusOr<Report> report = Check(Block(page, "json", n), "app.json", kBoth);
    ASSERT_TRUE(report.ok()) << report.status();
    const std::string shown = Block(page, "console", n);
    EXPECT_EQ(shown.substr(shown.find('\n') + 1), ToText(*report));
  }
}

}  // namespace
}  // namespace rexray::setup::marathon
