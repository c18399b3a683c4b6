#include "volume/late_driver.h"

#include <algorithm>

#include "base/logging.h"
#include "base/status.h"
#include "base/thread.h"

namespace rexray {
namespace {

/// The configuration is wrong, or this program has no such driver: that does not pass by itself.
bool IsForGood(const absl::Status& why) {
  return absl::IsInvalidArgument(why) || absl::IsNotFound(why) || absl::IsUnimplemented(why);
}

}  // namespace

LateDriver::LateDriver(Options options, Clock& clock, Opener opener)
    : options_(std::move(options)), clock_(clock), opener_(std::move(opener)) {}

LateDriver::~LateDriver() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

// --- opening ---

void LateDriver::Begin() {
  {
    MutexLock lock(mutex_);
    begun_ = clock_.Now();
    opening_ = true;
  }
  absl::StatusOr<std::thread> started = TryStartThread("starters", [this] { Open(); });
  if (!started.ok()) return Failed(started.status());
  thread_ = *std::move(started);
}

void LateDriver::Open() {
  for (Duration wait = options_.retry_first;; wait = std::min(wait * 2, options_.retry_cap)) {
    absl::StatusOr<std::unique_ptr<StorageDriver>> opened = opener_();
    if (opened.ok()) {
      MutexLock lock(mutex_);
      driver_ = *std::move(opened);
      open_.store(driver_.get(), std::memory_order_release);
      opening_ = false;
      changed_.NotifyAll();
      if (!failure_.ok()) {
        LogInfo("a service is up", {{"service", options_.service}, {"driver", options_.driver}});
      }
      return;
    }
    Failed(opened.status());
    if (IsForGood(opened.status()) || !PauseBefore(wait)) return;
  }
}

void LateDriver::Failed(const absl::Status& why) {
  MutexLock lock(mutex_);
  if (failure_ != why) {
    LogError("a service is down", {{"service", options_.service},
                                   {"driver", options_.driver},
                                   {"reason", std::string(MessageOf(why))}});
  }
  failure_ = absl::Status(why.code(), why.message());
  opening_ = false;
  changed_.NotifyAll();
}

/// False: the daemon is stopping.
bool LateDriver::PauseBefore(Duration wait) {
  MutexLock lock(mutex_);
  const TimePoint until = clock_.Now() + wait;
  while (!stopping_ && clock_.Now() < until) clock_.WaitUntil(changed_, mutex_, until);
  opening_ = !stopping_;
  return opening_;
}

void LateDriver::AwaitFirstAttempt(Deadline deadline) {
  MutexLock lock(mutex_);
  while (opening_ && failure_.ok() && !deadline.Passed(clock_)) {
    clock_.WaitUntil(changed_, mutex_, deadline.at());
  }
}

bool LateDriver::Stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
  return !opening_;
}

// --- what callers get meanwhile ---

std::string LateDriver::OpeningLocked() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.Now() - begun_).count();
  return fmt::format("its driver {} is being opened for {} s", options_.driver, seconds);
}

/// Unavailable, whatever the reason's own code.
absl::Status LateDriver::FailureLocked() const {
  return Error(absl::StatusCode::kUnavailable, "service \"{}\" is down: {}", options_.service,
               MessageOf(failure_));
}

Readiness LateDriver::Ready() const {
  if (open_.load(std::memory_order_acquire) != nullptr) return {};
  MutexLock lock(mutex_);
  if (!failure_.ok()) return {Readiness::Phase::kDown, std::string(MessageOf(failure_))};
  return {Readiness::Phase::kStarting, OpeningLocked()};
}

const DriverCapabilities& LateDriver::Capabilities() const {
  const StorageDriver* driver = open_.load(std::memory_order_acquire);
  return driver == nullptr ? options_.expected : driver->Capabilities();
}

absl::StatusOr<StorageDriver*> LateDriver::Await(const CallContext& context) {
  if (StorageDriver* driver = open_.load(std::memory_order_acquire); driver != nullptr) return driver;
  MutexLock lock(mutex_);
  while (open_.load(std::memory_order_acquire) == nullptr) {
    if (!failure_.ok()) return FailureLocked();
    if (stopping_) {
      return Error(absl::StatusCode::kUnavailable, "the daemon is stopping before service \"{}\" has started",
                   options_.service);
    }
    if (context.deadline.Passed(clock_)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "service \"{}\" is starting: {}", options_.service,
                   OpeningLocked());
    }
    clock_.WaitUntil(changed_, mutex_, context.deadline.at());
  }
  return open_.load(std::memory_order_acquire);
}

