#include "cli/rexray/setting_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using Settings = std::map<std::string, std::string>;

TEST(SettingFlags, AreTakenOutWhereverTheyStand) {
  std::vector<std::string> words = {"--awsRegion", "eu-1", "volume", "ls", "--DockerSize=20", "-f", "json"};
  Settings settings;
  ASSERT_TRUE(TakeSettingFlags(&words, &settings).ok());
  EXPECT_THAT(words, ElementsAre("volume", "ls", "-f", "json"));
  EXPECT_THAT(settings, ElementsAre(Pair("docker.size", "20"), Pair("ebs.region", "eu-1")));
}

TEST(SettingFlags, YesOrNoNeedsNoValue) {
  std::vector<std::string> words = {"--rexrayVolumeRemoveDisable", "start", "--isilonInsecure", "-f",
                                    "--libstorageIntegrationVolumeOperationsCreateDisable=false"};
  Settings settings;
  ASSERT_TRUE(TakeSettingFlags(&words, &settings).ok());
  EXPECT_THAT(words, ElementsAre("start", "-f"));
  EXPECT_THAT(settings,
              ElementsAre(Pair("isilon.insecure", "true"), Pair("rexray.volume.create.disable", "false"),
                          Pair("rexray.volume.remove.disable", "true")));
}

TEST(SettingFlags, TheGrammarsOwnStay) {
  std::vector<std::string> words = {"--logLevel", "debug", "--preempt", "--size", "5", "--", "--dockerSize"};
  const std::vector<std::string> before = words;
  Settings settings;
  ASSERT_TRUE(TakeSettingFlags(&words, &settings).ok());
  EXPECT_EQ(words, before);
  EXPECT_THAT(settings, IsEmpty());
}

TEST(SettingFlags, AMissingValueIsAnError) {
  std::vector<std::string> words = {"start", "--dockerSize"};
  Settings settings;
  const absl::Status status = TakeSettingFlags(&words, &settings);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("docker.size"));
}

}  // namespace
}  // namespace rexray::cli
