#include "cli/daemon/signals.h"

#include <cerrno>

#include "cli/daemon/readiness.h"

namespace rexray::daemon {

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void ServeSignals(Daemon& running, const sigset_t& signals) {
  while (true) {
    const int number = sigwaitinfo(&signals, nullptr);
    if (number == SIGHUP) {
      NotifyServiceManager("RELOADING=1");
      running.Reload();
      NotifyServiceManager("READY=1");
    } else if (number > 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace rexray::daemon
