#include "base/pause.h"

#include "base/mutex.h"

namespace rexray {

void PauseUntil(Clock& clock, TimePoint until) {
  Mutex mutex;
  CondVar nobody;
  MutexLock lock(mutex);
  while (clock.Now() < until) clock.WaitUntil(nobody, mutex, until);
}

}  // namespace rexray
