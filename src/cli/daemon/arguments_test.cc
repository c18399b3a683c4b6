#include "cli/daemon/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ArgumentsTest, NoneIsFine) {
  const auto arguments = ParseArguments({});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->config_file, std::nullopt);
  EXPECT_EQ(arguments->ready_fd, -1);
  EXPECT_TRUE(arguments->flags.empty());
}

TEST(ArgumentsTest, WhatRexrayStartSends) {
  const auto arguments = ParseArguments(
      {"--config", "/etc/x.yml", "--log-level", "debug", "--ready-fd", "7", "--foreground", "-f"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->config_file, "/etc/x.yml");
  EXPECT_EQ(arguments->ready_fd, 7);
  EXPECT_THAT(arguments->flags, ElementsAre(Pair("rexray.logLevel", "debug")));
}

TEST(ArgumentsTest, WhatTheDoctorSends) {
  const auto arguments = ParseArguments({"--diagnose", "--config", "/etc/x.yml"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_TRUE(arguments->diagnose);
  EXPECT_EQ(arguments->config_file, "/etc/x.yml");
}

TEST(ArgumentsTest, KeysAreFlagsUnderTheirOwnNamesAndRexRays) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--docker.size", "10"},
                                                {"--docker.size=10"},
                                                {"--DOCKER.SIZE=10"},
                                                {"--dockerSize=10"},
                                                {"--dockersize", "10"}}) {
    const auto arguments = ParseArguments(words);
    ASSERT_TRUE(arguments.ok()) << words[0] << ": " << arguments.status();
    EXPECT_THAT(arguments->flags, ElementsAre(Pair("docker.size", "10"))) << words[0];
  }
  EXPECT_THAT(ParseArguments({"-l=warn"})->flags, ElementsAre(Pair("rexray.logLevel", "warn")));
  EXPECT_THAT(ParseArguments({"--logLevel", "warn"})->flags, ElementsAre(Pair("rexray.logLevel", "warn")));
}

TEST(ArgumentsTest, HelpAndVersionNeedNoValue) {
  EXPECT_TRUE(ParseArguments({"--help"})->help);
  EXPECT_TRUE(ParseArguments({"-h"})->help);
  EXPECT_TRUE(ParseArguments({"--version"})->version);
}

TEST(ArgumentsTest, AnythingElseIsAnErrorThatNamesIt) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"start"},
                                                {"--nosuchkey", "1"},
                                                {"--config"},
                                                {"--docker.size"},
                                                {"--ready-fd", "x"},
                                                {"--ready-fd", "-1"},
                                                {"--ready-fd="},
                                                {"-"},
                                                {"--"},
                                                {"---config", "x"},
                                                {"-x", "1"},
                                                {""}}) {
    const auto arguments = ParseArguments(words);
    EXPECT_EQ(arguments.status().code(), absl::StatusCode::kInvalidArgument) << words[0];
  }
  EXPECT_THAT(std::string(MessageOf(ParseArguments({"--nosuchkey", "1"}).status())),
              HasSubstr("--nosuchkey"));
}

}  // namespace
}  // namespace rexray::daemon