// --- the driver ---

template <typename Call>
auto LateDriver::With(const CallContext& context, Call call)
    -> decltype(call(std::declval<StorageDriver&>())) {
  ASSIGN_OR_RETURN(StorageDriver * driver, Await(context));
  return call(*driver);
}

absl::StatusOr<Node> LateDriver::ThisNode(const CallContext& context) {
  return With(context, [&](StorageDriver& driver) { return driver.ThisNode(context); });
}

absl::StatusOr<Aged<std::vector<Volume>>> LateDriver::List(const CallContext& context) {
  return With(context, [&](StorageDriver& driver) { return driver.List(context); });
}

absl::StatusOr<std::vector<Volume>> LateDriver::FindByName(const CallContext& context,
                                                           const std::vector<std::string>& names) {
  return With(context, [&](StorageDriver& driver) { return driver.FindByName(context, names); });
}

absl::StatusOr<Volume> LateDriver::Get(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.Get(context, id); });
}

absl::StatusOr<Volume> LateDriver::Create(const CallContext& context, const CreateSpec& spec) {
  return With(context, [&](StorageDriver& driver) { return driver.Create(context, spec); });
}

absl::Status LateDriver::Remove(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.Remove(context, id); });
}

absl::StatusOr<Attachment> LateDriver::Attach(const CallContext& context, const std::string& id,
                                              const AttachOptions& options) {
  return With(context, [&](StorageDriver& driver) { return driver.Attach(context, id, options); });
}

absl::StatusOr<LocalResource> LateDriver::AwaitLocal(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.AwaitLocal(context, id); });
}

absl::StatusOr<std::optional<LocalResource>> LateDriver::FindLocal(const CallContext& context,
                                                                   const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.FindLocal(context, id); });
}

absl::Status LateDriver::Detach(const CallContext& context, const std::string& id, const NodeId& node,
                                bool force) {
  return With(context, [&](StorageDriver& driver) { return driver.Detach(context, id, node, force); });
}

absl::StatusOr<Volume> LateDriver::Grow(const CallContext& context, const std::string& id, uint64_t size) {
  return With(context, [&](StorageDriver& driver) { return driver.Grow(context, id, size); });
}

absl::Status LateDriver::ClearBlankMark(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.ClearBlankMark(context, id); });
}

absl::Status LateDriver::ClearUuidMark(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.ClearUuidMark(context, id); });
}

absl::StatusOr<Volume> LateDriver::Modify(const CallContext& context, const std::string& id,
                                          const ModifySpec& spec) {
  return With(context, [&](StorageDriver& driver) { return driver.Modify(context, id, spec); });
}

absl::StatusOr<Volume> LateDriver::Adopt(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.Adopt(context, id); });
}

absl::StatusOr<std::optional<Pool>> LateDriver::PoolOf(const CallContext& context) {
  return With(context, [&](StorageDriver& driver) { return driver.PoolOf(context); });
}

absl::Status LateDriver::OnStaged(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.OnStaged(context, id); });
}

absl::StatusOr<HolderState> LateDriver::StateOfHolder(const CallContext& context, const NodeId& node) {
  return With(context, [&](StorageDriver& driver) { return driver.StateOfHolder(context, node); });
}

absl::StatusOr<std::vector<Snapshot>> LateDriver::ListSnapshots(const CallContext& context) {
  return With(context, [&](StorageDriver& driver) { return driver.ListSnapshots(context); });
}

absl::StatusOr<Snapshot> LateDriver::CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                    const SnapshotSpec& spec) {
  return With(context,
              [&](StorageDriver& driver) { return driver.CreateSnapshot(context, volume_id, spec); });
}

absl::Status LateDriver::RemoveSnapshot(const CallContext& context, const std::string& id) {
  return With(context, [&](StorageDriver& driver) { return driver.RemoveSnapshot(context, id); });
}

std::vector<Diagnosis> LateDriver::Diagnose(const CallContext& context) {
  if (StorageDriver* driver = open_.load(std::memory_order_acquire); driver != nullptr) {
    return driver->Diagnose(context);
  }
  const Readiness readiness = Ready();
  const bool down = readiness.phase == Readiness::Phase::kDown;
  return {{down ? Diagnosis::Verdict::kBroken : Diagnosis::Verdict::kWarning, "driver " + options_.driver,
           std::string(ToString(readiness.phase)) + ": " + readiness.why,
           down ? "mend what the reason says; it is tried again by itself, or restart the daemon"
                : "look whether the disk or the network below it answers"}};
}

}  // namespace rexray
