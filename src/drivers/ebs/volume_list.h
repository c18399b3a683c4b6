#pragma once

// All volumes of a selection, from memory: any number of callers share one walk through the pages, and what
// this program changed is in the next answer, whatever a page that is a second old says.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "drivers/ebs/ec2_types.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::ebs {

/// Thread-safe.
class VolumeList {
 public:
  using Walk = std::function<absl::StatusOr<std::vector<Ec2Volume>>(Deadline deadline)>;

  struct Ages {
    Duration fresh = std::chrono::seconds(10);  ///< younger: no walk
    Duration stale = std::chrono::minutes(5);   ///< still better than nothing while EC2 throttles or fails
    Duration lag = std::chrono::seconds(10);    ///< for so long EC2's pages may not show a write
  };

  VolumeList(Clock& clock, Ages ages, Walk walk) : clock_(clock), ages_(ages), walk_(std::move(walk)) {}

  absl::StatusOr<Aged<std::vector<Ec2Volume>>> Get(Deadline deadline);

  /// What a write, or a look at one volume, showed.
  void Note(const Ec2Volume& volume);
  void NoteRemoved(const std::string& id);

 private:
  struct Noted {
    TimePoint at;
    std::optional<Ec2Volume> volume;  ///< nullopt: removed
  };
  absl::Status WalkOnce(Deadline deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Aged<std::vector<Ec2Volume>> Answer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool YoungerThan(Duration age) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const Ages ages_;
  const Walk walk_;
  Mutex mutex_;
  CondVar changed_;
  bool walking_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> as_of_ ABSL_GUARDED_BY(mutex_);  ///< when the walk began
  std::map<std::string, Ec2Volume> volumes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Noted> notes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::ebs
