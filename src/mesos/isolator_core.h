#pragma once

// The isolator, without Mesos: what the module does when the agent starts (Recover), before a container is
// launched (Prepare) and after it has gone (Cleanup). module.cc translates Mesos's words to these.
//
// All three return at once; the work runs on our own threads, in order for each volume, and `done` is called
// on one of them, exactly once. So a plugin that hangs delays its own volume alone and never the agent.
//
// Every change is written to the checkpoint before it begins (checkpoint.h). A volume is unmounted with its
// last container; an unmount that fails is remembered and tried again, with growing pauses, until it succeeds
// or the volume is used again. It never fails a container's end, nor the agent's start.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "mesos/checkpoint.h"
#include "mesos/host_facts.h"
#include "mesos/launch_plan.h"
#include "mesos/options.h"
#include "mesos/sequences.h"
#include "mesos/use_table.h"
#include "mesos/volume_mounter.h"

namespace rexray::mesos {

enum class Severity { kInfo, kWarning, kError };
using LogSink = std::function<void(Severity, const std::string&)>;  ///< called on any thread

struct ContainerRequest {
  std::string id;  ///< of a nested container "parent.child"
  EnvironmentVariables environment;
  std::string sandbox;  ///< on the host
  std::string rootfs;   ///< on the host; empty without an image
  std::string user;     ///< whom the task runs as; empty: as the agent
};

/// Thread-safe.
class IsolatorCore {
 public:
  /// nullopt: the container asks for no volume.
  using Prepared = std::function<void(absl::StatusOr<std::optional<LaunchPlan>>)>;
  using Done = std::function<void(absl::Status)>;

  /// What the core works with; tests hand in their own. All live longer than the core.
  struct Parts {
    VolumeMounter& mounter;
    Clock& clock;
    HostFacts host;
    UserLookup look_up_user;
    LogSink log;
  };

  IsolatorCore(IsolatorOptions options, Parts parts);
  /// Waits for the work that has begun; `done` of all of it has been called then.
  ~IsolatorCore();
  IsolatorCore(const IsolatorCore&) = delete;
  IsolatorCore& operator=(const IsolatorCore&) = delete;

  /// `known`: containers that run on. `orphans`: containers that the agent is about to destroy; Cleanup
  /// follows for each. What the checkpoint has of others is unmounted. Always OK.
  void Recover(std::vector<std::string> known, std::vector<std::string> orphans, Done done);

  /// An error is for the person who wrote the task. Nothing is left mounted then.
  void Prepare(ContainerRequest request, Prepared done);

  /// OK, also for a container that is not known.
  void Cleanup(const std::string& id, Done done);

  /// Does the container have volumes, or is it about to get some?
  bool HasVolumes(const std::string& id) const;

  const HostFacts& host() const { return parts_.host; }

  /// What would be in the checkpoint now.
  Checkpoint Snapshot() const;

 private:
  class Preparation;

  void Log(Severity severity, const std::string& text) const { parts_.log(severity, text); }
  absl::Status Save();

  // isolator_prepare.cc
  absl::Status Plan(Preparation& preparation);
  absl::Status Claim(Preparation& preparation);
  void MountAll(const std::shared_ptr<Preparation>& preparation);
  void MountOne(const std::shared_ptr<Preparation>& preparation, size_t index);
  absl::Status MountVolume(const Preparation& preparation, size_t index);
  absl::StatusOr<VolumeUse> MountNow(const Preparation& preparation, size_t index);
  void Finish(const std::shared_ptr<Preparation>& preparation);

  // isolator_core.cc
  void Release(const std::string& id, std::function<void()> then);
  void Unmount(const VolumeUse& use, std::string_view occasion);
  void RetryUnmounts();
  void RetryUnmount(const VolumeKey& key);

  // isolator_recover.cc
  void RecoverNow(const std::vector<std::string>& known, const std::vector<std::string>& orphans);
  std::optional<Checkpoint> LoadOwn();
  Checkpoint LoadOld(std::vector<std::string>& imported);

  const IsolatorOptions options_;
  const Parts parts_;
  const CheckpointFile file_;

  Mutex saving_;  ///< one writer of the file at a time; taken before mutex_
  mutable Mutex mutex_;
  CondVar retry_changed_;
  UseTable table_ ABSL_GUARDED_BY(mutex_);
  bool unmount_failed_ ABSL_GUARDED_BY(mutex_) = false;  ///< since the retry thread last looked
  size_t retries_running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread retry_thread_;
  /// Last, so that it goes first: while it waits for the work, the work still has everything, itself
  /// included.
  Sequences sequences_;
};

/// Is what was mounted there still there?
bool IsStillMounted(const VolumeUse& use);

/// The order in which work on a volume, or on a container, is done.
std::string SequenceOf(const VolumeKey& key);
std::string SequenceOf(const std::string& container);

}  // namespace rexray::mesos
