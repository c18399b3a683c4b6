#include "volume/mount_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"

namespace rexray {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Parsed(std::string_view text) {
  auto options = ParseMountOptions(text);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.value_or(std::vector<std::string>{"error"});
}

TEST(MountOptions, AreSplitAtCommas) {
  EXPECT_THAT(Parsed(""), IsEmpty());
  EXPECT_THAT(Parsed("noatime"), ElementsAre("noatime"));
  EXPECT_THAT(Parsed("noatime,data=journal"), ElementsAre("noatime", "data=journal"));
  EXPECT_THAT(Parsed(" noatime , ,nodiratime,"), ElementsAre("noatime", "nodiratime"));
  EXPECT_THAT(Parsed("context=\"system_u:object_r:tmp_t:s0:c127,c456\",ro"),
              ElementsAre("context=\"system_u:object_r:tmp_t:s0:c127,c456\"", "ro"));
}

TEST(MountOptions, FstabWordsThatMountIgnoresAreDropped) {
  EXPECT_THAT(Parsed("defaults,_netdev,nofail,noauto,x-systemd.device-timeout=5,noatime"),
              ElementsAre("noatime"));
}

TEST(MountOptions, ThatChangeWhatIsMountedOrWhereAreRefusedByName) {
  for (const char* option : {"bind",
                             "rbind",
                             "move",
                             "remount",
                             "loop",
                             "loop=/dev/loop7",
                             "offset=4096",
                             "sizelimit=1",
                             "shared",
                             "rshared",
                             "private",
                             "rprivate",
                             "slave",
                             "rslave",
                             "unbindable",
                             "runbindable",
                             "X-mount.mkdir",
                             "X-mount.subdir=x",
                             "helper=x",
                             "uhelper=udisks",
                             "device=/dev/sda",
                             "subvol=/x",
                             "subvolid=5",
                             "sb=8193",
                             "logdev=/dev/sdb",
                             "rtdev=/dev/sdb",
                             "journal_path=/dev/sdb",
                             "journal_dev=0x801",
                             "verity.hashdevice=/x",
                             "user",
                             "users"}) {
    for (const std::string& text : {std::string(option), "noatime," + std::string(option)}) {
      auto options = ParseMountOptions(text);
      EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument) << text;
      EXPECT_THAT(std::string(MessageOf(options.status())), HasSubstr('"' + std::string(option) + '"'));
    }
  }
}

TEST(MountOptions, ThatOnlyBeginLikeARefusedOnePass) {
  EXPECT_THAT(Parsed("sharedcache,looping,userxattr,usrquota"),
              ElementsAre("sharedcache", "looping", "userxattr", "usrquota"));
}

TEST(MountOptions, BadTextIsRefused) {
  for (const std::string& text :
       {std::string("no\natime"), std::string("a\0b", 3), std::string("\x7f"), std::string("caf\xc3\xa9"),
        std::string("noatime nodiratime"), std::string("=x"), std::string("context=\"open"),
        std::string(257, 'a'), std::string(2049, ',')}) {
    EXPECT_EQ(ParseMountOptions(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(FsType, ThoseThatWeMakeOrTheDefault) {
  for (const char* good : {"", "ext4", "xfs", "btrfs"}) EXPECT_TRUE(ValidateFsType(good).ok()) << good;
  for (const char* bad : {"ext3", "EXT4", "ntfs", "ext4 ", "tmpfs", "../xfs"}) {
    const absl::Status status = ValidateFsType(bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("ext4, xfs or btrfs"));
  }
}

}  // namespace
}  // namespace rexray
