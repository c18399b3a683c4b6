#include "engine/operation_queue.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace rexray::engine {

OperationQueue::OperationQueue(Clock& clock, DeadlineTimer& timer, size_t limit,
                               std::function<std::string(const std::string& service)> remark)
    : clock_(clock), timer_(timer), remark_(std::move(remark)), threads_("vol-op", limit) {}

OperationQueue::~OperationQueue() {
  WaitIdle(Deadline::Never());
}

void OperationQueue::Submit(std::shared_ptr<Operation> operation, std::shared_ptr<Waiter> waiter) {
  const VolumeKey key = operation->key;
  if (waiter != nullptr) {
    Waiter::Arm(waiter, timer_, [this, key, name = operation->name, asked = clock_.Now()] {
      return TooLate(key, name, asked);
    });
  }
  absl::Status refused;
  bool start = false;
  {
    MutexLock lock(mutex_);
    if (closed_for_all_ || (waiter != nullptr && !refused_.ok())) {
      refused = refused_;
    } else if (const std::shared_ptr<Operation> joined = Join(*operation)) {
      if (waiter != nullptr) joined->waiters.push_back(std::move(waiter));
    } else if (waiter != nullptr && queued_ >= kMostQueued) {
      refused = Error(absl::StatusCode::kResourceExhausted,
                      "volume \"{}\": {} operations wait already; try again later", operation->name, queued_);
    } else {
      Slot& slot = slots_[key];
      if (waiter != nullptr) operation->waiters.push_back(std::move(waiter));
      start = slot.operations.empty() && !slot.held_inline;
      slot.operations.push_back(std::move(operation));
      ++queued_;
    }
  }
  if (!refused.ok()) {
    if (waiter != nullptr) waiter->FailOnce(refused);
    return;
  }
  if (start) StartThread(key);
}

std::shared_ptr<Operation> OperationQueue::Join(const Operation& operation) {
  const auto slot = slots_.find(operation.key);
  if (slot == slots_.end() || slot->second.operations.empty() || operation.join.empty()) return nullptr;
  // Only the last one: what was asked for in between must have happened before.
  const std::shared_ptr<Operation>& last = slot->second.operations.back();
  if (last->closed || last->join != operation.join) return nullptr;
  if (operation.join_only_abandoned && !AbandonedLocked(*last)) return nullptr;
  std::erase_if(last->waiters, [](const std::shared_ptr<Waiter>& waiter) { return waiter->Claimed(); });
  return last;
}

bool OperationQueue::AbandonedLocked(const Operation& operation) const {
  return std::all_of(operation.waiters.begin(), operation.waiters.end(),
                     [](const std::shared_ptr<Waiter>& waiter) { return waiter->Claimed(); });
}

void OperationQueue::StartThread(const VolumeKey& key) {
  const absl::Status started = threads_.Start([this, key] { Work(key); });
  if (started.ok()) return;
  Operations refused;
  {
    MutexLock lock(mutex_);
    const auto slot = slots_.find(key);
    refused.swap(slot->second.operations);
    queued_ -= refused.size();
    slots_.erase(slot);
    idle_.NotifyAll();
  }
  for (const std::shared_ptr<Operation>& operation : refused) {
    const absl::Status status = Annotate(started, fmt::format("volume \"{}\"", operation->name));
    for (const std::shared_ptr<Waiter>& waiter : operation->waiters) waiter->FailOnce(status);
  }
}

void OperationQueue::Work(VolumeKey key) {
  while (true) {
    std::shared_ptr<Operation> operation;
    bool skip = false;
    {
      MutexLock lock(mutex_);
      Slot& slot = slots_[key];
      operation = slot.operations.front();
      slot.step = operation->kind;
      slot.doing = "to begin";
      slot.step_since = clock_.Now();
      skip = operation->skip_when_abandoned && AbandonedLocked(*operation);
      if (skip) operation->closed = true;
    }
    if (!skip) operation->body(*operation);
    for (const std::shared_ptr<Waiter>& waiter : Close(*operation)) {
      waiter->FailOnce(Error(absl::StatusCode::kInternal, "volume \"{}\": {} ended without an answer",
                             operation->name, operation->kind));
    }
    operation->body = nullptr;  // what it holds goes before the lock is taken

    MutexLock lock(mutex_);
    const auto slot = slots_.find(key);
    slot->second.operations.pop_front();
    --queued_;
    if (!slot->second.operations.empty()) continue;
    slots_.erase(slot);
    idle_.NotifyAll();
    return;
  }
}

