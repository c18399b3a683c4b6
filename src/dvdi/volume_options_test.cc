#include "dvdi/volume_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::dvdi {
namespace {

using Options = std::map<std::string, std::string>;

Options Parsed(std::vector<std::string> occurrences) {
  Options options;
  for (const std::string& text : occurrences) {
    const absl::Status status = AddVolumeOptions(text, options);
    EXPECT_TRUE(status.ok()) << status;
  }
  return options;
}

TEST(AddVolumeOptions, SplitsAtCommasAndAtTheFirstEquals) {
  EXPECT_EQ(Parsed({"size=5", "iops=100"}), Parsed({"size=5,iops=100"}));
  EXPECT_EQ(Parsed({"k=a=b"}), (Options{{"k", "a=b"}}));
  EXPECT_EQ(Parsed({"k=dGVzdA=="}), (Options{{"k", "dGVzdA=="}}));
  EXPECT_EQ(Parsed({"a="}), (Options{{"a", ""}}));
  EXPECT_EQ(Parsed({"=v"}), (Options{{"", "v"}}));
  EXPECT_EQ(Parsed({"a=1,a=2"}), (Options{{"a", "2"}}));
  EXPECT_EQ(Parsed({" a = 1 "}), (Options{{" a ", " 1 "}}));
}

TEST(AddVolumeOptions, AValueCanHaveCommas) {
  EXPECT_EQ(Parsed({"zones=a,b,size=5"}), (Options{{"zones", "a,b"}, {"size", "5"}}));
  EXPECT_EQ(Parsed({"a=1,"}), (Options{{"a", "1,"}}));
  EXPECT_EQ(Parsed({"a=,,b"}), (Options{{"a", ",,b"}}));
}

TEST(AddVolumeOptions, AnItemWithoutEqualsIsAnError) {
  for (const char* text : {"", "a", "a,b=1", ","}) {
    Options options;
    EXPECT_EQ(AddVolumeOptions(text, options).code(), absl::StatusCode::kInvalidArgument) << text;
  }
  // A value before it in another occurrence does not count.
  Options options = Parsed({"a=1"});
  EXPECT_FALSE(AddVolumeOptions("b", options).ok());
}

TEST(CheckUtf8, KnowsItsBytes) {
  for (const char* text : {"", "a", "é", "☃", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(CheckUtf8("name", text).ok()) << text;
  }
  for (const char* text : {"\xFF", "\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x98", "\xF0\x80\x80\x80"}) {
    EXPECT_FALSE(CheckUtf8("name", text).ok());
  }
  EXPECT_THAT(std::string(CheckUtf8("volume name", "ab\xFF").message()),
              ::testing::HasSubstr("volume name is not UTF-8 at byte 3"));
}

}  // namespace
}  // namespace rexray::dvdi
