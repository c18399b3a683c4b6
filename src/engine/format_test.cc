#include "gmock/gmock.h"

#include "engine/format_rule.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using drivers::fake::DiskContent;
using ::testing::HasSubstr;

host::ProbeResult Found(const std::string& fs_type, const std::string& description) {
  host::ProbeResult probe;
  probe.fs_type = fs_type;
  probe.description = description;
  return probe;
}

TEST(FormatRuleTest, EmptyIsMade) {
  host::ProbeResult empty;
  empty.empty = true;
  EXPECT_EQ(*MustFormat(empty, false, "v", "/dev/x"), true) << "a blank volume that somebody else made";
  EXPECT_EQ(*MustFormat(empty, true, "v", "/dev/x"), true);
}

TEST(FormatRuleTest, WhatIsMountableIsMounted) {
  for (const char* type : {"ext2", "ext3", "ext4", "xfs", "btrfs"}) {
    EXPECT_EQ(*MustFormat(Found(type, type), false, "v", "/dev/x"), false) << type;
  }
}

TEST(FormatRuleTest, OthersAreRefusedByName) {
  for (const char* type : {"crypto_LUKS", "LVM2_member", "linux_raid_member", "swap", "zfs_member", "bcache",
                           "ntfs", "vfat", "iso9660", "oracleasm"}) {
    for (const bool mark : {false, true}) {
      const auto rule = MustFormat(Found(type, std::string("a thing of type ") + type), mark, "v", "/dev/x");
      ASSERT_FALSE(rule.ok()) << type;
      EXPECT_EQ(rule.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(std::string(MessageOf(rule.status())), HasSubstr(type));
      EXPECT_THAT(std::string(MessageOf(rule.status())), HasSubstr("\"v\""));
    }
  }
}

TEST(FormatRuleTest, TablesAndAmbiguityAreRefusedEvenUnderTheMark) {
  host::ProbeResult table;
  table.partition_table = "gpt";
  table.description = "a GPT partition table";
  EXPECT_FALSE(MustFormat(table, true, "v", "/dev/x").ok());
  host::ProbeResult two = Found("", "more than one signature");
  two.ambivalent = true;
  EXPECT_FALSE(MustFormat(two, true, "v", "/dev/x").ok());
  EXPECT_FALSE(MustFormat(two, false, "v", "/dev/x").ok());
}

TEST(FormatRuleTest, UnknownDataIsMadeAgainOnlyUnderTheMark) {
  const host::ProbeResult unknown = Found("", "data that is no known format");
  EXPECT_FALSE(MustFormat(unknown, false, "v", "/dev/x").ok());
  EXPECT_EQ(*MustFormat(unknown, true, "v", "/dev/x"), true);
  EXPECT_EQ(*MustFormat(Found("ext4", "an ext4"), true, "v", "/dev/x"), true);
}

class FormatTest : public EngineFixture {};

TEST_F(FormatTest, AHalfMadeFileSystemIsMadeAgainWhileTheMarkStands) {
  const std::string id = Create("v");
  host().FailNextMakeHalfway(absl::InternalError("mkfs was killed"));
  ASSERT_FALSE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(cloud().DiskOf(id)->content().kind, DiskContent::Kind::kOther);
  const Path path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_FALSE(cloud().Find(id)->blank);
}

TEST_F(FormatTest, DataWithoutAMarkIsNeverTouched) {
  Volume foreign;
  foreign.name = "foreign";
  const std::string id = cloud().AddVolume(foreign).key.id;
  const DiskContent data = DiskContent::Other("an Oracle-like header");
  cloud().DiskOf(id)->set_content(data);
  const Path path = Mount("foreign", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("an Oracle-like header"));
  EXPECT_EQ(cloud().DiskOf(id)->content(), data);
  EXPECT_EQ(host().calls().Count("Make"), 0);
  EXPECT_FALSE(AttachedHere(id));
}

TEST_F(FormatTest, AMarkThatAnotherNodeClearedCountsNoMore) {
  const std::string id = Create("v");
  ASSERT_TRUE(View("v").volume.blank) << "our cache says blank";
  // The other node makes a file system, clears the mark, writes, and lets go.
  auto other = cloud().DriverFor("node-b");
  const DiskContent data = DiskContent::FileSystem("ext4");
  cloud().DiskOf(id)->set_content(data);
  ASSERT_EQ(other->ClearBlankMark({}, id), absl::OkStatus());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(host().calls().Count("Make"), 0);
  EXPECT_EQ(cloud().DiskOf(id)->content().uuid, data.uuid);
}

TEST_F(FormatTest, TheMarkGoesBeforeAPersonGetsTheDevice) {
  const std::string id = Create("v");
  Pending<absl::StatusOr<VolumeView>> attached;
  engine().Attach(Named("v"), false, Soon(), attached.Done());
  ASSERT_TRUE(attached.Wait().ok());
  EXPECT_FALSE(cloud().Find(id)->blank);
  const DiskContent mine = DiskContent::FileSystem("xfs");  // mkfs.xfs by hand
  cloud().DiskOf(id)->set_content(mine);
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(cloud().DiskOf(id)->content().uuid, mine.uuid);
  EXPECT_EQ(host().MountRequests().back().fs_type, "xfs") << "mounted as what it is";
}

TEST_F(FormatTest, TheTypeComesFromTheCallThenTheVolumeThenTheService) {
  service_.default_fs_type = "btrfs";
  Volume bare;
  bare.name = "bare";
  cloud().AddVolume(bare);
  ASSERT_TRUE(Mount("bare", CliConsumer()).ok());
  EXPECT_EQ(host().MakeRequests().back().second.fs_type, "btrfs");
  CreateSpec spec;
  spec.name = "a";
  spec.fs_type = "xfs";
  ASSERT_TRUE(CreateSync(spec).ok());
  spec.name = "b";
  ASSERT_TRUE(CreateSync(spec).ok());
  ASSERT_TRUE(Mount("a", CliConsumer()).ok());
  EXPECT_EQ(host().MakeRequests().back().second.fs_type, "xfs");
  MountSpec how;
  how.fs_type = "ext4";
  ASSERT_TRUE(Mount("b", CliConsumer(), how).ok());
  EXPECT_EQ(host().MakeRequests().back().second.fs_type, "ext4");
  how.fs_type = "reiserfs";
  Create("c");
  const Path refused = Mount("c", CliConsumer(), how);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("reiserfs"));
}

}  // namespace
}  // namespace rexray::engine
