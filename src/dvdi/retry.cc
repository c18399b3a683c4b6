#include "dvdi/retry.h"

#include "fmt/core.h"

#include "base/pause.h"

namespace rexray::dvdi {
namespace {

constexpr Duration kFirst = std::chrono::seconds(1);
constexpr Duration kGiveUp = std::chrono::seconds(30);  ///< when this would have passed after the next wait

}  // namespace

RetrySchedule::RetrySchedule(Clock& clock, const Patience& patience, Deadline deadline)
    : clock_(clock), patience_(patience), deadline_(deadline), start_(clock.Now()), next_(kFirst) {}

bool RetrySchedule::WaitBeforeNext(const std::string& what) {
  const TimePoint now = clock_.Now();
  if (!patience_.retry || now - start_ + next_ >= kGiveUp || next_ >= deadline_.Remaining(clock_))
    return false;
  if (patience_.warn) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(next_).count();
    patience_.warn(fmt::format("{}, retrying in {}s", what, seconds));
  }
  const TimePoint until = now + next_;
  next_ *= 2;
  PauseUntil(clock_, until);
  return true;
}

}  // namespace rexray::dvdi
