#pragma once

// Many threads in virtual time, whatever the load of the machine: time passes only while every thread of the
// process sleeps, as the kernel sees it. (A count of those who wait for the clock would not do: one that was
// just notified still counts until it gets the CPU, and its deadline could pass meanwhile.)

#include <functional>
#include <vector>

#include "base/testing/simulated_clock.h"

namespace rexray {

/// Until every other thread of the process sleeps: what the last step of time brought about has been done, or
/// waits for more of it, or for the test.
void AwaitOthersAsleep();

/// Runs each of `calls` on a thread of its own, all at once, and returns when all have returned. Whenever
/// nothing can go on without it, the clock moves by `step`, and then `after_step` is called. A call that
/// waits for something that neither time nor another thread brings hangs the test.
void RunInVirtualTime(SimulatedClock& clock, Duration step, const std::vector<std::function<void()>>& calls,
                      const std::function<void()>& after_step = nullptr);

}  // namespace rexray
