#include "drivers/ebs/imds.h"

#include <utility>

#include "base/json.h"
#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kAddress[] = "http://169.254.169.254";
constexpr char kTokenSeconds[] = "21600";
constexpr Duration kTokenFor = std::chrono::hours(5);  // of its six
/// It answers in a few milliseconds; a lost answer (hop limit) must not cost a start half a minute.
constexpr Duration kTimeout = std::chrono::seconds(2);
constexpr int kTries = 3;

std::string WithoutSlash(std::string endpoint) {
  while (!endpoint.empty() && endpoint.back() == '/') endpoint.pop_back();
  return endpoint;
}

}  // namespace

Imds::Imds(Clock& clock, HttpTransport& transport, const EnvironmentLookup& environment, std::string endpoint)
    : clock_(clock),
      transport_(transport),
      disabled_(environment("AWS_EC2_METADATA_DISABLED").value_or("") == "true" && endpoint.empty()),
      endpoint_(WithoutSlash(!endpoint.empty()
                                 ? std::move(endpoint)
                                 : environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(kAddress))) {}

absl::StatusOr<Secret> Imds::Token(Deadline deadline) {
  {
    MutexLock lock(mutex_);
    if (!token_.empty() && clock_.Now() < token_until_) return token_;
  }
  HttpRequest request;
  request.method = "PUT";
  request.url = endpoint_ + "/latest/api/token";
  request.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", kTokenSeconds);
  request.deadline = deadline;
  request.timeout = request.connect_timeout = kTimeout;
  request.proxy = false;
  absl::StatusOr<HttpReply> reply = transport_.Send(request);
  if (absl::IsUnavailable(reply.status())) return Secret();  // version 1 may answer: the caller will see
  if (!reply.ok()) return reply.status();
  if (reply->status == 403 || reply->status == 404 || reply->status == 405) return Secret();
  if (reply->status != 200) {
    return Error(absl::StatusCode::kUnavailable, "{} answers a request for a token with HTTP {}", endpoint_,
                 reply->status);
  }
  MutexLock lock(mutex_);
  token_ = Secret(std::move(reply->body));
  token_until_ = clock_.Now() + kTokenFor;
  return token_;
}

absl::StatusOr<HttpReply> Imds::Ask(const std::string& path, const Secret& token, Deadline deadline) {
  HttpRequest request;
  request.url = endpoint_ + path;
  if (!token.empty()) request.headers.emplace_back("X-aws-ec2-metadata-token", token.Reveal());
  request.deadline = deadline;
  request.timeout = request.connect_timeout = kTimeout;
  request.proxy = false;
  return transport_.Send(request);
}

absl::StatusOr<std::string> Imds::Get(const std::string& path, Deadline deadline) {
  if (disabled_) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "instance metadata is switched off (AWS_EC2_METADATA_DISABLED); configure ebs.region, "
                 "ebs.instanceID and keys");
  }
  absl::Status last;
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const Secret token, Token(deadline));
    absl::StatusOr<HttpReply> reply = Ask(path, token, deadline);
    if (absl::IsDeadlineExceeded(reply.status())) return reply.status();
    if (!reply.ok()) {
      last = reply.status();
      continue;
    }
    if (reply->status == 200) {
      version_ = token.empty() ? 1 : 2;
      return std::move(reply->body);
    }
    if (reply->status == 404)
      return Error(absl::StatusCode::kNotFound, "{}{} does not exist", endpoint_, path);
    last = Error(absl::StatusCode::kUnavailable, "{} answers HTTP {}", endpoint_, reply->status);
    if (reply->status != 401) continue;
    last =
        Error(absl::StatusCode::kUnavailable,
              "{} wants a token (IMDSv2), and no token came: in a container the hop limit must be 2 (aws ec2 "
              "modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2)",
              endpoint_);
    MutexLock lock(mutex_);
    token_ = Secret();  // ended, or another instance's (a restored image)
  }
  return Annotate(
      last,
      "the instance metadata service cannot be reached (is this an EC2 instance? otherwise configure "
      "ebs.region, ebs.instanceID and keys)");
}

absl::StatusOr<InstanceIdentity> Imds::Identity(Deadline deadline) {
  ASSIGN_OR_RETURN(const std::string text, Get("/latest/dynamic/instance-identity/document", deadline));
  absl::StatusOr<nlohmann::json> document = ParseJson(text);
  if (!document.ok() || !document->is_object()) {
    return Error(absl::StatusCode::kUnavailable, "{}: the identity document is not JSON", endpoint_);
  }
  const auto member = [&](const char* name) {
    const auto found = document->find(name);
    return found != document->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  InstanceIdentity identity{member("instanceId"), member("region"), member("availabilityZone"),
                            member("instanceType"), member("accountId")};
  if (identity.instance.empty() || identity.region.empty()) {
    return Error(absl::StatusCode::kUnavailable, "{}: the identity document names no instance", endpoint_);
  }
  return identity;
}

}  // namespace rexray::drivers::ebs
