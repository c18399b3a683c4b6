#include "drivers/ebs/action_limiter.h"

#include <algorithm>
#include <string_view>

#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

constexpr double kLeastRate = 0.2;
constexpr double kGrowth = 0.02;  ///< of the documented rate, for each success
/// Requests under way together are refused together: that is one cut.
constexpr Duration kOneCut = std::chrono::seconds(1);

struct Documented {
  double burst;
  double rate;
};

Documented LimitOf(std::string_view action) {
  if (action.substr(0, 8) == "Describe") return {100, 20};
  if (action == "CreateVolume" || action == "DeleteVolume" || action == "CreateSnapshot" ||
      action == "DeleteSnapshot") {
    return {100, 5};
  }
  if (action == "CreateTags" || action == "DeleteTags") return {100, 10};
  return {50, 5};
}

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

ActionLimiter::Bucket& ActionLimiter::BucketOf(const std::string& action) {
  Bucket& bucket = buckets_[action];
  if (bucket.burst == 0) {
    const Documented limit = LimitOf(action);
    bucket.burst = bucket.tokens = limit.burst;
    bucket.rate = bucket.most = limit.rate;
    bucket.filled = bucket.cut = clock_.Now();
  }
  return bucket;
}

void ActionLimiter::Fill(Bucket& bucket) const {
  const TimePoint now = clock_.Now();
  bucket.tokens = std::min(bucket.burst, bucket.tokens + Seconds(now - bucket.filled) * bucket.rate);
  bucket.filled = now;
}

absl::Status ActionLimiter::Acquire(const std::string& action, Deadline deadline) {
  MutexLock lock(mutex_);
  Bucket& bucket = BucketOf(action);
  Fill(bucket);
  const double missing = 1 - bucket.tokens;
  if (missing > 0) {
    const TimePoint turn = clock_.Now() + FromSeconds(missing / bucket.rate);
    if (!deadline.IsNever() && turn >= deadline.at()) {
      return Error(absl::StatusCode::kDeadlineExceeded,
                   "{}: EC2's request rate is used up; this request's turn would come in {:.1f} s, after its "
                   "deadline",
                   action, missing / bucket.rate);
    }
    bucket.tokens -= 1;
    while (clock_.Now() < turn) clock_.WaitUntil(never_, mutex_, turn);
  } else {
    bucket.tokens -= 1;
  }
  ++bucket.report.requests;  // a map's elements stay where they are
  return absl::OkStatus();
}

void ActionLimiter::OnThrottled(const std::string& action) {
  MutexLock lock(mutex_);
  Bucket& bucket = BucketOf(action);
  Fill(bucket);
  ++bucket.report.throttled;
  bucket.report.last_throttled = clock_.Now();
  bucket.tokens = std::min(bucket.tokens, 0.0);
  if (bucket.report.throttled > 1 && clock_.Now() - bucket.cut < kOneCut) return;
  bucket.cut = clock_.Now();
  bucket.rate = std::max(kLeastRate, bucket.rate / 2);
}

void ActionLimiter::OnSuccess(const std::string& action) {
  MutexLock lock(mutex_);
  Bucket& bucket = BucketOf(action);
  Fill(bucket);
  bucket.rate = std::min(bucket.most, bucket.rate + bucket.most * kGrowth);
}

std::map<std::string, ActionLimiter::Report> ActionLimiter::Reports() const {
  MutexLock lock(mutex_);
  std::map<std::string, Report> reports;
  for (const auto& [action, bucket] : buckets_) {
    Report report = bucket.report;
    report.rate = bucket.rate;
    report.most = bucket.most;
    reports[action] = report;
  }
  return reports;
}

}  // namespace rexray::drivers::ebs
