#include "gmock/gmock.h"

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

using AdjustTest = EngineFixture;

TEST_F(AdjustTest, TheNextCreateTakesTheNewDefaults) {
  service_.default_size = 3 * kGiB;
  Create("before");
  AdjustableSettings settings;
  settings.default_size = 5 * kGiB;
  settings.default_type = "gp3";
  settings.default_tags = {{"team", "db"}, {"env", "prod"}};
  ASSERT_TRUE(engine_->Adjust("", settings).ok());
  CreateSpec spec;
  spec.name = "after";
  spec.tags = {{"env", "test"}};
  ASSERT_TRUE(CreateSync(spec).ok());
  EXPECT_EQ(View("before").volume.size, 3 * kGiB);
  const Volume after = View("after").volume;
  EXPECT_EQ(after.size, 5 * kGiB);
  EXPECT_EQ(after.type, "gp3");
  EXPECT_EQ(after.tags, (std::map<std::string, std::string>{{"team", "db"}, {"env", "test"}}))
      << "what the caller asks for wins";
}

TEST_F(AdjustTest, PreemptionCountsFromTheNextMountOn) {
  const std::string id = Create("v");
  cloud().AttachTo(id, "node-b");
  Pending<Path> held;
  engine().Mount(Named("v"), CliConsumer(), {}, Deadline::After(clock_, std::chrono::seconds(10)),
                 Received(held));
  Until([&] {
    Advance(std::chrono::milliseconds(100));
    return held.Ready();
  });
  EXPECT_FALSE(held.Wait().ok());
  SettleInTime("v");  // the next call would join an operation that goes on without its caller
  AdjustableSettings settings;
  settings.preempt = Preempt::kAlways;
  ASSERT_TRUE(engine_->Adjust("rexray", settings).ok());
  EXPECT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_TRUE(AttachedHere(id));
}

TEST_F(AdjustTest, AnUnknownServiceIsAnError) {
  Create("v");
  EXPECT_EQ(engine_->Adjust("nobody", {}).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace rexray::engine
