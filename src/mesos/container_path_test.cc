#include "mesos/container_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ContainerPathTest : public testing::Test {
 protected:
  ContainerPathTest() {
    place_.sandbox = folder_.path() + "/sandbox";
    policy_.host_root = folder_.path() + "/host";
    policy_.trusted_user = ::geteuid();
    fs::create_directories(place_.sandbox);
    fs::create_directories(policy_.host_root);
  }

  std::string Resolved(const std::string& path) {
    const auto resolved = ResolveContainerPath(path, place_, policy_);
    EXPECT_TRUE(resolved.ok()) << resolved.status();
    return resolved.ok() ? *resolved : "";
  }
  std::string Refusal(const std::string& path) {
    const auto resolved = ResolveContainerPath(path, place_, policy_);
    EXPECT_FALSE(resolved.ok()) << path << " became " << *resolved;
    return std::string(resolved.status().message());
  }
  void WithImage() {
    place_.rootfs = folder_.path() + "/rootfs";
    fs::create_directories(place_.rootfs);
  }

  TemporaryFolder folder_;
  ContainerPlace place_;
  PathPolicy policy_;
};

TEST_F(ContainerPathTest, RelativeIsMadeInTheSandbox) {
  EXPECT_EQ(Resolved("a/b"), place_.sandbox + "/a/b");
  EXPECT_TRUE(fs::is_directory(place_.sandbox + "/a/b"));
  EXPECT_EQ(Resolved("a/b"), place_.sandbox + "/a/b");
}

TEST_F(ContainerPathTest, DirectoriesInTheSandboxBelongToTheTask) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root to give a directory to another user";
  place_.user = Owner{12345, 12345};
  fs::create_directories(place_.sandbox + "/mine");
  Resolved("mine/b/c");
  const auto owner = [this](const char* name) {
    struct stat status {};
    EXPECT_EQ(::stat((place_.sandbox + name).c_str(), &status), 0);
    return status.st_uid;
  };
  EXPECT_EQ(owner("/mine"), 0u);
  EXPECT_EQ(owner("/mine/b"), 12345u);
  EXPECT_EQ(owner("/mine/b/c"), 12345u);
}

TEST_F(ContainerPathTest, AbsoluteInTheSandboxIsRelative) {
  EXPECT_EQ(Resolved(place_.sandbox + "/x"), place_.sandbox + "/x");
  EXPECT_TRUE(fs::is_directory(place_.sandbox + "/x"));
  EXPECT_THAT(Refusal(place_.sandbox), HasSubstr("the sandbox itself"));
}

TEST_F(ContainerPathTest, FilesAreNotDirectories) {
  std::ofstream(place_.sandbox + "/stdout") << "x";
  EXPECT_THAT(Refusal("stdout"), HasSubstr("not a directory"));
  EXPECT_THAT(Refusal("stdout/x"), HasSubstr("not a directory"));
}

TEST_F(ContainerPathTest, NoLinkInTheSandbox) {
  fs::create_directories(folder_.path() + "/outside");
  fs::create_directory_symlink(folder_.path() + "/outside", place_.sandbox + "/link");
  EXPECT_THAT(Refusal("link"), HasSubstr("symbolic link"));
  EXPECT_THAT(Refusal("link/x"), HasSubstr("symbolic link"));
  EXPECT_FALSE(fs::exists(folder_.path() + "/outside/x"));
}

TEST_F(ContainerPathTest, RelativeWithAnImage) {
  WithImage();
  EXPECT_EQ(Resolved("data"), place_.rootfs + "/mnt/mesos/sandbox/data");
  EXPECT_TRUE(fs::is_directory(place_.sandbox + "/data"));
  EXPECT_EQ(Resolved("/mnt/mesos/sandbox/more"), place_.rootfs + "/mnt/mesos/sandbox/more");
  EXPECT_TRUE(fs::is_directory(place_.sandbox + "/more"));
}

TEST_F(ContainerPathTest, TheSandboxesPlaceInTheImageIsNoLink) {
  WithImage();
  fs::create_directory_symlink("/etc", place_.rootfs + "/mnt");
  EXPECT_THAT(Refusal("data"), HasSubstr("symbolic link"));
}

TEST_F(ContainerPathTest, AbsoluteWithAnImageIsMadeInTheImage) {
  WithImage();
  EXPECT_EQ(Resolved("/var/lib/mysql"), place_.rootfs + "/var/lib/mysql");
  EXPECT_TRUE(fs::is_directory(place_.rootfs + "/var/lib/mysql"));
}

TEST_F(ContainerPathTest, LinksOfAnImageStayInTheImage) {
  WithImage();
  fs::create_directories(place_.rootfs + "/run");
  fs::create_directories(place_.rootfs + "/var");
  fs::create_directory_symlink("/run", place_.rootfs + "/var/run");
  fs::create_directory_symlink("../../../../../..", place_.rootfs + "/var/up");
  fs::create_directory_symlink("loop", place_.rootfs + "/loop");
  EXPECT_EQ(Resolved("/var/run/x"), place_.rootfs + "/run/x");
  EXPECT_EQ(Resolved("/var/up/data"), place_.rootfs + "/data");
  EXPECT_THAT(Refusal("/var/up"), HasSubstr("root of the image"));
  EXPECT_THAT(Refusal("/loop/x"), HasSubstr("too many symbolic links"));
  for (const char* path : {"/proc", "/proc/x", "/sys/x", "/dev/shm"}) {
    EXPECT_THAT(Refusal(path), HasSubstr("of the container")) << path;
  }
}

TEST_F(ContainerPathTest, HostPathsThatTheOperatorAllows) {
  const std::string& host = policy_.host_root;
  fs::create_directories(host + "/var/lib/mysql");
  fs::create_directories(host + "/etc");
  EXPECT_THAT(Refusal("/var/lib/mysql"), HasSubstr("allow_host_paths"));
  policy_.allowed_host_paths = {"/var/lib/mysql", "/srv"};
  EXPECT_EQ(Resolved("/var/lib/mysql"), host + "/var/lib/mysql");
  EXPECT_THAT(Refusal("/var/lib/mysql2"), HasSubstr("system directory"));
  EXPECT_THAT(Refusal("/var/lib/mysql/missing"), HasSubstr("must pre-exist"));
  fs::create_directory_symlink("/etc", host + "/srv");
  EXPECT_THAT(Refusal("/srv"), HasSubstr("it leads to \"/etc\""));
}

TEST_F(ContainerPathTest, AHostLinkToSomewhereHarmless) {
  fs::create_directories(policy_.host_root + "/mnt/big");
  fs::create_directory_symlink("/mnt/big", policy_.host_root + "/data");
  EXPECT_EQ(Resolved("/data"), policy_.host_root + "/mnt/big");
}

TEST(SystemPathTest, WhatIsOne) {
  for (const char* path : {"/", "/etc", "/etc/x", "/usr/local", "/var", "/opt", "/opt/mesosphere"}) {
    EXPECT_TRUE(IsSystemPath(path)) << path;
  }
  for (const char* path : {"/data", "/etcetera", "/opt/app", "/mnt", "/srv/x", "/tmp/x", "/home"}) {
    EXPECT_FALSE(IsSystemPath(path)) << path;
  }
}

}  // namespace
}  // namespace rexray::mesos
