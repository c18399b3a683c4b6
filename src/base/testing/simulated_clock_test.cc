#include "base/testing/simulated_clock.h"

#include <atomic>
#include <memory>

#include "gtest/gtest.h"

#include "base/thread.h"

namespace rexray {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A thread that waits for a time, or for Stop.
class Sleeper {
 public:
  Sleeper(SimulatedClock& clock, TimePoint until)
      : clock_(clock), until_(until), thread_(StartThread("sleeper", [this] { Body(); })) {}
  ~Sleeper() { Join(); }

  void Stop() {
    MutexLock lock(mutex_);
    stop_ = true;
    cv_.NotifyAll();
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  TimePoint woke_at() {
    MutexLock lock(mutex_);
    return woke_at_;
  }

 private:
  void Body() {
    MutexLock lock(mutex_);
    while (!stop_ && clock_.Now() < until_) clock_.WaitUntil(cv_, mutex_, until_);
    woke_at_ = clock_.Now();
  }

  SimulatedClock& clock_;
  const TimePoint until_;
  Mutex mutex_;
  CondVar cv_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  TimePoint woke_at_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

TEST(SimulatedClockTest, BothTimesMoveTogetherAndOnlyWhenTold) {
  SimulatedClock clock;
  const TimePoint now = clock.Now();
  const WallTime wall = clock.WallNow();
  EXPECT_EQ(clock.Now(), now);
  clock.Advance(milliseconds(1500));
  EXPECT_EQ(clock.Now() - now, milliseconds(1500));
  EXPECT_EQ(clock.WallNow() - wall, milliseconds(1500));
}

TEST(SimulatedClockTest, AdvanceWakesExactlyThoseWhoseTimeHasCome) {
  SimulatedClock clock;
  Sleeper early(clock, clock.Now() + seconds(1));
  Sleeper late(clock, clock.Now() + seconds(3));
  const TimePoint start = clock.Now();
  clock.WaitForWaiters(2);
  clock.Advance(seconds(2));
  early.Join();
  EXPECT_EQ(early.woke_at(), start + seconds(2));
  clock.WaitForWaiters(1);  // late
  EXPECT_EQ(late.woke_at(), TimePoint());
  clock.Advance(seconds(1));
  late.Join();
  EXPECT_EQ(late.woke_at(), start + seconds(3));
}

TEST(SimulatedClockTest, ATimeThatHasComeDoesNotWait) {
  SimulatedClock clock;
  Mutex mutex;
  CondVar cv;
  MutexLock lock(mutex);
  clock.WaitUntil(cv, mutex, clock.Now());
}

TEST(SimulatedClockTest, ANotificationWakesWithoutTheTime) {
  SimulatedClock clock;
  const TimePoint start = clock.Now();
  Sleeper finite(clock, start + seconds(1));
  Sleeper infinite(clock, TimePoint::max());
  clock.WaitForWaiters(1);
  finite.Stop();
  infinite.Stop();
  finite.Join();
  infinite.Join();
  EXPECT_EQ(finite.woke_at(), start);
}

// The window between a waiter's look at the clock and its wait is where wake-ups get lost. WaitForWaiters
// returns within it, and Advance comes at once; a waiter that misses it never counts again, and this test
// hangs.
TEST(SimulatedClockTest, NoWakeUpIsLost) {
  constexpr int kRounds = 20'000;
  SimulatedClock clock;
  std::thread waiter = StartThread("waiter", [&clock] {
    Mutex mutex;
    CondVar cv;
    MutexLock lock(mutex);
    for (int i = 0; i < kRounds; ++i) {
      const TimePoint until = clock.Now() + milliseconds(1);
      while (clock.Now() < until) clock.WaitUntil(cv, mutex, until);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    clock.WaitForWaiters(1);
    clock.Advance(milliseconds(1));
  }
  waiter.join();
}

// Waiters, and their condition variables with them, go at any moment, also while Advance is about to notify
// them; the sanitizers watch.
TEST(SimulatedClockTest, WaitersMayGoWhileTheClockMoves) {
  SimulatedClock clock;
  std::atomic<bool> enough = false;
  std::thread mover = StartThread("mover", [&] {
    while (!enough) clock.Advance(milliseconds(1));
  });
  for (int round = 0; round < 1000; ++round) {
    const auto sleeper = std::make_unique<Sleeper>(clock, clock.Now() + milliseconds(1 + round % 8));
    if (round % 2 == 0) sleeper->Stop();
  }
  enough = true;
  mover.join();
}

}  // namespace
}  // namespace rexray
