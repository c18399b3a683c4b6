#include "cli/daemon/running_config.h"

#include <gmock/gmock.h>

#include <utility>

#include "base/testing/temporary_directory.h"

namespace rexray::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunningConfigTest : public ::testing::Test {
 protected:
  std::unique_ptr<config::Config> Load(const std::string& yaml) {
    WriteText(home_.Below("config.yml"), yaml);
    config::LoadRequest request;
    request.root = home_.Below("root");
    request.file = home_.Below("config.yml");
    auto loaded = config::Load(request);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }
  static std::string ValueOf(const config::Config& config, const std::string& key) {
    for (const config::EffectiveValue& value : config.Effective()) {
      if (value.key == key) return value.value;
    }
    return "none";
  }
  TemporaryDirectory home_;
};

TEST_F(RunningConfigTest, NothingChangedIsNothing) {
  RunningConfig running(Load("docker: {size: 3}"));
  const auto changes = running.Update(*Load("docker: {size: 3}"));
  EXPECT_THAT(changes.applied, IsEmpty());
  EXPECT_THAT(changes.need_restart, IsEmpty());
}

TEST_F(RunningConfigTest, AppliesWhatMayChangeAndNamesTheRest) {
  RunningConfig running(Load("docker: {size: 3}\nlinux.volume.rootPath: /a"));
  const auto changes = running.Update(
      *Load("docker: {size: 4, tags: [a=b]}\nlinux.volume.rootPath: /b\nrexray.volume.mount.preempt: true"));
  EXPECT_THAT(changes.applied, ElementsAre("docker.size", "docker.tags", "rexray.volume.mount.preempt"));
  EXPECT_THAT(changes.need_restart, ElementsAre("linux.volume.rootPath"));
  EXPECT_EQ(ValueOf(running, "docker.size"), "4");
  EXPECT_EQ(ValueOf(running, "linux.volume.rootPath"), "/a");
}

TEST_F(RunningConfigTest, WhatNeedsARestartIsSaidAgainUntilItIsTakenBack) {
  RunningConfig running(Load("linux.volume.rootPath: /a"));
  EXPECT_THAT(running.Update(*Load("linux.volume.rootPath: /b")).need_restart,
              ElementsAre("linux.volume.rootPath"));
  EXPECT_THAT(running.Update(*Load("linux.volume.rootPath: /b")).need_restart,
              ElementsAre("linux.volume.rootPath"));
  EXPECT_THAT(running.Update(*Load("linux.volume.rootPath: /a")).need_restart, IsEmpty());
}

TEST_F(RunningConfigTest, AServiceThatComesOrGoesNeedsARestart) {
  RunningConfig running(Load("rexray.modules.bulk.docker.size: 5"));
  const auto gone = running.Update(*Load(""));
  EXPECT_THAT(gone.applied, ElementsAre("rexray.modules.bulk.docker.size"));
  EXPECT_THAT(gone.need_restart, ElementsAre("rexray.modules.bulk.disabled", "rexray.modules.bulk.host",
                                             "rexray.modules.bulk.spec"));
}

TEST_F(RunningConfigTest, AChangedSecretIsSeenAndNotShown) {
  RunningConfig running(Load("ebs.secretKey: one"));
  const auto changes = running.Update(*Load("ebs.secretKey: two"));
  EXPECT_THAT(changes.need_restart, ElementsAre("ebs.secretKey"));
}

}  // namespace
}  // namespace rexray::daemon
