// Grow and the blank mark.

#include "base/size.h"
#include "drivers/conformance/conformance.h"

namespace rexray::drivers::conformance {

int LinkChangeTests() {
  return 0;
}

TEST_P(Conformance, GrowNeedsTheCapability) {
  if (can().grow) return;
  const Volume volume = Make("vol");
  EXPECT_STATUS(kUnimplemented, driver().Grow(context_, volume.key.id, 2 * backend().minimum_size()));
}

TEST_P(Conformance, GrowIsKeptAndRepeatable) {
  if (!can().grow) return;  // this backend cannot grow volumes
  const Volume volume = Make("vol");
  const uint64_t target = volume.size + 3 * kMiB + 1;  // not a round number
  absl::StatusOr<Volume> grown = driver().Grow(context_, volume.key.id, target);
  ASSERT_TRUE(grown.ok()) << grown.status();
  EXPECT_GE(grown->size, target);
  EXPECT_EQ(grown->key, volume.key);
  EXPECT_EQ(grown->blank, volume.blank);
  absl::StatusOr<Volume> again = driver().Grow(context_, volume.key.id, grown->size);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->size, grown->size);
  EXPECT_EQ(driver().List(context_)->value[0].size, grown->size);
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_EQ(driver().Get(context_, volume.key.id)->size, grown->size);
}

TEST_P(Conformance, ShrinkingIsRefused) {
  if (!can().grow) return;  // this backend cannot grow volumes
  const Volume volume = Make("vol");
  absl::StatusOr<Volume> grown = driver().Grow(context_, volume.key.id, volume.size + 8 * kMiB);
  ASSERT_TRUE(grown.ok());
  EXPECT_STATUS(kInvalidArgument, driver().Grow(context_, volume.key.id, volume.size));
  EXPECT_STATUS(kInvalidArgument, driver().Grow(context_, volume.key.id, 0));
  EXPECT_EQ(driver().Get(context_, volume.key.id)->size, grown->size);
}

TEST_P(Conformance, GrowWhileAttached) {
  if (!can().grow_online) return;  // this backend cannot grow attached volumes
  const Volume volume = Make("vol");
  const LocalResource before = Bring(volume.key.id);
  EXPECT_OK(driver().Grow(context_, volume.key.id, volume.size + 8 * kMiB));
  absl::StatusOr<std::optional<LocalResource>> after = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(after.ok() && after->has_value());
  EXPECT_EQ((*after)->path, before.path);
}

TEST_P(Conformance, TheBlankMarkGoesForGood) {
  if (can().kind != DriverCapabilities::Kind::kBlock) return;  // directories have no blank mark
  const Volume volume = Make("vol");
  const Volume untouched = Make("untouched");
  EXPECT_TRUE(driver().Get(context_, volume.key.id)->blank);
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_TRUE(driver().Get(context_, volume.key.id)->blank) << "it outlives the daemon";
  EXPECT_OK(driver().ClearBlankMark(context_, volume.key.id));
  EXPECT_FALSE(driver().Get(context_, volume.key.id)->blank);
  EXPECT_OK(driver().ClearBlankMark(context_, volume.key.id));
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_FALSE(driver().Get(context_, volume.key.id)->blank);
  EXPECT_TRUE(driver().Get(context_, untouched.key.id)->blank);
}

TEST_P(Conformance, TheBlankMarkGoesWhileAttached) {
  if (can().kind != DriverCapabilities::Kind::kBlock) return;  // directories have no blank mark
  const Volume volume = Make("vol");  // as the engine does it: attach, mkfs, clear, mount
  Bring(volume.key.id);
  EXPECT_OK(driver().ClearBlankMark(context_, volume.key.id));
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_FALSE(driver().Get(context_, volume.key.id)->blank);
}

}  // namespace rexray::drivers::conformance
