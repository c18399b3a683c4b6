#include "drivers/ebs/ec2_caller.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"

#include "base/logging.h"
#include "base/status.h"
#include "drivers/ebs/ec2_answers.h"
#include "drivers/ebs/ec2_error.h"

namespace rexray::drivers::ebs {
namespace {

constexpr Duration kWithoutDeadline = std::chrono::minutes(2);
/// A long back-off must not eat up what is left of the caller's time: where many nodes ask at once, those
/// that have waited longest are the next.
constexpr int kTriesBeforeTheEnd = 4;
constexpr Duration kShortest = std::chrono::milliseconds(200);
constexpr char kUnsurePayload[] = "rexray/ec2-unsure";

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

/// What one try says about the next one.
struct Ec2Caller::Attempt {
  bool again = false;
  bool unsure = false;       ///< it may have been done
  bool credentials = false;  ///< with fresh ones
};

bool WasUnsure(const absl::Status& status) {
  return status.GetPayload(kUnsurePayload).has_value();
}

void MarkUnsure(absl::Status& status) {
  status.SetPayload(kUnsurePayload, absl::Cord("1"));
}

std::string DefaultEndpoint(const std::string& region) {
  const bool china = region.rfind("cn-", 0) == 0;
  return fmt::format("https://ec2.{}.amazonaws.com{}", region, china ? ".cn" : "");
}

Ec2Caller::Ec2Caller(Clock& clock, HttpTransport& transport, CredentialChain& credentials,
                     CallerOptions options)
    : clock_(clock),
      transport_(transport),
      credentials_(credentials),
      options_(std::move(options)),
      limiter_(clock),
      generator_(options_.seed != 0 ? options_.seed : std::random_device{}()) {}

Backoff Ec2Caller::NewBackoff() {
  MutexLock lock(mutex_);
  return Backoff(options_.backoff, std::mt19937_64(generator_()));
}

void Ec2Caller::Pause(Duration wait, Deadline deadline) {
  const Deadline end = Deadline::After(clock_, wait).Earlier(deadline);
  MutexLock lock(mutex_);
  while (!end.Passed(clock_)) clock_.WaitUntil(never_, mutex_, end.at());
}

void Ec2Caller::NoteDate(const HttpReply& reply) {
  if (!reply.date) return;
  const Duration skew = *reply.date - clock_.WallNow();
  MutexLock lock(mutex_);
  skew_ = skew;
}

std::optional<Duration> Ec2Caller::ClockSkew() const {
  MutexLock lock(mutex_);
  return skew_;
}

absl::StatusOr<std::string> Ec2Caller::Call(const Query& query, Deadline deadline, WhenUnsure when_unsure) {
  const TimePoint begun = clock_.Now();
  if (deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "{}: its time was over before it began",
                 query.action());
  }
  if (deadline.IsNever()) deadline = Deadline::After(clock_, kWithoutDeadline);
  const std::string form = query.Encode();
  Backoff backoff = NewBackoff();
  bool fresh_credentials = false;
  absl::Status last;
  for (int tries = 1;; ++tries) {
    absl::Status turn = limiter_.Acquire(query.action(), deadline);
    if (!turn.ok()) return last.ok() ? turn : GivenUp(query, tries - 1, clock_.Now() - begun, last);
    Attempt attempt;
    absl::StatusOr<std::string> body = Try(query, form, deadline, attempt);
    if (body.ok()) return body;
    last = body.status();
    if (attempt.credentials && !fresh_credentials) {
      fresh_credentials = true;
      credentials_.Invalidate();
      continue;
    }
    if (attempt.unsure && when_unsure == WhenUnsure::kReturn) {
      MarkUnsure(last);
      return last;
    }
    if (!attempt.again) return last;
    const bool used_up = options_.retries && tries > *options_.retries;
    const Duration left = deadline.Remaining(clock_);
    const Duration wait = std::min(backoff.Next(), std::max<Duration>(left / kTriesBeforeTheEnd, kShortest));
    if (used_up || left <= wait) return GivenUp(query, tries, clock_.Now() - begun, last);
    LogDebug("EC2 is asked again", {{"action", query.action()}, {"reason", std::string(MessageOf(last))}});
    Pause(wait, deadline);
  }
}

absl::StatusOr<std::string> Ec2Caller::Try(const Query& query, const std::string& form, Deadline deadline,
                                           Attempt& attempt) {
  absl::StatusOr<Credentials> credentials = credentials_.Get(deadline);
  if (!credentials.ok()) {
    attempt.again = absl::IsUnavailable(credentials.status());
    return Annotate(credentials.status(), query.action());
  }
  HttpRequest request;
  request.method = "POST";
  request.url = options_.endpoint + "/";
  request.body = form;
  request.signature = AwsSignature{options_.region, credentials->access_key, credentials->secret_key,
                                   credentials->session_token};
  request.deadline = deadline;
  request.timeout = options_.attempt_timeout;
  absl::StatusOr<HttpReply> reply = transport_.Send(request);
  if (!reply.ok()) {
    attempt.again = absl::IsUnavailable(reply.status());
    attempt.unsure = attempt.again || absl::IsDeadlineExceeded(reply.status());
    return Annotate(reply.status(), query.action());
  }
  NoteDate(*reply);
  if (reply->status / 100 == 2) {
    const absl::Status whole = CheckAnswer(query.action(), reply->body);
    if (whole.ok()) {
      limiter_.OnSuccess(query.action());
      return std::move(reply->body);
    }
    attempt.again = attempt.unsure = true;
    return whole;
  }
  const Ec2Failure failure = ReadFailure(query.action(), reply->status, reply->body);
  attempt.credentials = IsCredentialFault(failure.code);
  if (IsThrottle(failure.code) || failure.http_status == 429) {
    limiter_.OnThrottled(query.action());
    attempt.again = true;
  } else if (IsServiceFault(failure.code, failure.http_status) || failure.code.rfind("HTTP ", 0) == 0) {
    // An answer that is not EC2's (a proxy's page, a body that was cut) says nothing about the request.
    attempt.again = attempt.unsure = true;
  } else {
    limiter_.OnSuccess(query.action());  // refused for what it is, not for how often
  }
  return ToStatus(failure);
}

absl::Status Ec2Caller::GivenUp(const Query& query, int attempts, Duration spent,
                                const absl::Status& last) const {
  absl::Status status = Error(absl::StatusCode::kDeadlineExceeded,
                              "{}: gave up after {} tries in {:.1f} s; the last answer: {}", query.action(),
                              attempts, Seconds(spent), MessageOf(last));
  last.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace rexray::drivers::ebs
