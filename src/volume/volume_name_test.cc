#include "volume/volume_name.h"

#include "gtest/gtest.h"

#include "base/status.h"

namespace rexray {
namespace {

using std::string_literals::operator""s;

TEST(VolumeName, TakesWhatDockerTakesAndSingleLetters) {
  for (const std::string& name : {"a"s, "0"s, "pgdata"s, "A-b_c.d"s, "a..b"s, "9-"s, std::string(128, 'x')}) {
    EXPECT_TRUE(ValidateVolumeName(name).ok()) << name;
  }
}

struct BadName {
  std::string name;
  std::string why;
};

TEST(VolumeName, RefusesWhatCouldLeaveItsDirectoryAndSaysWhichRule) {
  const BadName names[] = {
      {"", "is empty"},
      {".", "does not begin with"},
      {"..", "does not begin with"},
      {"../x", "does not begin with"},
      {"-rf", "does not begin with"},
      {"_x", "does not begin with"},
      {"/etc", "does not begin with"},
      {"a/b", "holds \"/\""},
      {"a b", "holds \" \""},
      {"a\0b"s, "holds \"\\x00\""},
      {"a\nb", "holds \"\\x0a\""},
      {"a:b", "holds \":\""},
      {"caf\xc3\xa9", "holds \"\\xc3\""},
      {std::string(129, 'x'), "has 129 bytes; at most 128"},
  };
  for (const BadName& bad : names) {
    const absl::Status status = ValidateVolumeName(bad.name);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.name;
    EXPECT_NE(MessageOf(status).find(bad.why), std::string_view::npos) << status;
  }
}

TEST(ServiceName, IsShorter) {
  EXPECT_TRUE(ValidateServiceName(std::string(64, 's')).ok());
  const absl::Status status = ValidateServiceName(std::string(65, 's'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(MessageOf(status).find("service name"), std::string_view::npos);
  EXPECT_FALSE(ValidateServiceName("a/b").ok());
}

TEST(Printable, KeepsTextAndEscapesWhatWouldSpoilALine) {
  EXPECT_EQ(Printable("plain"), "plain");
  EXPECT_EQ(Printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(Printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(Printable("\0x"s), "\\x00x");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b") << "C1 control";
  EXPECT_EQ(Printable("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "right-to-left override";
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("\xff"), "\\xff");
  EXPECT_EQ(Printable("a\xc3"), "a\\xc3") << "cut short";
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(Printable("\xe0\x80\x80"), "\\xe0\\x80\\x80") << "overlong";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
}

TEST(Printable, IsCutAt128BytesBetweenCharacters) {
  EXPECT_EQ(Printable(std::string(128, 'x')), std::string(128, 'x'));
  EXPECT_EQ(Printable(std::string(129, 'x')), std::string(128, 'x') + "…");
  EXPECT_EQ(Printable(std::string(127, 'x') + "\xc3\xa9"), std::string(127, 'x') + "…");
}

}  // namespace
}  // namespace rexray
