#include "cli/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/http/client.h"
#include "base/json.h"
#include "base/logging.h"
#include "base/status.h"
#include "base/testing/temporary_directory.h"

namespace rexray::daemon {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    // The machine's own files are out of sight, and without ours nothing starts: no test may serve the real
    // sockets.
    request_.root = home_.Below("root");
    request_.file = home_.Below("etc/rexray/config.yml");
    request_.environment = {{"REXRAY_HOME", home_.path()}};
    request_.uid = geteuid();
    Configure("");
  }
  ~DaemonTest() override { SetLogLevel(LogLevel::kWarn); }

  /// `more` is below "rexray:".
  void Configure(const std::string& more, const std::string& level = "error") {
    WriteText(home_.Below("etc/rexray/config.yml"),
              "rexray:\n  logLevel: " + level + "\n  modules:\n    default-docker:\n      host: unix://" +
                  docker_ + "\n" + more);
  }

  absl::StatusOr<std::unique_ptr<Daemon>> Start() {
    return Daemon::Start(request_, Sockets({}), SystemClock::Get(), {HELPER_PROGRAM, {"helper"}});
  }
  void StartOk() {
    auto started = Start();
    ASSERT_TRUE(started.ok()) << started.status();
    daemon_ = *std::move(started);
  }

  absl::StatusOr<http::ClientResponse> Send(const std::string& socket, const std::string& method,
                                            const std::string& target, const std::string& body) {
    auto client = http::MakeClient(SystemClock::Get());
    http::Address address;
    address.path = socket;
    return client->Send(address, {.method = method, .target = target, .headers = {}, .body = body},
                        Deadline::After(SystemClock::Get(), std::chrono::seconds(30)));
  }
  json Docker(const std::string& call, const json& body, int status = 200) {
    const auto answer = Send(docker_, "POST", "/VolumeDriver." + call, body.dump());
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return {};
    EXPECT_EQ(answer->status, status) << answer->body;
    return json::parse(answer->body, nullptr, false);
  }
  json Admin(const std::string& target) {
    const auto answer = Send(admin_, "GET", target, "");
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? json::parse(answer->body, nullptr, false) : json();
  }

  TemporaryDirectory home_;
  std::string docker_ = home_.Below("docker.sock");
  std::string admin_ = home_.Below("run/rexray/rexray.sock");
  config::LoadRequest request_;
  std::unique_ptr<Daemon> daemon_;
};

/// One that nobody has at the moment.
uint16_t FreePort() {
  http::ListenOptions any;
  any.address = *http::ParseAddress("tcp://127.0.0.1:0");
  const auto listener = http::Listener::Open(any);
  EXPECT_TRUE(listener.ok()) << listener.status();
  return listener.ok() ? (*listener)->address().port : 0;
}

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_F(DaemonTest, ServesDockerAndAdminAndLeavesNothing) {
  StartOk();
  EXPECT_EQ(ModeOf(docker_), 0660u);
  EXPECT_EQ(ModeOf(admin_), 0600u);
  EXPECT_EQ(ReadText(home_.Below("run/rexray/rexray.pid")).substr(0, 1 + std::to_string(getpid()).size()),
            std::to_string(getpid()) + " ");

  EXPECT_EQ(Docker("Create", {{"Name", "v"}, {"Opts", {{"size", "1"}}}})["Err"], "");
  EXPECT_EQ(Docker("Get", {{"Name", "v"}})["Volume"]["Status"]["size"], 1 << 30);
  EXPECT_EQ(Docker("List", json::object())["Volumes"].size(), 1u);
  const json status = Admin("/v1/status");
  EXPECT_EQ(status["services"][0]["volumes"], 1);
  EXPECT_EQ(status["configFile"], home_.Below("etc/rexray/config.yml"));
  EXPECT_EQ(Admin("/v1/volume?name=v")["volume"]["state"], "detached");

  EXPECT_TRUE(daemon_->Stop(std::chrono::seconds(20)));
  EXPECT_FALSE(std::filesystem::exists(docker_));
  EXPECT_FALSE(std::filesystem::exists(admin_));
  EXPECT_FALSE(std::filesystem::exists(home_.Below("run/rexray/rexray.pid")));
}

TEST_F(DaemonTest, WhatWasMadeIsThereAfterARestart) {
  StartOk();
  Docker("Create", {{"Name", "v"}, {"Opts", {{"size", "1"}}}});
  const json before = Docker("Get", {{"Name", "v"}})["Volume"];
  ASSERT_TRUE(daemon_->Stop(std::chrono::seconds(20)));
  daemon_.reset();
  StartOk();
  EXPECT_EQ(Docker("Get", {{"Name", "v"}})["Volume"], before);
}

TEST_F(DaemonTest, ASecondOneIsRefusedNamingTheFirst) {
  StartOk();
  const auto second = Start();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(second.status())), HasSubstr(std::to_string(getpid())));
  EXPECT_EQ(Docker("List", json::object())["Volumes"], json::array()) << "the first one is untouched";
}

TEST_F(DaemonTest, AFailedStartLeavesNothing) {
  WriteText(docker_, "precious");
  const auto started = Start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(MessageOf(started.status())), HasSubstr(docker_));
  EXPECT_EQ(ReadText(docker_), "precious");
  EXPECT_FALSE(std::filesystem::exists(home_.Below("run/rexray/rexray.pid")));
  EXPECT_FALSE(std::filesystem::exists(admin_));
}

TEST_F(DaemonTest, ABadConfigurationIsAnErrorThatNamesTheFile) {
  Configure("docker:\n  size: abc\n");
  const auto started = Start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(MessageOf(started.status())), HasSubstr("config.yml"));
}

