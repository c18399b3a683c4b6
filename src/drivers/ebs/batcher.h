#pragma once

// Questions of many callers in few Describe calls. Callers within a window share a call, equal questions
// share a slot, one call is under way at a time (its duration is the next one's window), and what one
// caller's deadline cuts short another one takes over. No thread of its own: a caller whose question is open
// asks for all.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status.h"

namespace rexray::drivers::ebs {

/// Thread-safe. An answer is never older than the question.
template <typename T>
class Batcher {
 public:
  using Answers = std::map<std::string, T>;
  /// Asks EC2; a question that there is nothing for has no answer. Called from callers' threads, with no lock
  /// held.
  using Ask =
      std::function<absl::StatusOr<Answers>(const std::vector<std::string>& questions, Deadline deadline)>;

  struct Limits {
    size_t most = 500;                                ///< questions in one call
    Duration window = std::chrono::milliseconds(10);  ///< how long the first waits for others
    Duration patience = std::chrono::seconds(2);  ///< a call that takes longer no longer holds up the next
  };

  Batcher(Clock& clock, std::string what, Limits limits, Ask ask)
      : clock_(clock), what_(std::move(what)), limits_(limits), ask_(std::move(ask)) {}

  absl::StatusOr<Answers> Get(const std::vector<std::string>& questions, Deadline deadline) {
    MutexLock lock(mutex_);
    std::map<std::string, std::shared_ptr<Slot>> mine;
    for (const std::string& question : questions) {
      std::shared_ptr<Slot>& slot = waiting_[question];
      if (slot == nullptr) slot = std::make_shared<Slot>();
      mine[question] = slot;
    }
    while (AnyOpen(mine)) {
      if (deadline.Passed(clock_)) {
        return Error(absl::StatusCode::kDeadlineExceeded, "waited for the answer to {}", what_);
      }
      if (MayAsk() && AnyUnasked(mine)) {
        AskForAll(deadline);
      } else {
        clock_.WaitUntil(changed_, mutex_, std::min(deadline.at(), slow_at_));
      }
    }
    return Collect(mine);
  }

 private:
  struct Slot {
    bool asked = false;
    bool done = false;
    absl::Status status;
    std::shared_ptr<const T> answer;  ///< null: there is nothing
  };
  using Slots = std::map<std::string, std::shared_ptr<Slot>>;

  static bool AnyOpen(const Slots& slots) {
    return std::any_of(slots.begin(), slots.end(), [](const auto& entry) { return !entry.second->done; });
  }
  static bool AnyUnasked(const Slots& slots) {
    return std::any_of(slots.begin(), slots.end(), [](const auto& entry) { return !entry.second->asked; });
  }
  static absl::StatusOr<Answers> Collect(const Slots& slots) {
    Answers answers;
    for (const auto& [question, slot] : slots) {
      if (!slot->status.ok()) return slot->status;
      if (slot->answer != nullptr) answers.emplace(question, *slot->answer);
    }
    return answers;
  }

  bool MayAsk() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !gathering_ && (under_way_ == 0 || clock_.Now() >= slow_at_);
  }

  Slots Gather(Deadline deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    gathering_ = true;
    const Deadline end = Deadline::After(clock_, limits_.window).Earlier(deadline);
    while (waiting_.size() < limits_.most && !end.Passed(clock_))
      clock_.WaitUntil(changed_, mutex_, end.at());
    gathering_ = false;
    Slots batch;
    while (!waiting_.empty() && batch.size() < limits_.most) batch.insert(waiting_.extract(waiting_.begin()));
    for (auto& [question, slot] : batch) slot->asked = true;
    return batch;
  }

  void AskForAll(Deadline deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Slots batch = Gather(deadline);
    std::vector<std::string> questions;
    for (const auto& [question, slot] : batch) questions.push_back(question);
    ++under_way_;
    slow_at_ = clock_.Now() + limits_.patience;
    changed_.NotifyAll();  // others may gather the next batch once this one is slow
    mutex_.Unlock();
    absl::StatusOr<Answers> answers = ask_(questions, deadline);
    mutex_.Lock();
    if (--under_way_ == 0) slow_at_ = TimePoint::max();
    for (const auto& [question, slot] : batch) Settle(question, slot, answers);
    changed_.NotifyAll();
  }

  void Settle(const std::string& question, const std::shared_ptr<Slot>& slot,
              const absl::StatusOr<Answers>& answers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (absl::IsDeadlineExceeded(answers.status())) {
      // The asker's time was over, and perhaps no other's: the question is open again, for whoever still
      // waits. A slot that was queued anew meanwhile is another one; both get asked.
      if (slot.use_count() > 2 && waiting_.emplace(question, slot).second) {
        slot->asked = false;
        return;
      }
    }
    slot->done = true;
    slot->status = answers.status();
    if (!answers.ok()) return;
    if (const auto found = answers->find(question); found != answers->end()) {
      slot->answer = std::make_shared<const T>(found->second);
    }
  }

  Clock& clock_;
  const std::string what_;
  const Limits limits_;
  const Ask ask_;
  Mutex mutex_;
  CondVar changed_;
  Slots waiting_ ABSL_GUARDED_BY(mutex_);  ///< not asked yet
  bool gathering_ ABSL_GUARDED_BY(mutex_) = false;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  TimePoint slow_at_ ABSL_GUARDED_BY(mutex_) = TimePoint::max();
};

}  // namespace rexray::drivers::ebs
