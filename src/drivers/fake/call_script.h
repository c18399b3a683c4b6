#pragma once

// What a test wants of a fake's calls: how long they take, which fail, which hang, which do their work and
// lose the answer; and how often each was made. FakeCloud and FakeHost each have one. Thread-safe.
//
//   cloud.calls().FailNext("Attach", absl::UnavailableError("the backend is away"), 2);
//   host.calls().Hang("Mount");
//   …start the call in a thread…
//   host.calls().WaitUntilHanging("Mount");   // no sleep: it is there now
//   host.calls().Release("Mount");
//
// A call that the fake does not have ends the test program: a typing error must not make a test that tests
// nothing.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace rexray::drivers::fake {

class CallScript {
 public:
  /// `owner` is for messages ("the fake cloud").
  CallScript(std::string owner, Clock& clock, const std::set<std::string>& calls);

  // --- for tests. `subject` is a volume's id (cloud), a device or a mount point (host); "" = any. ---

  /// The next `times` calls fail before they do anything. Negative `times`: all from now on.
  void FailNext(const std::string& call, const absl::Status& status, int times = 1,
                const std::string& subject = "");
  /// The next `times` calls do their work, then the caller gets `status`.
  void LoseAnswer(const std::string& call, const absl::Status& status, int times = 1,
                  const std::string& subject = "");
  /// No faults any more; what hangs goes on.
  void Clear();

  /// Each such call takes that long, on the fake's clock.
  void SetLatency(const std::string& call, Duration latency);

  /// Calls stop before they do anything, until Release or until their own deadline.
  void Hang(const std::string& call, const std::string& subject = "");
  void Release(const std::string& call);
  /// Blocks until `n` of these calls hang.
  void WaitUntilHanging(const std::string& call, int n = 1);

  int Count(const std::string& call, const std::string& subject = "") const;
  /// "Attach vol-1", in order of arrival.
  std::vector<std::string> Log() const;
  void ForgetCalls();

  // --- for the fakes ---

  /// Runs `work` (it returns absl::Status or absl::StatusOr) as the script wants it.
  template <typename Work>
  auto Run(const std::string& call, const std::string& subject, Deadline deadline, Work work)
      -> decltype(work()) {
    absl::Status lost;
    if (absl::Status refused = Enter(call, subject, deadline, lost); !refused.ok()) return refused;
    auto result = work();
    if (!lost.ok()) return lost;
    return result;
  }

 private:
  struct Fault {
    std::string subject;
    absl::Status status;
    int times;
    bool after_work;
  };
  struct Call {
    Duration latency{0};
    std::vector<Fault> faults;
    std::set<std::string> hang_subjects;
    bool hang_all = false;
    int hanging = 0;
    uint64_t releases = 0;
  };

  absl::Status Enter(const std::string& call, const std::string& subject, Deadline deadline,
                     absl::Status& lost);
  absl::Status WaitLatency(Call& call, const std::string& name, const std::string& subject, Deadline deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WaitRelease(Call& call, const std::string& name, const std::string& subject, Deadline deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeFault(Call& call, const std::string& subject, bool after_work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Call& Known(const std::string& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TimedOut(const std::string& name, const std::string& subject) const;

  const std::string owner_;
  Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, std::string>> log_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::fake
