#include "cli/rexray/mount_table.h"

#include <gtest/gtest.h>

namespace rexray::cli {
namespace {

TEST(MountTable, Parses) {
  const auto mounts = ParseMountTable(
      "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/ro\\134ot rw,errors=continue\n"
      "nonsense\n"
      "40 1 0:22 / /sys rw - sysfs sysfs rw");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].id, 36);
  EXPECT_EQ(mounts[0].parent, 35);
  EXPECT_EQ(mounts[0].major, 98);
  EXPECT_EQ(mounts[0].minor, 0);
  EXPECT_EQ(mounts[0].root, "/mnt1");
  EXPECT_EQ(mounts[0].mount_point, "/mnt 2");
  EXPECT_EQ(mounts[0].options, "rw,noatime");
  EXPECT_EQ(mounts[0].optional, "master:1 shared:2");
  EXPECT_EQ(mounts[0].fs_type, "ext3");
  EXPECT_EQ(mounts[0].source, "/dev/ro\\ot");
  EXPECT_EQ(mounts[0].super_options, "rw,errors=continue");
  EXPECT_EQ(mounts[1].optional, "");
  EXPECT_EQ(mounts[1].fs_type, "sysfs");
}

TEST(MountTable, CutLinesAreLeftOut) {
  EXPECT_TRUE(ParseMountTable("36 35 98:0 / /x rw").empty());
  EXPECT_TRUE(ParseMountTable("36 35 98 / /x rw - ext4 a b").empty());
  EXPECT_TRUE(ParseMountTable("").empty());
}

}  // namespace
}  // namespace rexray::cli
