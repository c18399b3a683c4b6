#include "ec2sim/ec2_error.h"

#include <optional>

#include "absl/strings/cord.h"

namespace rexray::ec2sim {
namespace {

constexpr char kPayload[] = "ec2.amazonaws.com/code";

struct CodeStatus {
  std::string_view code;
  int status;
};

// Whatever is not here is the client's fault: 400.
constexpr CodeStatus kStatuses[] = {
    {"AuthFailure", 401},           {"SignatureDoesNotMatch", 403}, {"UnauthorizedOperation", 403},
    {"OptInRequired", 403},         {"PendingVerification", 403},   {"DryRunOperation", 412},
    {"InternalError", 500},         {"InternalFailure", 500},       {"RequestLimitExceeded", 503},
    {"EC2ThrottledException", 503}, {"Unavailable", 503},           {"ServiceUnavailable", 503},
    {"InsufficientCapacity", 500},  {"ServerInternal", 500},
};

}  // namespace

absl::Status MakeEc2Error(std::string_view code, std::string_view message) {
  absl::Status status(absl::StatusCode::kFailedPrecondition,
                      absl::string_view(message.data(), message.size()));
  status.SetPayload(kPayload, absl::Cord(absl::string_view(code.data(), code.size())));
  return status;
}

std::string Ec2CodeOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload.has_value() ? std::string(*payload) : "InternalError";
}

int HttpStatusOf(std::string_view ec2_code) {
  for (const CodeStatus& entry : kStatuses) {
    if (entry.code == ec2_code) return entry.status;
  }
  return 400;
}

}  // namespace rexray::ec2sim
