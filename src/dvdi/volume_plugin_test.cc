#include "dvdi/volume_plugin.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "dvdi/testing/jumping_clock.h"
#include "dvdi/testing/scripted_transports.h"

namespace rexray::dvdi {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Plugin Fake() {
  Plugin plugin;
  plugin.name = "fake";
  plugin.endpoint.address = *http::ParseAddress("/run/docker/plugins/fake.sock");
  return plugin;
}

class VolumePluginTest : public ::testing::Test {
 protected:
  VolumePluginTest() { Make(Fake()); }

  void Make(Plugin plugin, bool retry = true) {
    VolumePlugin::Options options;
    options.user_agent = "dvdcli/1";
    options.patience.retry = retry;
    options.patience.warn = [this](const std::string& line) { warnings_.push_back(line); };
    transport_ = *transports_.For({});
    plugin_ = std::make_unique<VolumePlugin>(std::move(plugin), *transport_, clock_, options);
  }

  Deadline In(Duration wait) { return Deadline::After(clock_, wait); }

  JumpingClock clock_;
  ScriptedTransports transports_;
  std::unique_ptr<http::Transport> transport_;
  std::vector<std::string> warnings_;
  std::unique_ptr<VolumePlugin> plugin_;
};

TEST_F(VolumePluginTest, SendsWhatThePaperSays) {
  transports_.Answer("/Plugin.Activate", R"({"Implements": ["NetworkDriver", "VolumeDriver"]})");
  for (const char* call : {"Create", "Remove", "Unmount"})
    transports_.Answer(std::string("/VolumeDriver.") + call, "{}");
  transports_.Answer("/VolumeDriver.Mount", R"({"Mountpoint": "/mnt/v"})");
  EXPECT_TRUE(plugin_->Activate(Deadline::Never()).ok());
  EXPECT_TRUE(plugin_->Create("v", {}, Deadline::Never()).ok());
  EXPECT_TRUE(plugin_->Create("v", {{"size", "5"}}, Deadline::Never()).ok());
  EXPECT_EQ(*plugin_->Mount("v", DvdcliConsumer("v"), Deadline::Never()), "/mnt/v");
  EXPECT_TRUE(plugin_->Unmount("v", DvdcliConsumer("v"), Deadline::Never()).ok());
  EXPECT_TRUE(plugin_->Remove("v", Deadline::Never()).ok());
  std::vector<std::string> bodies;
  for (const auto& call : transports_.calls()) bodies.push_back(call.body);
  EXPECT_THAT(bodies, ElementsAre("", R"({"Name":"v","Opts":{}})", R"({"Name":"v","Opts":{"size":"5"}})",
                                  R"({"ID":"dvdcli:v","Name":"v"})", R"({"ID":"dvdcli:v","Name":"v"})",
                                  R"({"Name":"v"})"));
  EXPECT_THAT(transports_.calls()[0].headers,
              ElementsAre(std::pair("accept", "application/vnd.docker.plugins.v1.2+json"),
                          std::pair("user-agent", "dvdcli/1")));
}

TEST_F(VolumePluginTest, ThePluginsOwnWordsAreUnknown) {
  transports_.Answer("/VolumeDriver.Get", R"({"Err": "no\nsuch"})");
  transports_.Answer("/VolumeDriver.Remove", R"({"Err": "boom"})", 500);
  const absl::Status got = plugin_->Get("v", Deadline::Never()).status();
  EXPECT_TRUE(PluginSaidNo(got));
  EXPECT_EQ(MessageOf(got), "VolumeDriver.Get: no\nsuch");
  EXPECT_EQ(MessageOf(plugin_->Remove("v", Deadline::Never())), "VolumeDriver.Remove: boom");
  EXPECT_EQ(MessageOf(plugin_->Path("v", Deadline::Never()).status()),
            "VolumeDriver.Path: 404 page not found");
  EXPECT_THAT(clock_.waits(), IsEmpty());
}

TEST_F(VolumePluginTest, AnAnswerThatIsNoneIsNotANo) {
  for (const char* body : {"", "x", "[]", "null", "{\"Err\":"}) {
    ScriptedTransports transports;
    transports.Answer("/VolumeDriver.Get", body);
    const auto transport = *transports.For({});
    VolumePlugin plugin(Fake(), *transport, clock_, {});
    EXPECT_EQ(plugin.Get("v", Deadline::Never()).status().code(), absl::StatusCode::kInternal) << body;
  }
}

TEST_F(VolumePluginTest, GetWithoutAVolumeIsANo) {
  transports_.Answer("/VolumeDriver.Get", R"({"Volume": null, "Err": ""})");
  const absl::Status got = plugin_->Get("v", Deadline::Never()).status();
  EXPECT_TRUE(PluginSaidNo(got));
  EXPECT_EQ(MessageOf(got), "VolumeDriver.Get: no such volume");
}

TEST_F(VolumePluginTest, MembersAreFoundInAnyCase) {
  transports_.Answer("/VolumeDriver.Get", R"({"volume": {"name": "V", "mountpoint": "/m"}, "err": null})");
  const auto volume = plugin_->Get("v", Deadline::Never());
  ASSERT_TRUE(volume.ok()) << volume.status();
  EXPECT_EQ(volume->name, "V");
  EXPECT_EQ(volume->mountpoint, "/m");
  EXPECT_EQ(volume->json, R"({"mountpoint":"/m","name":"V"})");
}

TEST_F(VolumePluginTest, UnreachableIsTriedForFifteenSeconds) {
  transports_.Fail("/VolumeDriver.Mount", absl::UnavailableError("connection refused"));
  const absl::Status status = plugin_->Mount("v", "id", Deadline::Never()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(status), "VolumeDriver.Mount: plugin fake: connection refused");
  EXPECT_THAT(clock_.waits(), ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8)));
  EXPECT_EQ(transports_.calls().size(), 5U);
  EXPECT_EQ(warnings_.front(),
            "Unable to connect to plugin: /run/docker/plugins/fake.sock:/VolumeDriver.Mount, retrying in 1s");
  EXPECT_THAT(warnings_.back(), HasSubstr("retrying in 8s"));
}

