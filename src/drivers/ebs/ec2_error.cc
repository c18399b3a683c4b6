#include "drivers/ebs/ec2_error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "absl/strings/cord.h"

#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kPayload[] = "rexray/ec2-code";

using enum absl::StatusCode;

/// EC2's "Error codes for the Amazon EC2 API"; the canonical code is what a caller can do about it.
using CodePair = std::pair<std::string_view, absl::StatusCode>;
constexpr auto kCodes = std::to_array<CodePair>({
    // There is none.
    {"InvalidVolume.NotFound", kNotFound},
    {"InvalidVolumeID.Malformed", kNotFound},
    {"InvalidVolumeID.NotFound", kNotFound},
    {"InvalidVolumeID.ZoneMismatch", kFailedPrecondition},
    {"InvalidSnapshot.NotFound", kNotFound},
    {"InvalidSnapshotID.Malformed", kNotFound},
    {"InvalidSnapshotID.NotFound", kNotFound},
    {"InvalidInstanceID.NotFound", kNotFound},
    {"InvalidInstanceID.Malformed", kNotFound},
    {"InvalidInstanceID", kNotFound},
    {"InvalidAttachment.NotFound", kNotFound},
    {"InvalidVolumeModification.NotFound", kNotFound},
    {"InvalidKmsKey.NotFound", kInvalidArgument},
    {"InvalidZone.NotFound", kInvalidArgument},
    {"InvalidInstanceType", kInvalidArgument},
    // Not now, in this state.
    {"VolumeInUse", kFailedPrecondition},
    {"IncorrectState", kFailedPrecondition},
    {"IncorrectInstanceState", kFailedPrecondition},
    {"IncorrectModificationState", kFailedPrecondition},
    {"InvalidVolume.ZoneMismatch", kFailedPrecondition},
    {"InvalidVolume.InUse", kFailedPrecondition},
    {"InvalidSnapshot.InUse", kFailedPrecondition},
    {"UnsupportedOperation", kFailedPrecondition},
    {"OperationNotPermitted", kFailedPrecondition},
    {"InvalidKmsKey.InvalidState", kFailedPrecondition},
    {"VolumeModificationRateExceeded", kFailedPrecondition},
    {"IdempotentParameterMismatch", kAlreadyExists},
    {"IdempotentInstanceTerminated", kFailedPrecondition},
    // No more of it.
    {"AttachmentLimitExceeded", kResourceExhausted},
    {"VolumeLimitExceeded", kResourceExhausted},
    {"MaxIOPSLimitExceeded", kResourceExhausted},
    {"MaxThroughputLimitExceeded", kResourceExhausted},
    {"VolumeModificationSizeLimitExceeded", kResourceExhausted},
    {"SnapshotLimitExceeded", kResourceExhausted},
    {"ConcurrentSnapshotLimitExceeded", kResourceExhausted},
    {"PendingSnapshotLimitExceeded", kResourceExhausted},
    {"SnapshotCreationPerVolumeRateExceeded", kResourceExhausted},
    {"ResourceLimitExceeded", kResourceExhausted},
    {"InsufficientVolumeCapacity", kResourceExhausted},
    {"InsufficientCapacityOnHost", kResourceExhausted},
    {"TagLimitExceeded", kResourceExhausted},
    {"VolumeIOPSLimit", kResourceExhausted},
    // Who asks.
    {"UnauthorizedOperation", kPermissionDenied},
    {"AccessDenied", kPermissionDenied},
    {"OptInRequired", kPermissionDenied},
    {"PendingVerification", kPermissionDenied},
    {"Blocked", kPermissionDenied},
    {"AuthFailure", kUnauthenticated},
    {"InvalidClientTokenId", kUnauthenticated},
    {"SignatureDoesNotMatch", kUnauthenticated},
    {"MissingAuthenticationToken", kUnauthenticated},
    {"IncompleteSignature", kUnauthenticated},
    {"RequestExpired", kUnauthenticated},
    {"ExpiredToken", kUnauthenticated},
    // Later.
    {"RequestLimitExceeded", kUnavailable},
    {"Throttling", kUnavailable},
    {"ThrottlingException", kUnavailable},
    {"EC2ThrottledException", kUnavailable},
    {"RequestThrottled", kUnavailable},
    {"InternalError", kUnavailable},
    {"InternalFailure", kUnavailable},
    {"Unavailable", kUnavailable},
    {"ServiceUnavailable", kUnavailable},
    {"RequestTimeout", kUnavailable},
    // What we send by mistake.
    {"UnknownParameter", kInvalidArgument},
    {"DryRunOperation", kCancelled},
});

