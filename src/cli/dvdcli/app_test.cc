// What a whole process cannot show quickly: time. The other behaviour is in
// tests/integration/test_dvdcli*.py.

#include "cli/dvdcli/app.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "dvdi/testing/jumping_clock.h"
#include "dvdi/testing/scripted_transports.h"

namespace rexray::dvdcli {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string OsArch() {
  utsname system{};
  uname(&system);
  return std::string(system.sysname) + "-" + system.machine;
}

class Streams final : public Console {
 public:
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view text) override { err += text; }
  bool ErrIsTerminal() const override { return terminal; }
  absl::Status Finish() override { return finish; }

  std::string out;
  std::string err;
  bool terminal = false;
  absl::Status finish;
};

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<char, 32> name = {"/tmp/dvdcli-test-XXXXXX"};
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = name.data();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = home_ + "/fake.sock";
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    close(fd);
    plugin_.Answer("/Plugin.Activate", R"({"Implements": ["VolumeDriver"]})");
    plugin_.Answer("/VolumeDriver.Get", R"({"Volume": {"Name": "v"}})");
    plugin_.Answer("/VolumeDriver.Mount", R"({"Mountpoint": "/mnt/v"})");
    plugin_.Answer("/VolumeDriver.Unmount", "{}");
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  int Do(const std::vector<std::string>& words) {
    dvdi::PluginPlaces places;
    places.socket_dirs = {home_};
    places.default_docker_root = home_ + "/docker";
    const App app{streams_, plugin_, clock_, places, {"/bin/dvdcli", "1.2.3", "main", "abc", "then"}};
    return dvdcli::Run(app, words);
  }
  int Mount(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"mount", "--volumedriver=fake", "--volumename=v"};
    words.insert(words.end(), more.begin(), more.end());
    return Do(words);
  }

  std::string home_;
  Streams streams_;
  dvdi::JumpingClock clock_;
  dvdi::ScriptedTransports plugin_;
};

TEST_F(AppTest, MountSaysThePathOnceOnEachStream) {
  EXPECT_EQ(Mount(), 0);
  EXPECT_EQ(streams_.out, "/mnt/v\n");
  EXPECT_EQ(streams_.err, "time=\"2026-01-02T03:04:05Z\" level=info msg=\"/mnt/v\" \n");
  EXPECT_EQ(plugin_.Names(), "Activate Get Mount");
}

TEST_F(AppTest, EverythingTogetherEndsAfter110SecondsByDefault) {
  plugin_.OnCall([&](const auto&) { clock_.Advance(seconds(4)); });
  const TimePoint begun = clock_.Now();
  EXPECT_EQ(Mount(), 0);
  const auto& calls = plugin_.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].deadline.at() - begun, seconds(105));  // of one call
  EXPECT_EQ(calls[1].deadline.at() - begun, seconds(109));
  EXPECT_EQ(calls[2].deadline.at() - begun, seconds(110));  // of all
}

TEST_F(AppTest, TheTimeoutIsForAllCallsTogether) {
  plugin_.OnCall([&](const auto&) { clock_.Advance(seconds(4)); });
  const TimePoint begun = clock_.Now();
  EXPECT_EQ(Mount({"--timeout=1m30s"}), 0);
  for (const auto& call : plugin_.calls()) EXPECT_EQ(call.deadline.at() - begun, seconds(90));
}

TEST_F(AppTest, AMissingPluginIsLookedForFor15Seconds) {
  EXPECT_EQ(Do({"mount", "--volumedriver=nope", "--volumename=v"}), 1);
  EXPECT_THAT(clock_.waits(), ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8)));
  EXPECT_THAT(streams_.err,
              HasSubstr("level=warning msg=\"Unable to locate plugin: nope, retrying in 8s\" \n"));
  EXPECT_THAT(streams_.err,
              HasSubstr("level=error msg=\"Error looking up volume plugin nope: plugin not found ("));
  EXPECT_EQ(streams_.out, "");
}

