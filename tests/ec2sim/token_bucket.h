#pragma once

// EC2's request throttling: token buckets per account, region and action (AWS, "Request throttling for the
// Amazon EC2 API"; numbers of 2026). Not thread-safe.

#include <map>
#include <string>

#include "base/clock.h"
#include "ec2sim/request.h"

namespace rexray::ec2sim {

struct BucketSize {
  double burst = 0;
  double per_second = 0;
};

/// Which bucket a request draws from. The unfiltered and unpaginated Describe of a listed action has a small
/// bucket of its own.
BucketSize BucketSizeOf(const ApiRequest& request);

/// True for actions that change something.
bool IsMutating(const std::string& action);

class Throttle {
 public:
  /// `scale` multiplies burst and refill: 0.5 is half the documented rate.
  explicit Throttle(double scale) : scale_(scale) {}

  /// False: RequestLimitExceeded; such a call takes no token.
  bool Take(const ApiRequest& request, TimePoint now);
  void set_scale(double scale) { scale_ = scale; }

 private:
  struct Level {
    double tokens = 0;
    TimePoint at;
  };
  double scale_;
  std::map<std::string, Level> levels_;
};

}  // namespace rexray::ec2sim
