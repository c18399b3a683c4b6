#pragma once

// Docker's schedule of repetition (moby pkg/plugins/client.go, which dvdcli has always used): wait 1, 2, 4
// and 8 s, 15 s in all, while the plugin cannot be found or reached.

#include <functional>
#include <optional>
#include <string>

#include "base/deadline.h"

namespace rexray::dvdi {

/// How patient a caller is, and who hears of it. Both are handed in: a person on a terminal does not want to
/// wait; an agent that boots before the plugin does.
struct Patience {
  bool retry = true;
  /// One line each: "Unable to locate plugin: NAME, retrying in 1s". May be empty.
  std::function<void(const std::string&)> warn;
};

/// One for each thing that is tried. Not thread-safe.
class RetrySchedule {
 public:
  RetrySchedule(Clock& clock, const Patience& patience, Deadline deadline);

  /// Warns with WHAT and ", retrying in Ns", and waits. False, at once, when it is time to give up.
  bool WaitBeforeNext(const std::string& what);

 private:
  Clock& clock_;
  const Patience& patience_;
  const Deadline deadline_;
  const TimePoint start_;
  Duration next_;
};

}  // namespace rexray::dvdi