bool OperationQueue::TryInline(const VolumeKey& key, const std::function<void()>& body) {
  {
    MutexLock lock(mutex_);
    if (!refused_.ok()) return false;
    Slot& slot = slots_[key];
    if (!slot.operations.empty() || slot.held_inline) return false;
    slot.held_inline = true;
  }
  body();
  bool start = false;
  {
    MutexLock lock(mutex_);
    const auto slot = slots_.find(key);
    slot->second.held_inline = false;
    start = !slot->second.operations.empty();
    if (!start) slots_.erase(slot);
    idle_.NotifyAll();
  }
  if (start) StartThread(key);
  return true;
}

std::vector<std::shared_ptr<Waiter>> OperationQueue::Close(Operation& operation) {
  MutexLock lock(mutex_);
  operation.closed = true;
  return std::exchange(operation.waiters, {});
}

std::optional<TimePoint> OperationQueue::WantedUntil(const Operation& operation) const {
  std::optional<TimePoint> last;
  MutexLock lock(mutex_);
  for (const std::shared_ptr<Waiter>& waiter : operation.waiters) {
    if (waiter->Claimed()) continue;
    last = std::max(last.value_or(waiter->deadline().at()), waiter->deadline().at());
  }
  return last;
}

void OperationQueue::SetStep(const VolumeKey& key, const std::string& step, const std::string& doing) {
  MutexLock lock(mutex_);
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return;
  slot->second.step = step;
  slot->second.doing = doing;
  slot->second.step_since = clock_.Now();
}

/// Not when its callers have their answer and only its thread has not gone yet.
bool OperationQueue::Busy(const Slot& slot) {
  return slot.operations.size() > 1 || (slot.operations.size() == 1 && !slot.operations.front()->closed);
}

std::string OperationQueue::WaitingFor(const VolumeKey& key) const {
  MutexLock lock(mutex_);
  const auto slot = slots_.find(key);
  if (slot == slots_.end() || !Busy(slot->second) || slot->second.step.empty()) return "";
  return slot->second.step + ": waiting for " + slot->second.doing;
}

std::map<VolumeKey, std::string> OperationQueue::AllWaitingFor() const {
  std::map<VolumeKey, std::string> result;
  MutexLock lock(mutex_);
  for (const auto& [key, slot] : slots_) {
    if (Busy(slot) && !slot.step.empty()) result[key] = slot.step + ": waiting for " + slot.doing;
  }
  return result;
}

absl::Status OperationQueue::TooLate(const VolumeKey& key, const std::string& name, TimePoint asked) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.Now() - asked).count();
  std::string remark = remark_ ? remark_(key.service) : "";
  if (!remark.empty()) remark = ", while " + remark;
  MutexLock lock(mutex_);
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) {
    return Error(absl::StatusCode::kDeadlineExceeded,
                 "volume \"{}\": no answer after {} s{}; repeat the call", name, seconds, remark);
  }
  return Error(
      absl::StatusCode::kDeadlineExceeded,
      "volume \"{}\": still waiting for {} (step {}, {} s){}; the work goes on, repeat the call to join it",
      name, slot->second.doing, slot->second.step, seconds, remark);
}

void OperationQueue::RefuseNew(absl::Status status) {
  MutexLock lock(mutex_);
  refused_ = std::move(status);
}

void OperationQueue::CloseForAll(absl::Status status) {
  MutexLock lock(mutex_);
  refused_ = std::move(status);
  closed_for_all_ = true;
}

void OperationQueue::FailAllWaiters(const absl::Status& status) {
  std::vector<std::shared_ptr<Waiter>> all;
  {
    MutexLock lock(mutex_);
    for (auto& [key, slot] : slots_) {
      for (const std::shared_ptr<Operation>& operation : slot.operations) {
        all.insert(all.end(), operation->waiters.begin(), operation->waiters.end());
      }
    }
  }
  for (const std::shared_ptr<Waiter>& waiter : all) waiter->FailOnce(status);
}

bool OperationQueue::WaitIdle(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!slots_.empty()) {
    if (deadline.Passed(clock_)) return false;
    clock_.WaitUntil(idle_, mutex_, deadline.at());
  }
  return true;
}

}  // namespace rexray::engine
