#pragma once

// Somebody who waits for an answer until a deadline. Whoever claims a waiter first, the work or the timer,
// answers it: `done` is called exactly once.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "engine/deadline_timer.h"

namespace rexray::engine {

/// Thread-safe. Held by the work that it waits for.
class Waiter {
 public:
  explicit Waiter(Deadline deadline) : deadline_(deadline) {}
  virtual ~Waiter() {
    if (timer_ != nullptr) timer_->Cancel(timer_id_);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Deadline deadline() const { return deadline_; }

  /// True for one caller only: that one answers.
  bool Claim() { return !claimed_.exchange(true); }
  bool Claimed() const { return claimed_.load(); }

  /// Answers with an error, unless it was answered before.
  void FailOnce(const absl::Status& status) {
    if (Claim()) Fail(absl::Status(status.code(), status.message()));
  }

  /// `text` is asked for the error when the deadline passes. Call once, before the waiter is shared. The
  /// timer outlives the waiter.
  static void Arm(const std::shared_ptr<Waiter>& waiter, DeadlineTimer& timer,
                  std::function<absl::Status()> text) {
    if (waiter->deadline_.IsNever()) return;
    waiter->timer_ = &timer;
    waiter->timer_id_ = timer.At(waiter->deadline_.at(), [weak = std::weak_ptr<Waiter>(waiter), text] {
      if (const std::shared_ptr<Waiter> alive = weak.lock(); alive && !alive->Claimed()) {
        const absl::Status status = text();
        alive->FailOnce(status);
      }
    });
  }

 protected:
  /// After a successful Claim. The status is the waiter's alone: absl::Status shares its text between copies,
  /// and the count of them is in a library that ThreadSanitizer does not see into.
  virtual void Fail(absl::Status status) = 0;

 private:
  const Deadline deadline_;
  std::atomic<bool> claimed_{false};
  DeadlineTimer* timer_ = nullptr;
  uint64_t timer_id_ = 0;
};

template <typename T>
class ValueWaiter final : public Waiter {
 public:
  using Callback = std::function<void(absl::StatusOr<T>)>;
  ValueWaiter(Deadline deadline, Callback done) : Waiter(deadline), done_(std::move(done)) {}

  void AnswerOnce(T value) {
    if (Claim()) done_(std::move(value));
  }

 private:
  void Fail(absl::Status status) override { done_(std::move(status)); }
  const Callback done_;
};

class StatusWaiter final : public Waiter {
 public:
  using Callback = std::function<void(absl::Status)>;
  StatusWaiter(Deadline deadline, Callback done) : Waiter(deadline), done_(std::move(done)) {}

  void AnswerOnce(const absl::Status& status) {
    if (Claim()) done_(absl::Status(status.code(), status.message()));
  }

 private:
  void Fail(absl::Status status) override { done_(std::move(status)); }
  const Callback done_;
};

}  // namespace rexray::engine
