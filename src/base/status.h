#pragma once

// Errors inside the program are absl::Status and absl::StatusOr; their codes are gRPC's and CSI's. Exceptions
// stop at the edge of a library that throws. A message says what failed, on which volume, why, and what to
// do:
//
//   return Error(absl::StatusCode::kFailedPrecondition,
//                "volume \"{}\" is attached to {} (running); set rexray.volume.mount.preempt or stop it",
//                name, node);

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/core.h"

namespace rexray {

template <typename... Args>
absl::Status Error(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return absl::Status(code, fmt::format(format, std::forward<Args>(args)...));
}

/// The one table errno -> canonical code. ENOENT NotFound; EEXIST AlreadyExists; EACCES, EPERM
/// PermissionDenied; ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM ResourceExhausted; EBUSY, EROFS
/// FailedPrecondition; EINVAL, ENAMETOOLONG InvalidArgument; ETIMEDOUT DeadlineExceeded; ECONNREFUSED,
/// ECONNRESET, EPIPE, EAGAIN Unavailable; the rest Internal.
absl::StatusCode CodeOfErrno(int error);

/// "WHAT: No space left on device", with CodeOfErrno's code. Pass errno itself before anything can change it.
absl::Status ErrnoError(int error, std::string_view what);

/// Same code, "PREFIX: MESSAGE". OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view prefix);

/// status.message() as a std::string_view (Debian's absl::string_view is a type of its own).
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace rexray

#define REXRAY_CONCAT_INNER(a, b) a##b
#define REXRAY_CONCAT(a, b) REXRAY_CONCAT_INNER(a, b)

// NOLINTBEGIN(bugprone-macro-parentheses): `lhs` may be a declaration.
/// Returns from the function when `expr` (an absl::Status) is not OK.
#define RETURN_IF_ERROR(expr)                             \
  do {                                                    \
    if (::absl::Status _status = (expr); !_status.ok()) { \
      return _status;                                     \
    }                                                     \
  } while (false)

/// ASSIGN_OR_RETURN(auto x, F()): `x` gets the value, or the function returns the error.
#define ASSIGN_OR_RETURN(lhs, expr) REXRAY_ASSIGN_OR_RETURN(REXRAY_CONCAT(_statusor_, __LINE__), lhs, expr)
#define REXRAY_ASSIGN_OR_RETURN(tmp, lhs, expr) \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return tmp.status();           \
  lhs = std::move(tmp).value()
// NOLINTEND(bugprone-macro-parentheses)
