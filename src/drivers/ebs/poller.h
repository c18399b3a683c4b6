#pragma once

// Everything that waits for a state on EC2 (attaching, detaching, creating, modifying, pending), in one
// place: N waits cost ⌈N/500⌉ Describe calls for each interval, and the interval grows while nothing changes.

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/thread.h"

namespace rexray::drivers::ebs {

struct PollPace {
  Duration first = std::chrono::milliseconds(500);
  Duration most = std::chrono::seconds(8);
  double growth = 1.5;
  Duration call = std::chrono::seconds(10);  ///< a Describe that takes longer is given up, and made again
};

/// Thread-safe. Its thread ("ebs-poll") starts with the first wait, and sleeps while nobody waits.
template <typename T>
class Poller {
 public:
  using Seen = std::map<std::string, T>;
  using Ask = std::function<absl::StatusOr<Seen>(const std::vector<std::string>& ids, Deadline deadline)>;
  /// Looks at what EC2 shows (nullptr: it does not know the id): nullopt = wait on. Called from the waiter's
  /// thread.
  using Judge = std::function<std::optional<absl::Status>(const T* seen)>;
  /// Another reason to stop waiting, asked before each pause and at each Nudge; true = OK. May be null.
  using Local = std::function<bool()>;

  Poller(Clock& clock, PollPace pace, Ask ask) : clock_(clock), pace_(pace), ask_(std::move(ask)) {}
  ~Poller() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      work_.NotifyAll();
    }
    if (thread_.joinable()) thread_.join();
  }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Returns what `judge` decides, OK when `local` holds, or DeadlineExceeded: "waited for WHAT". A refusal
  /// to answer (IAM) ends the wait; failures that may pass do not, and the last one is in the message.
  absl::Status Wait(const std::string& id, const std::string& what, Deadline deadline, const Judge& judge,
                    const Local& local = nullptr) {
    Waiter self{id};
    MutexLock lock(mutex_);
    Begin(self);
    absl::Status result = WaitFor(self, what, deadline, judge, local);
    waiters_.remove(&self);
    return result;
  }

  /// Something local changed: every waiter's `local` is asked again.
  void Nudge() {
    MutexLock lock(mutex_);
    seen_.NotifyAll();
  }

 private:
  struct Waiter {
    std::string id;
    uint64_t round = 0;   ///< the last one that had its id
    uint64_t judged = 0;  ///< the last one that it looked at
    std::shared_ptr<const T> seen{};
    absl::Status failure{};  ///< of the last round that failed
  };

  void Begin(Waiter& self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!thread_.joinable()) thread_ = StartThread("ebs-poll", [this] { Run(); });
    waiters_.push_back(&self);
    interval_ = pace_.first;  // what is new changes soon
    next_ = std::min(next_, clock_.Now() + interval_);
    work_.NotifyAll();
  }

  absl::Status WaitFor(Waiter& self, const std::string& what, Deadline deadline, const Judge& judge,
                       const Local& local) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (true) {
      if (local && Unlocked([&] { return local(); })) return absl::OkStatus();
      if (self.judged != self.round) {
        self.judged = self.round;
        const std::shared_ptr<const T> seen = self.seen;
        const std::optional<absl::Status> verdict = Unlocked([&] { return judge(seen.get()); });
        if (verdict) return *verdict;
        continue;  // time passed meanwhile
      }
      if (IsFinal(self.failure)) return self.failure;
      if (deadline.Passed(clock_)) {
        return Error(absl::StatusCode::kDeadlineExceeded, "waited for {}{}{}", what,
                     self.failure.ok() ? "" : "; EC2's last answer: ", MessageOf(self.failure));
      }
      clock_.WaitUntil(seen_, mutex_, deadline.at());
    }
  }

  /// `call` without the lock.
  template <typename Call>
  auto Unlocked(Call call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    mutex_.Unlock();
    auto result = call();
    mutex_.Lock();
    return result;
  }

  static bool IsFinal(const absl::Status& status) {
    return absl::IsPermissionDenied(status) || absl::IsInvalidArgument(status) ||
           status.code() == absl::StatusCode::kUnauthenticated;
  }

  void Run() {
    MutexLock lock(mutex_);
    while (!stopping_) {
      if (waiters_.empty()) {
        next_ = TimePoint::max();
        work_.Wait(mutex_);
      } else if (clock_.Now() < next_) {
        clock_.WaitUntil(work_, mutex_, next_);
      } else {
        Round();
      }
    }
  }

  void Round() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<std::string> ids;
    for (const Waiter* waiter : waiters_) ids.push_back(waiter->id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const TimePoint begun = clock_.Now();
    next_ = TimePoint::max();  // waits that begin meanwhile set it
    const absl::StatusOr<Seen> seen =
        Unlocked([&] { return ask_(ids, Deadline::After(clock_, pace_.call)); });
    bool changed = false;
    ++round_;
    for (Waiter* waiter : waiters_) {
      if (std::binary_search(ids.begin(), ids.end(), waiter->id)) changed |= Tell(*waiter, seen);
    }
    if (!changed)
      interval_ = std::min(pace_.most, std::chrono::duration_cast<Duration>(interval_ * pace_.growth));
    next_ = std::min(next_, begun + interval_);
    seen_.NotifyAll();
  }

  /// Whether that is news.
  bool Tell(Waiter& waiter, const absl::StatusOr<Seen>& seen) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    waiter.failure = seen.status();
    if (!seen.ok()) return false;
    const auto found = seen->find(waiter.id);
    const bool there = found != seen->end();
    const bool news = waiter.round != 0 &&
                      (there != (waiter.seen != nullptr) || (there && !(found->second == *waiter.seen)));
    waiter.round = round_;
    waiter.seen = there ? std::make_shared<const T>(found->second) : nullptr;
    return news;
  }

  Clock& clock_;
  const PollPace pace_;
  const Ask ask_;
  Mutex mutex_;
  CondVar work_;  ///< for the thread
  CondVar seen_;  ///< for the waiters
  std::list<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
  Duration interval_ ABSL_GUARDED_BY(mutex_){};
  TimePoint next_ ABSL_GUARDED_BY(mutex_) = TimePoint::max();
  uint64_t round_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::ebs
