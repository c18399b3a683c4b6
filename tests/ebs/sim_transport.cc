#include "ebs/sim_transport.h"

#include <algorithm>
#include <cctype>

#include "base/status.h"
#include "drivers/ebs/http_date.h"

namespace rexray::drivers::ebs {
namespace {

http::Request ToRequest(const HttpRequest& request) {
  http::Request out;
  out.method = request.method;
  const size_t scheme = request.url.find("://");
  const size_t slash = request.url.find('/', scheme + 3);
  out.target = slash == std::string::npos ? "/" : request.url.substr(slash);
  out.body = request.body;
  out.headers.emplace_back("host", request.url.substr(scheme + 3, slash - scheme - 3));
  for (auto [name, value] : request.headers) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    out.headers.emplace_back(name, value);
  }
  if (request.signature) {
    out.headers.emplace_back("authorization", "AWS4-HMAC-SHA256 Credential=" + request.signature->access_key +
                                                  "/20260101/" + request.signature->region +
                                                  "/ec2/aws4_request");
  }
  return out;
}

}  // namespace

void SimTransport::Pause(Duration wait) {
  const TimePoint end = clock_.Now() + wait;
  MutexLock lock(mutex_);
  while (clock_.Now() < end) clock_.WaitUntil(changed_, mutex_, end);
}

void SimTransport::Hang(const std::string& part) {
  MutexLock lock(mutex_);
  hung_ = part;
  changed_.NotifyAll();
}

void SimTransport::WaitUntilHanging() {
  MutexLock lock(mutex_);
  while (hanging_ == 0) changed_.Wait(mutex_);
}

absl::Status SimTransport::WaitIfHung(const HttpRequest& request) {
  const Deadline end = Deadline::After(clock_, request.timeout).Earlier(request.deadline);
  MutexLock lock(mutex_);
  ++hanging_;
  changed_.NotifyAll();
  absl::Status status;
  while (!hung_.empty() && request.body.find(hung_) != std::string::npos) {
    if (end.Passed(clock_)) {
      status = Error(request.deadline.Passed(clock_) ? absl::StatusCode::kDeadlineExceeded
                                                     : absl::StatusCode::kUnavailable,
                     "the simulator hangs");
      break;
    }
    clock_.WaitUntil(changed_, mutex_, end.at());
  }
  --hanging_;
  return status;
}

absl::StatusOr<HttpReply> SimTransport::Send(const HttpRequest& request) {
  if (request.deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "no time was left to ask");
  }
  bool hung = false;
  {
    MutexLock lock(mutex_);
    hung = !hung_.empty() && request.body.find(hung_) != std::string::npos;
  }
  if (hung) RETURN_IF_ERROR(WaitIfHung(request));
  const ec2sim::Reply reply = simulator_.Handle(ToRequest(request));
  if (reply.delay > Duration::zero()) Pause(reply.delay);
  using Ending = ec2sim::Reply::Ending;
  if (reply.ending == Ending::kHang) {
    Pause(std::min(request.timeout, request.deadline.Remaining(clock_)));
    return Error(request.deadline.Passed(clock_) ? absl::StatusCode::kDeadlineExceeded
                                                 : absl::StatusCode::kUnavailable,
                 "no whole answer came in time");
  }
  if (reply.ending != Ending::kWhole)
    return Error(absl::StatusCode::kUnavailable, "connection reset by peer");
  return HttpReply{reply.status, reply.body, std::nullopt};
}

}  // namespace rexray::drivers::ebs
