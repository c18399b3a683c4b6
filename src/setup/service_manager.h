#pragma once

// systemd, as far as a setup needs it: units read again, restarted, and watched until they are really up.
// Through CommandRunner, so that tests script systemctl and journalctl.

#include <string>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/subprocess.h"

namespace rexray::setup {

struct WatchTimes {
  Duration settle =
      std::chrono::seconds(15);  ///< an agent with a wrong flag ends a second or two after its start
  Duration start = std::chrono::seconds(120);  ///< until it is active at all
  Duration step = std::chrono::seconds(1);
};

class ServiceManager {
 public:
  ServiceManager(CommandRunner& runner, Clock& clock, WatchTimes times = {})
      : runner_(runner), clock_(clock), times_(times) {}

  absl::Status Reload();
  absl::Status Stop(const std::string& unit);

  /// OK when the unit is active and its main process has been the same for the settling time. Otherwise
  /// FailedPrecondition with the state and the last lines of its journal.
  absl::Status RestartAndWatch(const std::string& unit);

  /// The last lines of the unit's journal, each behind four blanks; why there are none otherwise.
  std::string Journal(const std::string& unit);

 private:
  struct State {
    std::string active;  ///< "active", "activating", "failed" …
    std::string sub;     ///< "running", "auto-restart" …
    std::string pid;
  };
  absl::StatusOr<State> Show(const std::string& unit);
  absl::Status Watch(const std::string& unit);
  absl::Status Run(const std::vector<std::string>& argv);
  void Wait();

  CommandRunner& runner_;
  Clock& clock_;
  const WatchTimes times_;
};

}  // namespace rexray::setup
