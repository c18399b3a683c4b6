#include "ec2sim/token_bucket.h"

#include <algorithm>

namespace rexray::ec2sim {
namespace {

bool StartsWith(const std::string& text, std::string_view prefix) {
  return std::string_view(text).substr(0, prefix.size()) == prefix;
}

// AWS's list of "unfiltered and unpaginated non-mutating actions", as far as the simulator has them.
bool HasSmallBucket(const std::string& action) {
  return action == "DescribeInstances" || action == "DescribeVolumes" || action == "DescribeSnapshots";
}

bool IsUnbounded(const ApiRequest& request) {
  return HasSmallBucket(request.action()) && !request.Has("Filter.1.Name") && !request.Has("MaxResults") &&
         !request.Has("VolumeId.1") && !request.Has("InstanceId.1") && !request.Has("SnapshotId.1");
}

}  // namespace

bool IsMutating(const std::string& action) {
  return !StartsWith(action, "Describe") && !StartsWith(action, "Get") && !StartsWith(action, "List");
}

BucketSize BucketSizeOf(const ApiRequest& request) {
  const std::string& action = request.action();
  if (!IsMutating(action)) return IsUnbounded(request) ? BucketSize{50, 10} : BucketSize{100, 20};
  if (action == "CreateTags" || action == "DeleteTags") return {100, 10};
  if (action == "CreateVolume" || action == "DeleteVolume" || action == "CreateSnapshot" ||
      action == "DeleteSnapshot") {
    return {100, 5};
  }
  return {50, 5};
}

bool Throttle::Take(const ApiRequest& request, TimePoint now) {
  if (scale_ <= 0) return true;
  const BucketSize size = BucketSizeOf(request);
  const double burst = std::max(1.0, size.burst * scale_);
  const auto [entry, is_new] =
      levels_.try_emplace(request.action() + (IsUnbounded(request) ? "/all" : ""), Level{burst, now});
  Level& level = entry->second;
  const double seconds = std::chrono::duration<double>(now - level.at).count();
  level.tokens = std::min(burst, level.tokens + std::max(0.0, seconds) * size.per_second * scale_);
  level.at = now;
  if (level.tokens < 1) return false;
  level.tokens -= 1;
  return true;
}

}  // namespace rexray::ec2sim
