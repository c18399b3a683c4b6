#pragma once

// A driver that is still being opened: opening may read a disk or ask a network that does not answer, and the
// other services of the daemon do not wait for it. It is opened on a thread of its own; calls wait for that
// within their deadline, and say so when it passes. When opening fails, calls are answered at once with the
// reason, and it is tried again for as long as the reason may pass. Once opened, it is the driver.
//
// No call is ever answered NotFound before that: whoever asks (fencing, recovery) would take the volume for
// gone.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "volume/storage_driver.h"

namespace rexray {

/// Thread-safe.
class LateDriver final : public StorageDriver {
 public:
  using Opener = std::function<absl::StatusOr<std::unique_ptr<StorageDriver>>()>;
  struct Options {
    std::string service;  ///< for messages
    std::string driver;   ///< "local": its name
    /// What it will be able to do, as far as that is known before it is opened: its kind, and whether its
    /// volumes come over a network.
    DriverCapabilities expected;
    /// Between attempts to open it; doubled up to retry_cap.
    Duration retry_first = std::chrono::seconds(5);
    Duration retry_cap = std::chrono::seconds(60);
  };

  /// `clock` outlives it. Nothing is opened before Begin.
  LateDriver(Options options, Clock& clock, Opener opener);
  /// Waits for an opening that is under way: Stop says whether there is one.
  ~LateDriver() override;

  /// Starts to open it, on a thread of its own ("starters"). Once.
  void Begin();
  /// Until the first attempt has ended, whether it is open then or down.
  void AwaitFirstAttempt(Deadline deadline);
  /// It is not tried again, and who waits goes home with Unavailable. False: it is being opened still.
  bool Stop();

  std::string Name() const override { return options_.driver; }
  Readiness Ready() const override;
  const DriverCapabilities& Capabilities() const override;
  absl::StatusOr<Node> ThisNode(const CallContext& context) override;
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext& context) override;
  absl::StatusOr<std::vector<Volume>> FindByName(const CallContext& context,
                                                 const std::vector<std::string>& names) override;
  absl::StatusOr<Volume> Get(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Create(const CallContext& context, const CreateSpec& spec) override;
  absl::Status Remove(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Attachment> Attach(const CallContext& context, const std::string& id,
                                    const AttachOptions& options) override;
  absl::StatusOr<LocalResource> AwaitLocal(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext& context,
                                                         const std::string& id) override;
  absl::Status Detach(const CallContext& context, const std::string& id, const NodeId& node,
                      bool force) override;
  absl::StatusOr<Volume> Grow(const CallContext& context, const std::string& id, uint64_t size) override;
  absl::Status ClearBlankMark(const CallContext& context, const std::string& id) override;
  absl::Status ClearUuidMark(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Modify(const CallContext& context, const std::string& id,
                                const ModifySpec& spec) override;
  absl::StatusOr<Volume> Adopt(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<Pool>> PoolOf(const CallContext& context) override;
  absl::Status OnStaged(const CallContext& context, const std::string& id) override;
  absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) override;
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const CallContext& context) override;
  absl::StatusOr<Snapshot> CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                          const SnapshotSpec& spec) override;
  absl::Status RemoveSnapshot(const CallContext& context, const std::string& id) override;
  std::vector<Diagnosis> Diagnose(const CallContext& context) override;

 private:
  void Open();
  absl::StatusOr<StorageDriver*> Await(const CallContext& context);
  bool PauseBefore(Duration wait);
  std::string OpeningLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status FailureLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Failed(const absl::Status& why);
  template <typename Call>
  auto With(const CallContext& context, Call call) -> decltype(call(std::declval<StorageDriver&>()));

  const Options options_;
  Clock& clock_;
  const Opener opener_;
  std::unique_ptr<StorageDriver> driver_;      ///< written once, before `open_`
  std::atomic<StorageDriver*> open_{nullptr};  ///< what `driver_` holds: most calls need no lock

  mutable Mutex mutex_;
  CondVar changed_;
  TimePoint begun_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);  ///< of the last attempt; OK before the first has ended
  bool opening_ ABSL_GUARDED_BY(mutex_) = false;  ///< the opener runs
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  ///< Begin and the destructor alone
};

}  // namespace rexray