absl::StatusCode CanonicalCode(const Ec2Failure& failure) {
  for (const auto& [code, canonical] : kCodes) {
    if (failure.code == code) return canonical;
  }
  if (failure.http_status >= 500 || failure.http_status == 429) return kUnavailable;
  if (failure.http_status == 401 || failure.http_status == 403) return kPermissionDenied;
  return kInvalidArgument;
}

/// The text between `before` and the next `end`; "" when there is none.
std::string Between(std::string_view text, std::string_view before, std::string_view end) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + before.size());
  return std::string(text.substr(0, text.find_first_of(end)));
}

/// The encoded part is some 600 characters that only sts:DecodeAuthorizationMessage can read.
std::string Unauthorized(const Ec2Failure& failure) {
  const std::string named = Between(failure.message, "perform: ", " \n");
  const std::string who = Between(failure.message, "User: ", " \n");
  const std::string resource = Between(failure.message, "on resource: ", " \n");
  std::string text = fmt::format("not allowed: the IAM policy{} lacks {}", who.empty() ? "" : " of " + who,
                                 named.empty() ? "ec2:" + failure.action : named);
  if (!resource.empty()) text += " on " + resource;
  if (failure.message.find("explicit deny") != std::string::npos) text += " (an explicit deny)";
  return text + "; `rexray setup aws-policy` prints a policy that is enough";
}

}  // namespace

absl::Status ToStatus(const Ec2Failure& failure) {
  const absl::StatusCode code = CanonicalCode(failure);
  std::string text = failure.code == "UnauthorizedOperation" ? Unauthorized(failure) : failure.message;
  while (!text.empty() && (text.back() == '.' || text.back() == ' ' || text.back() == '\n')) text.pop_back();
  if (code == kUnauthenticated) {
    text += "; check the access keys, and this machine's clock";
  }
  absl::Status status = Error(code, "{}: {} ({}{}{})", failure.action, text, failure.code,
                              failure.request_id.empty() ? "" : ", request ", failure.request_id);
  status.SetPayload(kPayload, absl::Cord(failure.code));
  return status;
}

std::string Ec2CodeOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload ? std::string(*payload) : "";
}

bool IsThrottle(std::string_view code) {
  return code == "RequestLimitExceeded" || code == "Throttling" || code == "ThrottlingException" ||
         code == "EC2ThrottledException" || code == "RequestThrottled";
}

bool IsServiceFault(std::string_view code, int http_status) {
  // "HTTP 400": a refusal that was not EC2's, or not whole: nobody knows what it refused.
  return http_status >= 500 || code.substr(0, 5) == "HTTP " || code == "InternalError" ||
         code == "InternalFailure" || code == "Unavailable" || code == "ServiceUnavailable" ||
         code == "RequestTimeout";
}

bool IsCredentialFault(std::string_view code) {
  return code == "ExpiredToken" || code == "RequestExpired" || code == "AuthFailure" ||
         code == "InvalidClientTokenId";
}

std::vector<std::string> IdsNamedIn(std::string_view message) {
  constexpr std::array<std::string_view, 3> kPrefixes = {"vol-", "snap-", "i-"};
  std::vector<std::string> ids;
  size_t at = 0;
  const auto part_of_id = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  while (at < message.size()) {
    if (!part_of_id(message[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < message.size() && part_of_id(message[end])) ++end;
    const std::string_view word = message.substr(at, end - at);
    const bool id = std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
      return word.size() > prefix.size() && word.substr(0, prefix.size()) == prefix;
    });
    if (id) ids.emplace_back(word);
    at = end;
  }
  return ids;
}

}  // namespace rexray::drivers::ebs
