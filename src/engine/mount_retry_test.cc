#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

class MountRetryTest : public EngineFixture {
 protected:
  MountRetryTest() {
    service_.mount_retries = 2;
    service_.mount_retry_wait = Duration::zero();
  }
};

TEST_F(MountRetryTest, WhatPassesIsTriedAgain) {
  const std::string id = Create("v");
  cloud().calls().FailNext("Attach", absl::UnavailableError("the backend is away"), 2);
  const auto path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(AttachedHere(id));
  EXPECT_EQ(EventsOfKind("mount-retried"), 2u);
}

TEST_F(MountRetryTest, AsOftenAsTheOperatorSaysAndNotMore) {
  Create("v");
  cloud().calls().FailNext("Attach", absl::UnavailableError("the backend is away"), 3);
  const auto path = Mount("v", CliConsumer());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(EventsOfKind("mount-retried"), 2u);
  EXPECT_TRUE(Mount("v", CliConsumer()).ok()) << "the third failure was the last one";
}

TEST_F(MountRetryTest, WhatIsWrongStaysWrong) {
  Create("v");
  cloud().calls().FailNext("Attach", absl::InvalidArgumentError("not with this volume"));
  EXPECT_FALSE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(EventsOfKind("mount-retried"), 0u);
}

TEST_F(MountRetryTest, TheDefaultIsOneTry) {
  service_.mount_retries = 0;
  Create("v");
  cloud().calls().FailNext("Attach", absl::UnavailableError("the backend is away"));
  EXPECT_FALSE(Mount("v", CliConsumer()).ok());
  EXPECT_EQ(EventsOfKind("mount-retried"), 0u);
}

}  // namespace
}  // namespace rexray::engine
