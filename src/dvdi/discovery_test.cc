#include "dvdi/discovery.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "dvdi/testing/jumping_clock.h"
#include "dvdi/testing/scripted_transports.h"

namespace rexray::dvdi {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kIdA(64, 'a');
const std::string kIdB(64, 'b');

class DiscoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<char, 32> name = {"/tmp/dvdi-test-XXXXXX"};
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = name.data();
    places_.socket_dirs = {home_ + "/run"};
    places_.spec_dirs = {home_ + "/etc", home_ + "/lib"};
    places_.default_docker_root = home_ + "/docker";
    places_.daemon_json = home_ + "/daemon.json";
    places_.docker_socket = home_ + "/docker.sock";
    for (const char* directory : {"/run", "/etc", "/lib", "/docker/plugins"})
      fs::create_directories(home_ + directory);
  }
  void TearDown() override { fs::remove_all(home_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(home_ + path).parent_path());
    std::ofstream(home_ + path) << text;
  }

  /// A socket file; nobody listens.
  void Socket(const std::string& path) {
    const fs::path directory = fs::path(home_ + path).parent_path();
    fs::create_directories(directory);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = home_ + path;
    ASSERT_LT(text.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, text.c_str(), text.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
    close(fd);
  }

  void Install(const std::string& id, const std::string& name, bool enabled = true,
               const std::string& type = R"("docker.volumedriver/1.0")",
               const std::string& root = "/docker") {
    Write(root + "/plugins/" + id + "/config.json",
          R"({"plugin": {"Id": ")" + id + R"(", "Name": ")" + name + R"(", "Enabled": )" +
              (enabled ? "true" : "false") + R"(, "PluginReference": "docker.io/store/)" + name +
              R"(", "Config": {"PropagatedMount": "/vols", "Interface": {"Socket": "p.sock", "Types": [)" +
              type + R"(]}}}})");
  }

  absl::StatusOr<Plugin> Find(const std::string& name) {
    const auto engine = *transports_.For({});
    return Discovery(places_, *engine, clock_).Find(name, Deadline::Never());
  }
  std::vector<std::string> All() {
    const auto engine = *transports_.For({});
    return Discovery(places_, *engine, clock_).AllNames(Deadline::Never());
  }
  std::string FoundAt(const std::string& name) {
    const auto found = Find(name);
    return found.ok() ? found->found_at.substr(home_.size()) : std::string(found.status().message());
  }

  std::string home_;
  PluginPlaces places_;
  JumpingClock clock_;
  ScriptedTransports transports_;
};

TEST_F(DiscoveryTest, LooksInDockersOrder) {
  const std::vector<std::string> order = {"/run/x.sock", "/run/x/x.sock", "/etc/x.spec", "/etc/x/x.spec",
                                          "/etc/x.json", "/etc/x/x.json", "/lib/x.spec", "/lib/x/x.spec",
                                          "/lib/x.json", "/lib/x/x.json"};
  for (const std::string& path : order) {
    if (path.ends_with(".sock")) {
      Socket(path);
    } else {
      Write(path, path.ends_with(".json") ? R"({"Addr": "tcp://127.0.0.1:1"})" : "tcp://127.0.0.1:1");
    }
  }
  for (const std::string& path : order) {
    EXPECT_EQ(FoundAt("x"), path);
    fs::remove(home_ + path);
  }
  EXPECT_EQ(Find("x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DiscoveryTest, ANameWithASlashIsAPath) {
  Socket("/run/rexray/ebs.sock");
  EXPECT_EQ(FoundAt("rexray/ebs"), "/run/rexray/ebs.sock");
}

TEST_F(DiscoveryTest, WhatIsNotASocketIsNotAPlugin) {
  Write("/run/x.sock", "");
  EXPECT_EQ(Find("x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DiscoveryTest, AFileInPlaceOfADirectoryHidesNothing) {
  Write("/etc/x", "");
  Write("/lib/x.spec", "tcp://127.0.0.1:1");
  EXPECT_EQ(FoundAt("x"), "/lib/x.spec");
}

TEST_F(DiscoveryTest, ABadSpecFileEndsTheSearchWithItsName) {
  Write("/etc/x.spec", "nonsense");
  Write("/lib/x.spec", "tcp://127.0.0.1:1");
  EXPECT_EQ(Find("x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(FoundAt("x"), HasSubstr(home_ + "/etc/x.spec: "));
}

TEST_F(DiscoveryTest, AFifoInPlaceOfASpecFileBlocksNobody) {
  ASSERT_EQ(mkfifo((home_ + "/etc/x.spec").c_str(), 0600), 0);
  EXPECT_EQ(Find("x").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DiscoveryTest, RefusesNamesThatLeaveTheDirectories) {
  Socket("/evil.sock");
  EXPECT_EQ(Find("../evil").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DiscoveryTest, NotFoundNamesThePlaces) {
  EXPECT_THAT(FoundAt("x"),
              AllOf(HasSubstr("plugin not found (looked"), HasSubstr(home_ + "/run"),
                    HasSubstr(home_ + "/etc, " + home_ + "/lib"), HasSubstr(home_ + "/docker/plugins")));
}

TEST_F(DiscoveryTest, FindsManagedPlugins) {
  Install(kIdA, "rexray/ebs:latest");
  EXPECT_THAT(FoundAt("rexray/ebs"), HasSubstr("its socket p.sock is not there"));
  Socket("/run/" + kIdA + "/p.sock");
  for (const std::string& name :
       {std::string("rexray/ebs"), std::string("rexray/ebs:latest"), std::string("docker.io/rexray/ebs"),
        std::string("store/rexray/ebs"), std::string("docker.io/store/rexray/ebs:latest"), kIdA,
        kIdA.substr(0, 12)}) {
    const auto found = Find(name);
    ASSERT_TRUE(found.ok()) << name << ": " << found.status();
    EXPECT_EQ(found->managed->id, kIdA);
    EXPECT_EQ(found->managed->rootfs, home_ + "/docker/plugins/" + kIdA + "/rootfs");
    EXPECT_EQ(found->managed->propagated_mount, "/vols");
  }
  for (const char* name : {"rexray", "ebs", "rexray/ebs:0.11", "aaa", "rexray/eb"}) {
    EXPECT_EQ(Find(name).status().code(), absl::StatusCode::kNotFound) << name;
  }
}

TEST_F(DiscoveryTest, SeveralManagedPluginsAreAnErrorUnlessOneIsMeant) {
  Install(kIdA, "rexray/ebs:1");
  Install(kIdB, "rexray/ebs:2");
  Socket("/run/" + kIdA + "/p.sock");
  Socket("/run/" + kIdB + "/p.sock");
  EXPECT_EQ(Find("rexray/ebs").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(FoundAt("rexray/ebs"), AllOf(HasSubstr(kIdA), HasSubstr(kIdB)));
  EXPECT_EQ(Find("rexray/ebs:2")->managed->id, kIdB);
  Install(kIdB, "rexray/ebs:2", false);
  EXPECT_EQ(Find("rexray/ebs")->managed->id, kIdA);
  EXPECT_THAT(FoundAt("rexray/ebs:2"), HasSubstr("docker plugin enable rexray/ebs:2"));
}

TEST_F(DiscoveryTest, OtherKindsOfManagedPluginsAreNotVolumePlugins) {
  Install(kIdA, "net:latest", true, R"("docker.networkdriver/1.0")");
  Install(kIdB, "vol:latest", true,
          R"({"Prefix": "docker", "Capability": "volumedriver", "Version": "1.0"})");
  Socket("/run/" + kIdA + "/p.sock");
  Socket("/run/" + kIdB + "/p.sock");
  EXPECT_FALSE(Find("net").ok());
  EXPECT_TRUE(Find("vol").ok());
}

TEST_F(DiscoveryTest, ReadsDockersRootFromItsConfiguration) {
  Install(kIdA, "vol:latest", true, R"("docker.volumedriver/1.0")", "/elsewhere");
  Socket("/run/" + kIdA + "/p.sock");
  EXPECT_FALSE(Find("vol").ok());
  for (const char* key : {"data-root", "graph"}) {
    Write("/daemon.json", std::string("{\"") + key + "\": \"" + home_ + "/elsewhere\"}");
    EXPECT_TRUE(Find("vol").ok()) << key;
  }
  Write("/daemon.json", "{");
  EXPECT_FALSE(Find("vol").ok());
  places_.docker_root = home_ + "/elsewhere";
  EXPECT_TRUE(Find("vol").ok());
}

TEST_F(DiscoveryTest, AsksTheEngineOnlyWhenTheFilesDoNotExplainAPlugin) {
  EXPECT_FALSE(Find("vol").ok());
  EXPECT_THAT(transports_.calls(), IsEmpty());
  Socket("/run/" + kIdA + "/p.sock");
  transports_.Answer("/plugins",
                     R"([{"Id": ")" + kIdA + R"(", "Name": "vol:latest", "Enabled": true, "Config":
      {"PropagatedMount": "/vols", "Interface": {"Socket": "p.sock", "Types": ["docker.volumedriver/1.0"]}}}])");
  transports_.Answer("/info", R"({"DockerRootDir": "/data/docker"})");
  const auto found = Find("vol");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->managed->rootfs, "/data/docker/plugins/" + kIdA + "/rootfs");
  EXPECT_LE(transports_.calls()[0].deadline.at() - clock_.Now(), std::chrono::seconds(5));
}

TEST_F(DiscoveryTest, AnEngineThatFailsLeavesNotFound) {
  Socket("/run/" + kIdA + "/p.sock");
  transports_.Fail("/plugins", absl::UnavailableError("refused"));
  EXPECT_EQ(Find("vol").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DiscoveryTest, AnEngineCannotPointOutOfTheDirectories) {
  Socket("/run/" + kIdA + "/p.sock");
  transports_.Answer("/plugins",
                     R"([{"Id": ")" + kIdA + R"(", "Name": "vol:latest", "Enabled": true, "Config":
      {"Interface": {"Socket": "../../evil.sock", "Types": ["docker.volumedriver/1.0"]}}}])");
  transports_.Answer("/info", R"({"DockerRootDir": "/data/docker"})");
  Socket("/evil.sock");
  EXPECT_FALSE(Find("vol").ok());
}

TEST_F(DiscoveryTest, ListsEveryNameOnce) {
  Socket("/run/a.sock");
  Socket("/run/b/b.sock");
  Write("/run/c.sock", "");
  Write("/etc/a.spec", "x");
  Write("/etc/d.spec", "x");
  Write("/lib/e/e.json", "x");
  Write("/lib/f.txt", "x");
  Install(kIdA, "vol:latest");
  Install(kIdB, "off:latest", false);
  EXPECT_THAT(All(), ElementsAre("a", "b", "d", "e", "vol:latest"));
}

TEST(RootlessPlaces, ComeBeforeTheSystems) {
  const PluginPlaces places =
      RootlessPlaces({.home = "/home/u", .runtime_dir = "/run/user/1", .config_home = "", .data_home = ""});
  EXPECT_THAT(places.socket_dirs, ElementsAre("/run/user/1/docker/plugins", "/run/docker/plugins"));
  EXPECT_THAT(places.spec_dirs,
              ElementsAre("/home/u/.config/docker/plugins", "/home/u/.local/lib/docker/plugins",
                          "/etc/docker/plugins", "/usr/lib/docker/plugins"));
  EXPECT_EQ(places.default_docker_root, "/home/u/.local/share/docker");
  EXPECT_EQ(places.docker_socket, "/run/user/1/docker.sock");
  EXPECT_EQ(places.daemon_json, "/home/u/.config/docker/daemon.json");
  EXPECT_EQ(
      RootlessPlaces({.home = "/h", .runtime_dir = "", .config_home = "/c", .data_home = "/d"}).spec_dirs[0],
      "/c/docker/plugins");
}

TEST(RootlessPlaces, WithoutVariablesOrWithRelativeOnesAreTheSystems) {
  for (const char* value : {"", "relative"}) {
    const PluginPlaces places =
        RootlessPlaces({.home = value, .runtime_dir = value, .config_home = value, .data_home = value});
    EXPECT_EQ(places.socket_dirs, SystemPlaces().socket_dirs);
    EXPECT_EQ(places.spec_dirs, SystemPlaces().spec_dirs);
    EXPECT_EQ(places.default_docker_root, "/var/lib/docker");
  }
}

}  // namespace
}  // namespace rexray::dvdi
