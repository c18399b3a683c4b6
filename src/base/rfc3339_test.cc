#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace rexray {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Rfc3339Test, WritesUtcInWholeSeconds) {
  EXPECT_EQ(FormatRfc3339(WallTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(WallTime(seconds(951'782'399))), "2000-02-28T23:59:59Z");
  EXPECT_EQ(FormatRfc3339(WallTime(seconds(951'782'400))), "2000-02-29T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(WallTime(milliseconds(1'767'225'599'999))), "2025-12-31T23:59:59Z");
}

TEST(Rfc3339Test, RoundsDownBeforeTheEpochToo) {
  EXPECT_EQ(FormatRfc3339(WallTime(milliseconds(-1))), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace rexray
