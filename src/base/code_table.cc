#include "base/code_table.h"

namespace rexray {

namespace {

constexpr CodeRow kRows[] = {
    {absl::StatusCode::kUnknown, "UNKNOWN", 500, 1},
    {absl::StatusCode::kOk, "OK", 200, 0},
    {absl::StatusCode::kCancelled, "CANCELLED", 499, 1},
    {absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT", 400, 2},
    {absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", 504, 1},
    {absl::StatusCode::kNotFound, "NOT_FOUND", 404, 1},
    {absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", 409, 1},
    {absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", 403, 1},
    {absl::StatusCode::kResourceExhausted, "RESOURCE_EXHAUSTED", 429, 1},
    {absl::StatusCode::kFailedPrecondition, "FAILED_PRECONDITION", 412, 1},
    {absl::StatusCode::kAborted, "ABORTED", 409, 1},
    {absl::StatusCode::kOutOfRange, "OUT_OF_RANGE", 416, 1},
    {absl::StatusCode::kUnimplemented, "UNIMPLEMENTED", 501, 1},
    {absl::StatusCode::kInternal, "INTERNAL", 500, 1},
    {absl::StatusCode::kUnavailable, "UNAVAILABLE", 503, 1},
    {absl::StatusCode::kDataLoss, "DATA_LOSS", 500, 1},
    {absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", 401, 1},
};

}  // namespace

const CodeRow& RowOf(absl::StatusCode code) {
  for (const CodeRow& row : kRows) {
    if (row.code == code) return row;
  }
  return kRows[0];
}

std::optional<absl::StatusCode> CodeFromName(std::string_view name) {
  for (const CodeRow& row : kRows) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace rexray
