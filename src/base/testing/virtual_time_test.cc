#include "base/testing/virtual_time.h"

#include <thread>

#include "gtest/gtest.h"

namespace rexray {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A thread that has what it waits for, and does not get the CPU: time must not pass.
TEST(VirtualTimeTest, WhoIsBusyHasAllTheTimeItNeeds) {
  SimulatedClock clock;
  const TimePoint begun = clock.Now();
  RunInVirtualTime(clock, seconds(1), {[&] {
                     for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
                     EXPECT_EQ(clock.Now(), begun);
                   }});
}

TEST(VirtualTimeTest, WaitsForTimeEndAndThoseForEachOtherTakeNone) {
  SimulatedClock clock;
  Mutex mutex;
  CondVar changed;
  bool handed_over = false;
  int steps = 0;
  const TimePoint begun = clock.Now();
  const TimePoint late = begun + hours(1);
  RunInVirtualTime(clock, milliseconds(500),
                   {[&] {
                      MutexLock lock(mutex);
                      while (clock.Now() < begun + seconds(2))
                        clock.WaitUntil(changed, mutex, begun + seconds(2));
                      handed_over = true;
                      changed.NotifyAll();
                    },
                    [&] {
                      MutexLock lock(mutex);
                      while (!handed_over && clock.Now() < late) clock.WaitUntil(changed, mutex, late);
                      EXPECT_EQ(clock.Now(), begun + seconds(2));
                    }},
                   [&] { ++steps; });
  EXPECT_EQ(steps, 4);
}

}  // namespace
}  // namespace rexray
