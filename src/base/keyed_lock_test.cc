#include "base/keyed_lock.h"

#include <optional>
#include <thread>

#include "gtest/gtest.h"

#include "base/testing/simulated_clock.h"

namespace rexray {
namespace {

using std::chrono::seconds;

TEST(KeyedLockTest, OneHolderPerKey) {
  SimulatedClock clock;
  KeyedLock locks(clock);
  std::optional<KeyedLock::Hold> first(*locks.Acquire("a", Deadline::Never(), "test"));
  EXPECT_TRUE(locks.Acquire("b", Deadline::Never(), "test").ok()) << "another key is another lock";
  absl::Status status;
  std::thread waiting(
      [&] { status = locks.Acquire("a", Deadline::After(clock, seconds(5)), "test").status(); });
  clock.WaitForWaiters(1);
  clock.Advance(seconds(5));
  waiting.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  std::thread next([&] { status = locks.Acquire("a", Deadline::After(clock, seconds(5)), "test").status(); });
  clock.WaitForWaiters(1);
  first.reset();
  next.join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST(KeyedLockTest, APassedDeadlineGetsNothing) {
  SimulatedClock clock;
  KeyedLock locks(clock);
  EXPECT_TRUE(absl::IsDeadlineExceeded(locks.Acquire("a", Deadline::At(clock.Now()), "test").status()));
}

}  // namespace
}  // namespace rexray
