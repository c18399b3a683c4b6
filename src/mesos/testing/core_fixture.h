#pragma once

// A core over fake plugins in a directory of its own: what the tests of Prepare, Cleanup and Recover share.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "base/mutex.h"
#include "base/testing/simulated_clock.h"
#include "mesos/isolator_core.h"
#include "mesos/testing/fake_mounter.h"

namespace rexray::mesos {

class CoreFixture : public testing::Test {
 protected:
  CoreFixture();
  ~CoreFixture() override;

  using Plan = absl::StatusOr<std::optional<LaunchPlan>>;

  /// The agent starts (again): a new core with `options`, which recovers. The old one, if any, ends first.
  void Start(std::vector<std::string> known = {}, std::vector<std::string> orphans = {});
  void Stop() { core_.reset(); }

  /// Prepare, waited for. The sandbox is made.
  Plan Prepare(const std::string& id, const EnvironmentVariables& environment);
  ContainerRequest Request(const std::string& id, const EnvironmentVariables& environment);
  void Cleanup(const std::string& id);
  std::string SandboxOf(const std::string& id) const { return folder_ + "/sandboxes/" + id; }

  std::vector<std::string> LogLines() const;
  bool Logged(std::string_view part) const;
  int LoggedErrors() const;

  /// The checkpoint on the disk.
  Checkpoint OnDisk() const;

  std::string folder_;
  IsolatorOptions options_;
  HostFacts host_;
  std::string rootfs_;  ///< of the next Prepare
  std::string user_;
  UserLookup look_up_user_;
  SimulatedClock clock_;
  std::unique_ptr<FakeMounter> mounter_;
  std::unique_ptr<IsolatorCore> core_;

 private:
  mutable Mutex mutex_;
  std::vector<std::pair<Severity, std::string>> log_ ABSL_GUARDED_BY(mutex_);
};

/// A place where a callback on another thread puts its one result.
template <typename Value>
class Awaited {
 public:
  void Set(Value value) {
    MutexLock lock(mutex_);
    EXPECT_FALSE(value_.has_value()) << "called twice";
    value_.emplace(std::move(value));
    changed_.NotifyAll();
  }
  Value Get() {
    MutexLock lock(mutex_);
    while (!value_) changed_.Wait(mutex_);
    return *value_;
  }
  bool IsSet() {
    MutexLock lock(mutex_);
    return value_.has_value();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Value> value_ ABSL_GUARDED_BY(mutex_);
};

/// A fresh directory that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace rexray::mesos
