#include "base/backoff.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace rexray {
namespace {

using std::chrono::milliseconds;

constexpr Backoff::Policy kPolicy{milliseconds(100), milliseconds(1000)};

TEST(BackoffTest, EachWaitIsWithinItsCeilingWhichDoublesUpToTheCap) {
  const int ceilings[] = {100, 200, 400, 800, 1000, 1000, 1000};
  std::vector<Duration> longest(std::size(ceilings));
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Backoff backoff(kPolicy, std::mt19937_64(seed));
    for (size_t i = 0; i < std::size(ceilings); ++i) {
      const Duration wait = backoff.Next();
      ASSERT_GT(wait, Duration::zero());
      ASSERT_LE(wait, milliseconds(ceilings[i]));
      longest[i] = std::max(longest[i], wait);
    }
  }
  // The whole range is used: with 2000 draws the longest is nearly the ceiling.
  for (size_t i = 0; i < std::size(ceilings); ++i) EXPECT_GT(longest[i], milliseconds(ceilings[i]) * 9 / 10);
}

TEST(BackoffTest, ResetStartsAgain) {
  Backoff backoff(kPolicy, std::mt19937_64(1));
  for (int i = 0; i < 10; ++i) backoff.Next();
  for (int i = 0; i < 100; ++i) {
    backoff.Reset();
    EXPECT_LE(backoff.Next(), milliseconds(100));
  }
}

TEST(BackoffTest, HugeAndEmptyPoliciesDoNotOverflow) {
  Backoff huge({Duration::max() / 3, Duration::max()}, std::mt19937_64(1));
  Backoff empty({Duration::zero(), Duration::zero()}, std::mt19937_64(1));
  for (int i = 0; i < 200; ++i) {
    EXPECT_GT(huge.Next(), Duration::zero());
    EXPECT_EQ(empty.Next(), Duration(1));
  }
}

}  // namespace
}  // namespace rexray
