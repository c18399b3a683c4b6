#include "drivers/fake/call_script.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/status.h"
#include "drivers/fake/own_status.h"

namespace rexray::drivers::fake {

CallScript::CallScript(std::string owner, Clock& clock, const std::set<std::string>& calls)
    : owner_(std::move(owner)), clock_(clock) {
  MutexLock lock(mutex_);
  for (const std::string& call : calls) calls_[call];
}

CallScript::Call& CallScript::Known(const std::string& call) {
  auto found = calls_.find(call);
  if (found == calls_.end()) {
    std::fprintf(stderr, "%s has no call \"%s\"\n", owner_.c_str(), call.c_str());
    std::abort();
  }
  return found->second;
}

void CallScript::FailNext(const std::string& call, const absl::Status& status, int times,
                          const std::string& subject) {
  MutexLock lock(mutex_);
  Known(call).faults.push_back({subject, Own(status), times, /*after_work=*/false});
}

void CallScript::LoseAnswer(const std::string& call, const absl::Status& status, int times,
                            const std::string& subject) {
  MutexLock lock(mutex_);
  Known(call).faults.push_back({subject, Own(status), times, /*after_work=*/true});
}

void CallScript::Clear() {
  MutexLock lock(mutex_);
  for (auto& [name, call] : calls_) {
    call.faults.clear();
    call.hang_all = false;
    call.hang_subjects.clear();
    ++call.releases;
  }
  changed_.NotifyAll();
}

void CallScript::SetLatency(const std::string& call, Duration latency) {
  MutexLock lock(mutex_);
  Known(call).latency = latency;
}

void CallScript::Hang(const std::string& call, const std::string& subject) {
  MutexLock lock(mutex_);
  Call& known = Known(call);
  if (subject.empty()) {
    known.hang_all = true;
  } else {
    known.hang_subjects.insert(subject);
  }
}

void CallScript::Release(const std::string& call) {
  MutexLock lock(mutex_);
  Call& known = Known(call);
  known.hang_all = false;
  known.hang_subjects.clear();
  ++known.releases;
  changed_.NotifyAll();
}

void CallScript::WaitUntilHanging(const std::string& call, int n) {
  MutexLock lock(mutex_);
  while (Known(call).hanging < n) changed_.Wait(mutex_);
}

int CallScript::Count(const std::string& call, const std::string& subject) const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::count_if(log_.begin(), log_.end(), [&](const auto& entry) {
    return entry.first == call && (subject.empty() || entry.second == subject);
  }));
}

std::vector<std::string> CallScript::Log() const {
  MutexLock lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [call, subject] : log_)
    lines.push_back(subject.empty() ? call : fmt::format("{} {}", call, subject));
  return lines;
}

void CallScript::ForgetCalls() {
  MutexLock lock(mutex_);
  log_.clear();
}

absl::Status CallScript::TimedOut(const std::string& name, const std::string& subject) const {
  return Error(absl::StatusCode::kDeadlineExceeded, "{}: {}{}{} had no answer in time", owner_, name,
               subject.empty() ? "" : " of ", subject);
}

absl::Status CallScript::Enter(const std::string& call, const std::string& subject, Deadline deadline,
                               absl::Status& lost) {
  MutexLock lock(mutex_);
  Call& known = Known(call);
  log_.emplace_back(call, subject);
  changed_.NotifyAll();
  if (deadline.Passed(clock_)) return TimedOut(call, subject);
  RETURN_IF_ERROR(WaitRelease(known, call, subject, deadline));
  RETURN_IF_ERROR(WaitLatency(known, call, subject, deadline));
  RETURN_IF_ERROR(TakeFault(known, subject, /*after_work=*/false));
  lost = TakeFault(known, subject, /*after_work=*/true);
  return absl::OkStatus();
}

absl::Status CallScript::WaitLatency(Call& call, const std::string& name, const std::string& subject,
                                     Deadline deadline) {
  if (call.latency == Duration::zero()) return absl::OkStatus();
  const TimePoint end = clock_.Now() + call.latency;
  while (clock_.Now() < end) {
    if (deadline.Passed(clock_)) return TimedOut(name, subject);
    clock_.WaitUntil(changed_, mutex_, std::min(end, deadline.at()));
  }
  return absl::OkStatus();
}

absl::Status CallScript::WaitRelease(Call& call, const std::string& name, const std::string& subject,
                                     Deadline deadline) {
  if (!call.hang_all && !call.hang_subjects.contains(subject)) return absl::OkStatus();
  const uint64_t before = call.releases;
  ++call.hanging;
  changed_.NotifyAll();
  while (call.releases == before && !deadline.Passed(clock_)) {
    clock_.WaitUntil(changed_, mutex_, deadline.at());
  }
  --call.hanging;
  return call.releases == before ? TimedOut(name, subject) : absl::OkStatus();
}

absl::Status CallScript::TakeFault(Call& call, const std::string& subject, bool after_work) {
  for (auto fault = call.faults.begin(); fault != call.faults.end(); ++fault) {
    if (fault->after_work != after_work || (!fault->subject.empty() && fault->subject != subject)) continue;
    absl::Status status = Own(fault->status);
    if (fault->times > 0 && --fault->times == 0) call.faults.erase(fault);
    return status;
  }
  return absl::OkStatus();
}

}  // namespace rexray::drivers::fake
