#include <sys/sysmacros.h>

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "host/mounter.h"

namespace rexray::host {
namespace {

std::vector<MountEntry> Parsed(std::string_view text) {
  auto mounts = ParseMountInfo(text);
  EXPECT_TRUE(mounts.ok()) << mounts.status();
  return mounts.value_or(std::vector<MountEntry>{});
}

TEST(MountInfo, ReadsEachField) {
  const auto mounts = Parsed(
      "36 35 98:1 /mnt1 /mnt2 rw,noatime master:1 shared:7 unbindable propagate_from:2 - ext4 /dev/root "
      "rw,errors=continue\n");
  ASSERT_EQ(mounts.size(), 1u);
  const MountEntry& entry = mounts[0];
  EXPECT_EQ(entry.id, 36);
  EXPECT_EQ(entry.parent, 35);
  EXPECT_EQ(entry.device, ::makedev(98, 1));
  EXPECT_EQ(entry.root, "/mnt1");
  EXPECT_EQ(entry.target, "/mnt2");
  EXPECT_EQ(entry.options, "rw,noatime");
  EXPECT_EQ(entry.fs_type, "ext4");
  EXPECT_EQ(entry.source, "/dev/root");
  EXPECT_EQ(entry.super_options, "rw,errors=continue");
  EXPECT_EQ(entry.peer_group, 7);
  EXPECT_EQ(entry.master_group, 1);
}

TEST(MountInfo, WithoutTagsAndWithBigNumbers) {
  const auto mounts = Parsed("2147483647 1 4095:1048575 / /x rw - tmpfs  rw");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].device, ::makedev(4095, 1048575));
  EXPECT_EQ(mounts[0].source, "") << "an empty source leaves two blanks";
  EXPECT_EQ(mounts[0].peer_group, 0);
  EXPECT_EQ(mounts[0].master_group, 0);
}

TEST(MountInfo, DecodesOctalEscapes) {
  const auto mounts = Parsed(
      "1 1 0:1 / /a\\040b\\011c\\012d\\134e rw - fuse.x s\\043p\\040q rw,name=a\\040b\n"
      "2 1 0:1 / /caf\xc3\xa9\\ rw - t s rw\n"
      "3 1 0:1 / /\\04\\9\\777 rw - t s rw\n");
  ASSERT_EQ(mounts.size(), 3u);
  EXPECT_EQ(mounts[0].target, "/a b\tc\nd\\e");
  EXPECT_EQ(mounts[0].source, "s#p q");
  EXPECT_EQ(mounts[0].super_options, "rw,name=a b");
  EXPECT_EQ(mounts[1].target, "/caf\xc3\xa9\\");
  EXPECT_EQ(mounts[2].target, "/\\04\\9\\777") << "no escape of the kernel's: left as it is";
}

TEST(MountInfo, RefusesWhatTheKernelNeverWrites) {
  for (const char* line :
       {"x", "1", "1 2 0:1 / /x rw", "1 2 0:1 / /x rw shared:1", "1 2 0:1 / /x rw -",
        "1 2 0:1 / /x rw - ext4", "1 2 0:1 / /x rw - ext4 s", "a 2 0:1 / /x rw - t s rw",
        "1 -2 0:1 / /x rw - t s rw", "1 2 01 / /x rw - t s rw", "1 2 0:x / /x rw - t s rw",
        "1 2 0: / /x rw - t s rw", "1 2 0:1 / /x rw shared: - t s rw", "1 2 0:1 / /x rw shared:x - t s rw",
        "99999999999 2 0:1 / /x rw - t s rw", " 1 2 0:1 / /x rw - t s rw"}) {
    const auto mounts = ParseMountInfo(std::string("1 1 0:1 / / rw - t s rw\n") + line + "\n");
    ASSERT_FALSE(mounts.ok()) << line;
    EXPECT_THAT(mounts.status().ToString(), testing::HasSubstr("line 2 of mountinfo"));
  }
}

TEST(MountInfo, EmptyTextHasNoMounts) {
  EXPECT_TRUE(Parsed("").empty());
  EXPECT_TRUE(Parsed("\n\n").empty());
}

// Reads any bytes without harm, and whatever it accepts has a target for each line.
TEST(MountInfo, SurvivesAnyText) {
  std::mt19937 random(20150801);
  const std::string_view alphabet = "0123456789:/-\\ \n\tabcshared:master: - rw 98:1 /x ";
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 == 0 ? "" : "36 35 98:0 / /mnt rw shared:1 - ext4 /dev/x rw\n";
    if (text.empty()) {
      for (size_t i = random() % 200; i > 0; --i) {
        text += round % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
      }
    } else {
      for (int flips = 0; flips < 3; ++flips) text[random() % text.size()] = static_cast<char>(random());
      text.resize(random() % (text.size() + 1));
    }
    const auto mounts = ParseMountInfo(text);
    if (mounts.ok()) {
      EXPECT_LE(mounts->size(), 1u + static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
    }
  }
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool special = c == ' ' || c == '\t' || c == '\n' || c == '\\' || c == '#';
    const auto byte = static_cast<unsigned char>(c);
    if (special) {
      out += {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
              static_cast<char>('0' + byte % 8)};
    } else {
      out += c;
    }
  }
  return out;
}

TEST(MountInfo, ReadsBackAnyPathThatTheKernelCanWrite) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string target = "/";
    for (size_t i = random() % 40; i > 0; --i) target += static_cast<char>(random() % 255 + 1);
    const auto mounts =
        Parsed("5 4 7:3 / " + Escaped(target) + " rw,relatime shared:3 - xfs /dev/loop3 rw\n");
    ASSERT_EQ(mounts.size(), 1u);
    EXPECT_EQ(mounts[0].target, target);
  }
}

TEST(FindMount, TakesTheTopmostAndTheWholePath) {
  const auto mounts = Parsed(
      "1 0 0:1 / / rw - t a rw\n"
      "2 1 0:2 / /mnt rw - t lower rw\n"
      "3 2 0:3 / /mnt rw - t upper rw\n"
      "4 1 0:2 /sub /mnt2 rw - t lower rw\n");
  EXPECT_EQ(FindMount(mounts, "/mnt")->source, "upper");
  EXPECT_FALSE(FindMount(mounts, "/mn"));
  EXPECT_FALSE(FindMount(mounts, "/mnt/"));
  const auto same = MountsOfDevice(mounts, ::makedev(0, 2));
  ASSERT_EQ(same.size(), 2u);
  EXPECT_EQ(same[0].target, "/mnt");
  EXPECT_EQ(same[1].root, "/sub");
}

}  // namespace
}  // namespace rexray::host
