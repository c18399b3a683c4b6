#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/config.h"

namespace rexray::config {
namespace {

TEST(Load, NothingConfiguredIsLocal) {
  LoadRequest request;
  request.root = "/nonexistent";
  auto config = Load(request);
  ASSERT_TRUE(config.ok()) << config.status();
  const Settings& settings = (*config)->settings();
  ASSERT_EQ(settings.services.size(), 1u);
  EXPECT_EQ(settings.services[0].name, "rexray");
  EXPECT_EQ(settings.services[0].driver, "local");
  EXPECT_EQ(settings.services[0].docker_host, "unix:///run/docker/plugins/rexray.sock");
  EXPECT_EQ(settings.services[0].spec_file, "/etc/docker/plugins/rexray.spec");
  EXPECT_THAT((*config)->warnings(), testing::IsEmpty());
}

}  // namespace
}  // namespace rexray::config