TEST_F(AppTest, APersonIsToldAtOnce) {
  streams_.terminal = true;
  EXPECT_EQ(Do({"mount", "--volumedriver=nope", "--volumename=v"}), 1);
  EXPECT_THAT(clock_.waits(), IsEmpty());
  plugin_.Fail("/VolumeDriver.List", absl::UnavailableError("refused"));
  EXPECT_EQ(Do({"list", "--volumedriver=fake"}), 1);
  EXPECT_THAT(clock_.waits(), IsEmpty());
}

TEST_F(AppTest, OnlyThePluginsOwnNoCreates) {
  for (const absl::Status& failure : {absl::UnavailableError("refused"), absl::DeadlineExceededError("late"),
                                      absl::InternalError("garbage"), absl::PermissionDeniedError("no")}) {
    dvdi::ScriptedTransports plugin;
    plugin.Answer("/Plugin.Activate", R"({"Implements": ["VolumeDriver"]})");
    plugin.Fail("/VolumeDriver.Get", failure);
    dvdi::PluginPlaces places;
    places.socket_dirs = {home_};
    const App app{streams_, plugin, clock_, places, {}};
    EXPECT_EQ(dvdcli::Run(app, {"mount", "--volumedriver=fake", "--volumename=v"}), 1);
    EXPECT_THAT(plugin.Names(), Not(HasSubstr("Create")));
    EXPECT_THAT(plugin.Names(), Not(HasSubstr("Mount")));
  }
}

TEST_F(AppTest, UnmountGivesGetTenSecondsAndNoSecondTry) {
  plugin_ = dvdi::ScriptedTransports();
  plugin_.Answer("/Plugin.Activate", R"({"Implements": ["VolumeDriver"]})");
  plugin_.Fail("/VolumeDriver.Get", absl::UnavailableError("reset"));
  plugin_.Answer("/VolumeDriver.Unmount", "{}");
  EXPECT_EQ(Do({"unmount", "--volumedriver=fake", "--volumename=v"}), 0);
  EXPECT_EQ(plugin_.Names(), "Activate Get Unmount");
  EXPECT_EQ(plugin_.calls()[1].deadline.at() - clock_.Now(), seconds(10));
  EXPECT_EQ(plugin_.calls()[2].body, R"({"ID":"dvdcli:v","Name":"v"})");
  EXPECT_THAT(clock_.waits(), IsEmpty());
}

TEST_F(AppTest, ARefusedDriverNameIsAUsageErrorThatAsksNobody) {
  EXPECT_EQ(Do({"mount", "--volumedriver=../fake", "--volumename=v"}), 2);
  EXPECT_THAT(plugin_.calls(), IsEmpty());
}

TEST_F(AppTest, AnOutputThatCannotBeWrittenIsAFailure) {
  streams_.finish = absl::InternalError("pipe");
  EXPECT_EQ(Mount(), 1);
  EXPECT_THAT(streams_.err, HasSubstr("the result could not be written: pipe"));
}

TEST_F(AppTest, FailuresAreShownAtAnyLogLevelAndOthersAreNot) {
  EXPECT_EQ(Do({"mount", "--volumedriver=nope", "--volumename=v", "--log-level=error"}), 1);
  EXPECT_THAT(streams_.err, Not(HasSubstr("level=warning")));
  EXPECT_THAT(streams_.err, HasSubstr("level=error"));
  EXPECT_THAT(streams_.err, EndsWith("volumeDriver=nope volumeName=v \n"));
}

TEST_F(AppTest, VersionHasSixLines) {
  EXPECT_EQ(Do({"version"}), 0);
  EXPECT_EQ(streams_.out, "Binary: /bin/dvdcli\nSemVer: 1.2.3\nOsArch: " + OsArch() +
                              "\nBranch: main\nCommit: abc\nFormed: then\n");
}

}  // namespace
}  // namespace rexray::dvdcli
