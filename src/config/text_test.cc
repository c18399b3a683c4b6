#include "config/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rexray::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, EditDistanceCountsSwapsAsOne) {
  EXPECT_EQ(EditDistance("loglevel", "loglevel", 3), 0u);
  EXPECT_EQ(EditDistance("loglevle", "loglevel", 3), 1u);
  EXPECT_EQ(EditDistance("logevel", "loglevel", 3), 1u);
  EXPECT_EQ(EditDistance("loggleval", "loglevel", 3), 2u);
  EXPECT_EQ(EditDistance("", "abc", 3), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 9), 3u);
  EXPECT_EQ(EditDistance("abcdef", "uvwxyz", 3), 4u) << "gives up above the limit";
  EXPECT_EQ(EditDistance("a", "abcdef", 3), 4u);
}

TEST(Text, Words) {
  EXPECT_THAT(SplitWords("  a\tb \n c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(SplitWords(" \t"), IsEmpty());
}

TEST(Text, QuotedIsOneSafeLine) {
  EXPECT_EQ(Quoted("naïve"), "\"naïve\"");
  EXPECT_EQ(Quoted("a\nb\x1b[31m\x7f\xff"), "\"a\\x0ab\\x1b[31m\\x7f\\xff\"");
  EXPECT_EQ(Quoted(std::string(80, 'x')), "\"" + std::string(64, 'x') + "…\"");
}

TEST(Text, FindsWhatIsNotText) {
  constexpr size_t kNone = std::string_view::npos;
  EXPECT_EQ(FindNotText("plain\ttext\r\n ü € 😀"), kNone);
  EXPECT_EQ(FindNotText(std::string_view("a\0b", 3)), 1u);
  for (const char* bad : {"\x1f", "\x7f", "\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(FindNotText(std::string("ok") + bad), 2u) << Quoted(bad);
  }
}

}  // namespace
}  // namespace rexray::config
