#include "host/mount_words.h"

#include <sys/mount.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::host {
namespace {

TEST(MountWords, FlagsForTheKernelAndWordsForTheFileSystem) {
  const auto words = ParseMountWords({"noatime", "data=journal", "nosuid", "nouuid", "rw"}, false);
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_EQ(words->flags, static_cast<unsigned long>(MS_NOATIME | MS_NOSUID));
  EXPECT_EQ(words->data, "data=journal,nouuid");
}

TEST(MountWords, NoneAndReadOnly) {
  const auto none = ParseMountWords({}, false);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->flags, 0ul);
  EXPECT_EQ(none->data, "");
  EXPECT_EQ(ParseMountWords({"ro"}, false)->flags, static_cast<unsigned long>(MS_RDONLY));
  EXPECT_EQ(ParseMountWords({"rw"}, true)->flags, static_cast<unsigned long>(MS_RDONLY))
      << "the request wins";
}

TEST(MountWords, UserSpaceWordsAreDroppedAndQuotedCommasStay) {
  const auto words =
      ParseMountWords({"_netdev", "nofail", "x-a=b", "context=\"u:o:t:s0:c1,c2\"", "lazytime"}, false);
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_EQ(words->flags, static_cast<unsigned long>(MS_LAZYTIME));
  EXPECT_EQ(words->data, "context=\"u:o:t:s0:c1,c2\"");
}

TEST(MountWords, WhatIsNoPlainMountIsRefused) {
  for (const char* word :
       {"bind", "rbind", "remount", "shared", "rshared", "private", "slave", "unbindable"}) {
    EXPECT_EQ(ParseMountWords({"noatime", word}, false).status().code(), absl::StatusCode::kInvalidArgument)
        << word;
  }
}

TEST(RefusedOption, IsNamedInTheKernelsWords) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: not root: fsopen(2) needs it";
  const auto words = ParseMountWords({"data=ordered", "no_such_thing=1"}, false);
  ASSERT_TRUE(words.ok());
  EXPECT_THAT(RefusedOption("ext4", *words), testing::HasSubstr("\"no_such_thing=1\""));
  EXPECT_EQ(RefusedOption("ext4", *ParseMountWords({"data=ordered"}, false)), "");
}

}  // namespace
}  // namespace rexray::host
