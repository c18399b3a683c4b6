#include "cli/dvdcli/arguments.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::dvdcli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Arguments Parsed(const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(words);
  EXPECT_TRUE(arguments.ok()) << arguments.status();
  return arguments.ok() ? *arguments : Arguments();
}

std::string Refusal(const std::vector<std::string>& words) {
  const absl::Status status = ParseArguments(words).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ParseArguments, TakesFlagsAnywhereInBothForms) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"mount", "--volumedriver=d", "--volumename=n", "--volumeopts=a=b"},
        {"--volumedriver=d", "--volumename=n", "--volumeopts=a=b", "mount"},
        {"--volumedriver", "d", "mount", "--volumename", "n", "--volumeopts", "a=b"},
        {"--volumedriver=x", "mount", "--volumedriver=d", "--volumename=n", "--volumeopts=a=b", "--"}}) {
    const Arguments arguments = Parsed(words);
    EXPECT_EQ(arguments.command, "mount");
    EXPECT_EQ(arguments.driver, "d");
    EXPECT_EQ(arguments.volume, "n");
    EXPECT_EQ(arguments.options, (std::map<std::string, std::string>{{"a", "b"}}));
    EXPECT_FALSE(arguments.explicit_create);
    EXPECT_EQ(arguments.timeout, seconds(110));
  }
}

TEST(ParseArguments, ValuesAreTakenAsTheyAre) {
  EXPECT_EQ(Parsed({"get", "--volumename="}).volume, "");
  EXPECT_EQ(Parsed({"get", "--volumename", "--help"}).volume, "--help");
  EXPECT_EQ(Parsed({"get", "--volumename=a=b,c"}).volume, "a=b,c");
  EXPECT_THAT(Parsed({"get", "--", "--volumename=x"}).rest, ElementsAre("--volumename=x"));
  EXPECT_EQ(Parsed({"get", "-"}).rest.size(), 1U);
}

TEST(ParseArguments, KnowsBothSpellingsOfExplicitCreate) {
  for (const char* flag : {"--explicitcreate", "--explicitCreate", "--explicitcreate=true",
                           "--explicitCreate=T", "--explicitcreate=1"}) {
    EXPECT_TRUE(Parsed({"mount", flag}).explicit_create) << flag;
  }
  for (const char* flag : {"--explicitcreate=false", "--explicitCreate=0"}) {
    EXPECT_FALSE(Parsed({"mount", flag}).explicit_create) << flag;
  }
  // As with pflag, a boolean flag never takes the next word.
  EXPECT_THAT(Parsed({"mount", "--explicitcreate", "false"}).rest, ElementsAre("false"));
}

TEST(ParseArguments, SaysWhatIsWrongInTheOriginalsWords) {
  EXPECT_EQ(Refusal({"mount", "--x"}), "unknown flag: --x");
  EXPECT_EQ(Refusal({"mount", "--VolumeName=x"}), "unknown flag: --VolumeName");
  EXPECT_EQ(Refusal({"unmount", "--volumeopts=a=b"}), "unknown flag: --volumeopts");
  EXPECT_EQ(Refusal({"unmount", "--explicitcreate"}), "unknown flag: --explicitcreate");
  EXPECT_EQ(Refusal({"--json", "mount"}), "unknown flag: --json");
  EXPECT_EQ(Refusal({"mount", "--volumename"}), "flag needs an argument: --volumename");
  EXPECT_EQ(Refusal({"mount", "--=a"}), "bad flag syntax: --=a");
  EXPECT_EQ(Refusal({"mount", "---a"}), "bad flag syntax: ---a");
  EXPECT_THAT(Refusal({"mount", "--explicitcreate=yes"}),
              StartsWith("invalid argument \"yes\" for --explicitcreate: "));
  EXPECT_THAT(Refusal({"umount"}), StartsWith("unknown command \"umount\" for \"dvdcli\""));
  EXPECT_THAT(Refusal({"mount", "-v"}), StartsWith("unknown shorthand flag: 'v' in -v"));
}

TEST(ParseTimeout, TakesGosDurationsAndSeconds) {
  EXPECT_EQ(*ParseTimeout("90"), seconds(90));
  EXPECT_EQ(*ParseTimeout("90s"), seconds(90));
  EXPECT_EQ(*ParseTimeout("1m30s"), seconds(90));
  EXPECT_EQ(*ParseTimeout("500ms"), milliseconds(500));
  EXPECT_EQ(*ParseTimeout("24h"), seconds(86400));
}

TEST(ParseTimeout, RefusesTheRest) {
  for (const char* text : {"", "0", "0s", "-1s", "s", "1x", "1 s", "1.5s", "25h", "99999999999999999999",
                           "1s5", "9999999h", "+1s"}) {
    EXPECT_FALSE(ParseTimeout(text).ok()) << text;
  }
}

TEST(UsageText, OfACommandHasItsFlagsOnly) {
  EXPECT_THAT(UsageText("mount"), HasSubstr("--explicitcreate"));
  EXPECT_THAT(UsageText("unmount"), ::testing::Not(HasSubstr("--volumeopts")));
  EXPECT_THAT(UsageText("list"), HasSubstr("--json"));
  EXPECT_THAT(UsageText(""), HasSubstr("  unmount    Unmount a volume\n"));
}

}  // namespace
}  // namespace rexray::dvdcli
