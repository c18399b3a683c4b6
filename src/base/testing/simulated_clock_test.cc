#include "base/testing/simulated_clock.h"

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

// The window between a waiter's look at the clock and its wait is where wake-ups get lost. Many waiters enter
// it while the clock moves; a lost one leaves its thread, and so this test, hanging. Stop comes at the same
// time, so that waiters and their condition variables also go while Advance is about to notify them (TSan and
// ASan watch).
TEST(SimulatedClockTest, NoWakeUpIsLostWhileWaitersComeAndGo) {
  SimulatedClock clock;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::unique_ptr<Sleeper>> sleepers;
    for (int i = 0; i < 4; ++i) {
      sleepers.push_back(std::make_unique<Sleeper>(clock, clock.Now() + milliseconds(10 + i)));
    }
    std::thread mover = StartThread("mover", [&clock] {
      for (int i = 0; i < 15; ++i) clock.Advance(milliseconds(1));
    });
    sleepers[0]->Stop();
    sleepers.clear();
    mover.join();
  }
}

}  // namespace
}  // namespace rexray
