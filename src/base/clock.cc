#include "base/clock.h"

namespace rexray {

SystemClock& SystemClock::Get() {
  static SystemClock clock;
  return clock;
}

void SystemClock::WaitUntil(CondVar& cv, Mutex& mutex, TimePoint until) {
  if (until == TimePoint::max()) {
    cv.Wait(mutex);
  } else {
    cv.WaitUntilSteady(mutex, until);
  }
}

}  // namespace rexray
