#pragma once

#include <random>

#include "base/clock.h"

namespace rexray {

/// Full-jitter exponential back-off: the nth wait is uniform in (0, min(cap, first * 2^n)]. Not thread-safe;
/// the generator is handed in, so that tests are repeatable.
class Backoff {
 public:
  struct Policy {
    Duration first = std::chrono::milliseconds(100);
    Duration cap = std::chrono::seconds(10);
  };
  Backoff(Policy policy, std::mt19937_64 generator) : policy_(policy), generator_(generator) {}

  Duration Next();
  void Reset() { attempt_ = 0; }

 private:
  Policy policy_;
  std::mt19937_64 generator_;
  int attempt_ = 0;
};

}  // namespace rexray
