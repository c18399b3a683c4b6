#pragma once

// The name that AttachVolume wants ("/dev/xvdba"), which says little about what the device is called in the
// instance, and must be free there all the same.
//
// Facts: aws-ebs-csi-driver's list (two-letter names first: no AMI maps them); Kubernetes #31891: a name used
// again at once can hang in `attaching` on Xen.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/mutex.h"

namespace rexray::drivers::ebs {

/// The names that may be used, the safest first: /dev/xvdaa to xvddx, then xvdb to xvdz.
const std::vector<std::string>& SafeDeviceNames();

/// Thread-safe. The names of one instance.
class DeviceNames {
 public:
  DeviceNames(Clock& clock, Duration bad_for) : clock_(clock), bad_for_(bad_for) {}

  /// One that is neither in `in_use` nor reserved: after the one given last, and a bad one only when no other
  /// is left. ResourceExhausted: none.
  absl::StatusOr<std::string> Reserve(const std::set<std::string>& in_use);
  /// The attachment is seen, or did not come to be.
  void Release(const std::string& name);
  /// "already in use", though nobody says by whom (a mapping of the AMI), or stuck.
  void MarkBad(const std::string& name);

 private:
  Clock& clock_;
  const Duration bad_for_;
  Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<std::string> reserved_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, TimePoint> bad_until_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::ebs
