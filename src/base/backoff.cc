#include "base/backoff.h"

#include <algorithm>
#include <cstdint>

namespace rexray {

Duration Backoff::Next() {
  const int64_t cap = std::max<int64_t>(policy_.cap.count(), 1);
  int64_t ceiling = std::clamp<int64_t>(policy_.first.count(), 1, cap);
  for (int i = 0; i < attempt_ && ceiling < cap; ++i) {
    ceiling = ceiling > cap / 2 ? cap : ceiling * 2;
  }
  if (ceiling < cap) ++attempt_;
  return Duration(std::uniform_int_distribution<int64_t>(1, ceiling)(generator_));
}

}  // namespace rexray
