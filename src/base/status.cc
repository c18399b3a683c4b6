#include "base/status.h"

#include <cerrno>
#include <cstring>

namespace rexray {

absl::StatusCode CodeOfErrno(int error) {
  switch (error) {
    case 0:
      return absl::StatusCode::kOk;
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::StatusCode::kResourceExhausted;
    case EBUSY:
    case EROFS:
      return absl::StatusCode::kFailedPrecondition;
    case EINVAL:
    case ENAMETOOLONG:
      return absl::StatusCode::kInvalidArgument;
    case ETIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EAGAIN:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status ErrnoError(int error, std::string_view what) {
  // A failure whose errno was lost (0) is still a failure: absl::Status would turn kOk into success.
  if (error == 0) return Error(absl::StatusCode::kInternal, "{}: failed without an error number", what);
  // strerror(3) is not thread-safe and follows the locale; this one is neither.
  const char* description = strerrordesc_np(error);
  if (description == nullptr) return Error(CodeOfErrno(error), "{}: error number {}", what, error);
  return Error(CodeOfErrno(error), "{}: {}", what, description);
}

absl::Status Annotate(const absl::Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  absl::Status annotated = Error(status.code(), "{}: {}", prefix, MessageOf(status));
  status.ForEachPayload(
      [&annotated](absl::string_view url, const absl::Cord& payload) { annotated.SetPayload(url, payload); });
  return annotated;
}

}  // namespace rexray
