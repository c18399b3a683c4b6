#pragma once

// Tells when block devices come and go, so that nobody sleeps and looks again: the kernel's uevents, and
// changes in /dev (in a container's network namespace there are no uevents).

#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/unique_fd.h"

namespace rexray::drivers::ebs {

/// Its thread ("ebs-devices") starts with Start and sleeps in poll(2).
class DeviceWatch {
 public:
  /// `changed` is called from the thread, some milliseconds after a device has come or gone.
  DeviceWatch(std::string root, std::function<void()> changed)
      : root_(std::move(root)), changed_(std::move(changed)) {}
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;

  /// Before each wait: a directory that was not there the first time is watched from now on. Where neither
  /// source can be had (no inotify instance is left) it does nothing: the poll still looks at every interval.
  void Start();

 private:
  void Run();

  const std::string root_;
  const std::function<void()> changed_;
  Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  UniqueFd stop_;
  UniqueFd directory_events_;
  UniqueFd kernel_events_;
  std::thread thread_;
};

}  // namespace rexray::drivers::ebs
