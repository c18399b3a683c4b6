#include "volume/mkfs_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

TEST(ValidateMkfsOptions, AllowsWhatShapesTheFileSystem) {
  const std::pair<const char*, Words> good[] = {
      {"ext4", {}},
      {"ext4", {"-m", "0", "-i", "65536", "-O", "^has_journal,quota", "-T", "largefile"}},
      {"ext4", {"-m0", "-E", "stride=16,stripe_width=64,nodiscard", "-L", "data"}},
      {"ext4", {"-J", "size=64", "-I256"}},
      {"xfs", {"-d", "su=64k,sw=4,agcount=8", "-i", "size=512", "-m", "reflink=1,bigtime=1", "-L", "db"}},
      {"btrfs", {"-d", "single", "--metadata", "dup", "-n", "16k", "--label=x", "--csum", "xxhash"}},
      {"btrfs", {"--mixed"}},
  };
  for (const auto& [fs_type, words] : good) {
    EXPECT_EQ(ValidateMkfsOptions(fs_type, words), absl::OkStatus()) << fs_type;
  }
}

TEST(ValidateMkfsOptions, RefusesWhatMakesItElsewhereOrNotAtAll) {
  const std::pair<const char*, Words> bad[] = {
      {"ext4", {"-n"}},                   // does nothing
      {"ext4", {"-S"}},                   // superblocks only
      {"ext4", {"-E", "offset=4096"}},    // not at the device's beginning
      {"ext4", {"-J", "device=UUID=x"}},  // another device
      {"ext4", {"-O", "journal_dev"}},
      {"ext4", {"-d", "etc"}},  // files of this machine
      {"ext4", {"-t", "ext2"}},
      {"ext4", {"-U", "random"}},
      {"ext4", {"-L", "/etc"}},
      {"ext4", {"-L"}},        // no value
      {"ext4", {"-L", "-n"}},  // an option in the place of a value
      {"ext4", {"/dev/sda"}},
      {"ext4", {"sda"}},
      {"ext4", {"-j1"}},
      {"xfs", {"-N"}},
      {"xfs", {"-d", "size=1g"}},  // not the whole device
      {"xfs", {"-d", "file,name=x"}},
      {"xfs", {"-l", "logdev=x"}},
      {"xfs", {"-l", "internal=0"}},
      {"xfs", {"-r", "rtdev=x"}},
      {"xfs", {"-p", "proto"}},
      {"xfs", {"-m", "uuid=1"}},
      {"btrfs", {"-b", "1g"}},
      {"btrfs", {"--rootdir=etc"}},
      {"btrfs", {"-r", "etc"}},
      {"btrfs", {"-d", "raid1"}},
      {"ext3", {"-m", "0"}},
  };
  for (const auto& [fs_type, words] : bad) {
    EXPECT_EQ(ValidateMkfsOptions(fs_type, words).code(), absl::StatusCode::kInvalidArgument)
        << fs_type << " " << ::testing::PrintToString(words);
  }
}

TEST(ValidateMkfsOptions, SaysWhatIsAllowed) {
  EXPECT_THAT(std::string(ValidateMkfsOptions("ext4", {"-n"}).message()),
              HasSubstr("mkfs option \"-n\" is not allowed for ext4; allowed are"));
  EXPECT_THAT(std::string(ValidateMkfsOptions("ext4", {"-E", "offset=1"}).message()),
              HasSubstr("\"offset=1\" is not allowed for ext4; allowed are stride"));
}

}  // namespace
}  // namespace rexray