TEST_F(VolumePluginTest, ThePluginMayComeBackInTheMeantime) {
  transports_.Fail("/VolumeDriver.Mount", absl::NotFoundError("no such socket"));
  transports_.Fail("/VolumeDriver.Mount", absl::UnavailableError("refused"));
  transports_.Answer("/VolumeDriver.Mount", R"({"Mountpoint": "/mnt/v"})");
  EXPECT_EQ(*plugin_->Mount("v", "id", Deadline::Never()), "/mnt/v");
  EXPECT_THAT(clock_.waits(), ElementsAre(seconds(1), seconds(2)));
}

TEST_F(VolumePluginTest, NoWaitReachesBeyondTheDeadline) {
  transports_.Fail("/VolumeDriver.Mount", absl::UnavailableError("refused"));
  EXPECT_FALSE(plugin_->Mount("v", "id", In(seconds(5))).ok());
  EXPECT_THAT(clock_.waits(), ElementsAre(seconds(1), seconds(2)));
}

TEST_F(VolumePluginTest, SlowFailuresCountAsTimeTooAndEndTheRetriesBefore30Seconds) {
  transports_.Fail("/VolumeDriver.Mount", absl::UnavailableError("reset"));
  transports_.OnCall([&](const auto&) { clock_.Advance(seconds(13)); });
  EXPECT_FALSE(plugin_->Mount("v", "id", Deadline::Never()).ok());
  EXPECT_THAT(clock_.waits(), ElementsAre(seconds(1), seconds(2)));  // 13 + 1 + 13 + 2 = 29; then 42
}

