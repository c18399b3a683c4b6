#include "dvdi/plugin.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::dvdi {
namespace {

using ::testing::HasSubstr;

TEST(CheckPluginName, TakesNamesOfPlugins) {
  for (const char* name :
       {"rexray", "rexray/ebs", "rexray/ebs:0.11.4", "docker.io/rexray/ebs", "...", "a..b", "é"}) {
    EXPECT_TRUE(CheckPluginName(name).ok()) << name;
  }
}

TEST(CheckPluginName, RefusesWhatLeavesTheDirectories) {
  const std::string nul("a\0b", 3);
  for (const std::string& name :
       {std::string(), std::string("/x"), std::string("../x"), std::string("x/.."), std::string("x/../y"),
        std::string("./x"), std::string("x//y"), std::string("x/"), std::string("."), std::string(".."),
        std::string("x\n"), nul}) {
    const absl::Status status = CheckPluginName(name);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(std::string(status.message()).find_first_of(std::string("\0\n", 2)), std::string::npos);
  }
}

TEST(CheckMountpoint, TakesAbsoluteNormalisedPaths) {
  EXPECT_EQ(*CheckMountpoint("/mnt/v"), "/mnt/v");
  EXPECT_EQ(*CheckMountpoint("/mnt/v//"), "/mnt/v");
  EXPECT_EQ(*CheckMountpoint("/mnt/a b/..c/é"), "/mnt/a b/..c/é");
}

TEST(CheckMountpoint, RefusesTheRest) {
  for (const char* path :
       {"", "v", "./v", "/", "//", "/mnt/..", "/mnt/../etc", "/./mnt", "//mnt", "/mnt\n/etc"}) {
    EXPECT_EQ(CheckMountpoint(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST(OnThisHost, LeavesOtherPluginsPathsAlone) {
  EXPECT_EQ(OnThisHost(Plugin{}, "/mnt/v"), "/mnt/v");
  EXPECT_EQ(OnThisHost(Plugin{}, ""), "");
}

TEST(OnThisHost, MovesAManagedPluginsPaths) {
  Plugin plugin;
  plugin.managed = ManagedPlugin{"id", "/var/lib/docker/plugins/id/rootfs", "/mnt/volumes"};
  EXPECT_EQ(OnThisHost(plugin, "/mnt/volumes/v"), "/var/lib/docker/plugins/id/propagated-mount/v");
  EXPECT_EQ(OnThisHost(plugin, "/mnt/volumes"), "/var/lib/docker/plugins/id/propagated-mount");
  EXPECT_EQ(OnThisHost(plugin, "/mnt/volumes2/v"), "/var/lib/docker/plugins/id/rootfs/mnt/volumes2/v");
  EXPECT_EQ(OnThisHost(plugin, "/data/v"), "/var/lib/docker/plugins/id/rootfs/data/v");
  EXPECT_EQ(OnThisHost(plugin, ""), "");
  plugin.managed->propagated_mount = "/mnt/volumes/";
  EXPECT_EQ(OnThisHost(plugin, "/mnt/volumes/v"), "/var/lib/docker/plugins/id/propagated-mount/v");
}

}  // namespace
}  // namespace rexray::dvdi
