#include "base/clock.h"

#include "gtest/gtest.h"

#include "base/thread.h"

namespace rexray {
namespace {

TEST(SystemClockTest, ATimeThatHasComeEndsTheWait) {
  SystemClock& clock = SystemClock::Get();
  Mutex mutex;
  CondVar cv;
  MutexLock lock(mutex);
  const TimePoint until = clock.Now() + std::chrono::milliseconds(5);
  while (clock.Now() < until) clock.WaitUntil(cv, mutex, until);
  clock.WaitUntil(cv, mutex, until);  // in the past: at once
  EXPECT_GE(clock.Now(), until);
}

TEST(SystemClockTest, WithoutATimeANotificationEndsTheWait) {
  SystemClock& clock = SystemClock::Get();
  Mutex mutex;
  CondVar cv;
  bool ready = false;
  std::thread notifier = StartThread("notifier", [&] {
    MutexLock lock(mutex);
    ready = true;
    cv.NotifyOne();
  });
  {
    MutexLock lock(mutex);
    while (!ready) clock.WaitUntil(cv, mutex, TimePoint::max());
  }
  notifier.join();
}

}  // namespace
}  // namespace rexray