TEST_F(VolumePluginTest, WhoIsNotPatientGetsTheErrorAtOnce) {
  Make(Fake(), false);
  transports_.Fail("/VolumeDriver.Get", absl::UnavailableError("refused"));
  EXPECT_FALSE(plugin_->Get("v", Deadline::Never()).ok());
  EXPECT_THAT(clock_.waits(), IsEmpty());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(VolumePluginTest, OneCallTakes105SecondsAtMostAndNeverMoreThanIsLeft) {
  transports_.Fail("/VolumeDriver.Get", absl::DeadlineExceededError("late"));
  transports_.OnCall([&](const auto&) { clock_.Advance(seconds(7)); });
  const TimePoint begun = clock_.Now();
  const absl::Status status = plugin_->Get("v", Deadline::Never()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(status)),
              HasSubstr("VolumeDriver.Get: plugin fake did not answer within 7.0 s"));
  EXPECT_EQ(transports_.calls()[0].deadline.at() - begun, seconds(105));
  EXPECT_THAT(clock_.waits(), IsEmpty());  // a late plugin is not asked again
  const Deadline soon = In(seconds(3));
  EXPECT_FALSE(plugin_->Get("v", soon).ok());
  EXPECT_EQ(transports_.calls()[1].deadline.at(), soon.at());
}

TEST_F(VolumePluginTest, MountAnswersAreChecked) {
  transports_.Answer("/VolumeDriver.Mount", R"({"Mountpoint": "/mnt/../etc"})");
  const absl::Status status = plugin_->Mount("v", "id", Deadline::Never()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("VolumeDriver.Mount: the plugin answered"));
}

TEST_F(VolumePluginTest, ActivateWantsAVolumeDriver) {
  for (const char* body : {R"({"Implements": ["NetworkDriver"]})", "{}", R"({"Implements": null})",
                           R"({"Implements": "VolumeDriver2"})"}) {
    ScriptedTransports transports;
    transports.Answer("/Plugin.Activate", body);
    const auto transport = *transports.For({});
    EXPECT_EQ(VolumePlugin(Fake(), *transport, clock_, {}).Activate(Deadline::Never()).code(),
              absl::StatusCode::kUnimplemented)
        << body;
  }
}

TEST_F(VolumePluginTest, AManagedPluginIsNotAskedToActivateAndItsPathsAreMoved) {
  Plugin plugin = Fake();
  plugin.managed = ManagedPlugin{"id", "/root/plugins/id/rootfs", "/vols"};
  Make(plugin);
  transports_.Answer("/VolumeDriver.Mount", R"({"Mountpoint": "/vols/v"})");
  transports_.Answer("/VolumeDriver.List",
                     R"({"Volumes": [{"Name": "v", "Mountpoint": "/vols/v"}, {"Name": "w"}]})");
  EXPECT_TRUE(plugin_->Activate(Deadline::Never()).ok());
  EXPECT_EQ(*plugin_->Mount("v", "id", Deadline::Never()), "/root/plugins/id/propagated-mount/v");
  const auto volumes = plugin_->List(Deadline::Never());
  ASSERT_TRUE(volumes.ok());
  ASSERT_EQ(volumes->size(), 2U);
  EXPECT_EQ((*volumes)[0].json, R"({"Mountpoint":"/root/plugins/id/propagated-mount/v","Name":"v"})");
  EXPECT_EQ((*volumes)[1].json, R"({"Name":"w"})");
  EXPECT_EQ(transports_.Names(), "Mount List");
}

TEST_F(VolumePluginTest, ALongPageOfAnErrorIsCut) {
  transports_.Answer("/VolumeDriver.Get", std::string(100000, 'x'), 502);
  const std::string text(MessageOf(plugin_->Get("v", Deadline::Never()).status()));
  EXPECT_LT(text.size(), 1200U);
  EXPECT_THAT(text, HasSubstr("100000 bytes, HTTP status 502"));
}

}  // namespace
}  // namespace rexray::dvdi