TEST_F(DaemonTest, AServiceWhoseDriverFailsIsDownAlone) {
  WriteText(home_.Below("etc/rexray/config.yml"),
            "rexray:\n  logLevel: error\n  modules:\n    default-docker:\n      host: unix://" + docker_ +
                "\n    other:\n      type: docker\n      host: unix://" + home_.Below("other.sock") +
                "\n      rexray:\n        storageDrivers: nosuchdriver\n");
  StartOk();
  const json services = Admin("/v1/status")["services"];
  ASSERT_EQ(services.size(), 2u) << services;
  EXPECT_EQ(services[0]["state"], "ready");
  EXPECT_EQ(services[1]["state"], "down");
  EXPECT_THAT(services[1]["error"].get<std::string>(), HasSubstr("nosuchdriver"));
  EXPECT_EQ(Docker("List", json::object())["Volumes"], json::array());
  const auto answer = Send(home_.Below("other.sock"), "POST", "/VolumeDriver.List", "{}");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 500);
  EXPECT_THAT(answer->body, HasSubstr("nosuchdriver"));
}

TEST_F(DaemonTest, WithoutADockerSocketTheAdminApiStays) {
  WriteText(home_.Below("etc/rexray/config.yml"),
            "rexray:\n  logLevel: error\n  modules:\n    default-docker:\n      disabled: true\n");
  StartOk();
  EXPECT_FALSE(std::filesystem::exists(docker_));
  EXPECT_TRUE(Admin("/v1/status")["services"].is_array());
}

TEST_F(DaemonTest, AnAddressThatOthersReachIsWarnedAbout) {
  const auto warnings = [this](const std::string& admin, const std::string& docker) {
    WriteText(home_.Below("etc/rexray/config.yml"),
              "rexray:\n  logLevel: error\n  modules:\n    default-docker:\n      host: " + docker +
                  "\n    default-admin:\n      host: " + admin + "\n");
    StartOk();
    std::string text = Admin("/v1/status")["warnings"].dump();
    daemon_->Stop(std::chrono::seconds(20));
    daemon_.reset();
    return text;
  };
  const std::string local = "tcp://127.0.0.1:" + std::to_string(FreePort());
  EXPECT_THAT(warnings(local, "unix://" + docker_), Not(HasSubstr("authentication")));
  const std::string any = "tcp://:" + std::to_string(FreePort());
  EXPECT_THAT(warnings(any, "unix://" + docker_), HasSubstr("the admin API listens on " + any));
  EXPECT_THAT(warnings(local, any), HasSubstr("the Docker plugin of the service rexray listens on " + any));
}

TEST_F(DaemonTest, ReloadTakesTheLogLevelAndTheDefaultsOfNewVolumes) {
  StartOk();
  EXPECT_EQ(GetLogLevel(), LogLevel::kError);
  Configure("docker:\n  size: 2\n  fsType: xfs\n  tags: [team=db, env=prod]\n", "info");
  daemon_->Reload();
  EXPECT_EQ(GetLogLevel(), LogLevel::kInfo);
  Docker("Create", {{"Name", "v"}});
  const json volume = Admin("/v1/volume?name=v")["volume"];
  EXPECT_EQ(volume["size"], uint64_t{2} << 30) << volume;
  EXPECT_EQ(volume["fsType"], "xfs");
  EXPECT_EQ(volume["tags"]["team"], "db");
  EXPECT_EQ(volume["tags"]["env"], "prod");
}

TEST_F(DaemonTest, ReloadOfAnUnreadableFileChangesNothing) {
  StartOk();
  Configure("", "[1");
  daemon_->Reload();
  EXPECT_EQ(GetLogLevel(), LogLevel::kError);
  EXPECT_EQ(Docker("List", json::object())["Volumes"], json::array());
}

TEST_F(DaemonTest, ReloadLeavesWhatNeedsARestart) {
  StartOk();
  Configure("linux:\n  volume:\n    rootPath: /other\ndocker:\n  size: 2\n");
  daemon_->Reload();
  const auto value = [this](const std::string& key) {
    const json answer = Admin("/v1/config");
    for (const json& row : answer["values"]) {
      if (row["key"] == key) return row["value"].get<std::string>();
    }
    return std::string("no such key");
  };
  EXPECT_EQ(value("linux.volume.rootPath"), "/data") << "it is not in force";
  EXPECT_EQ(value("docker.size"), "2");
}

TEST_F(DaemonTest, ASpecFileIsWrittenWhereOneIsConfigured) {
  const std::string spec = home_.Below("plugins/rexray.spec");
  Configure("      spec: " + spec + "\n");
  StartOk();
  EXPECT_EQ(ReadText(spec), "unix://" + docker_);
  EXPECT_EQ(Admin("/v1/status")["services"][0]["specFile"], spec);
}

TEST_F(DaemonTest, TakesASocketOfTheServiceManager) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, docker_.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(fd.get(), 16), 0);
  std::vector<std::pair<std::string, UniqueFd>> inherited;
  inherited.emplace_back(docker_, std::move(fd));
  auto started = Daemon::Start(request_, Sockets(std::move(inherited)), SystemClock::Get(),
                               {HELPER_PROGRAM, {"helper"}});
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(Docker("List", json::object())["Volumes"], json::array());
  EXPECT_TRUE((*started)->Stop(std::chrono::seconds(20)));
  EXPECT_TRUE(std::filesystem::exists(docker_)) << "it is the service manager's";
}

}  // namespace
}  // namespace rexray::daemon
