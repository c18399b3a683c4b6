#include "base/deadline.h"

#include "gtest/gtest.h"

#include "base/testing/simulated_clock.h"

namespace rexray {
namespace {

using std::chrono::seconds;

TEST(DeadlineTest, CountsDownAndPasses) {
  SimulatedClock clock;
  const Deadline deadline = Deadline::After(clock, seconds(10));
  EXPECT_FALSE(deadline.Passed(clock));
  EXPECT_EQ(deadline.Remaining(clock), seconds(10));
  clock.Advance(seconds(4));
  EXPECT_EQ(deadline.Remaining(clock), seconds(6));
  clock.Advance(seconds(6));
  EXPECT_TRUE(deadline.Passed(clock));
  clock.Advance(seconds(1));
  EXPECT_EQ(deadline.Remaining(clock), Duration::zero());
}

TEST(DeadlineTest, NeverNeverPasses) {
  SimulatedClock clock;
  EXPECT_TRUE(Deadline::Never().IsNever());
  EXPECT_FALSE(Deadline::Never().Passed(clock));
  EXPECT_EQ(Deadline::Never().Remaining(clock), Duration::max());
}

TEST(DeadlineTest, AWaitTooLongToCountIsNever) {
  SimulatedClock clock;
  EXPECT_TRUE(Deadline::After(clock, Duration::max()).IsNever());
}

TEST(DeadlineTest, ANegativeWaitHasPassed) {
  SimulatedClock clock;
  EXPECT_TRUE(Deadline::After(clock, seconds(-1)).Passed(clock));
}

TEST(DeadlineTest, EarlierPicksTheFirst) {
  SimulatedClock clock;
  const Deadline soon = Deadline::After(clock, seconds(1));
  const Deadline later = Deadline::After(clock, seconds(2));
  EXPECT_EQ(soon.Earlier(later).at(), soon.at());
  EXPECT_EQ(later.Earlier(soon).at(), soon.at());
  EXPECT_EQ(Deadline::Never().Earlier(later).at(), later.at());
}

}  // namespace
}  // namespace rexray
