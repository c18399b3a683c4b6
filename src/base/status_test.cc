#include "base/status.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace rexray {
namespace {

TEST(StatusTest, ErrorFormatsItsMessage) {
  const absl::Status status = Error(absl::StatusCode::kNotFound, "volume \"{}\" on {}", "pgdata", 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "volume \"pgdata\" on 3");
}

TEST(StatusTest, ErrnoHasOneTable) {
  using Code = absl::StatusCode;
  const std::pair<int, Code> table[] = {
      {ENOENT, Code::kNotFound},
      {EEXIST, Code::kAlreadyExists},
      {EACCES, Code::kPermissionDenied},
      {EPERM, Code::kPermissionDenied},
      {ENOSPC, Code::kResourceExhausted},
      {EDQUOT, Code::kResourceExhausted},
      {EMFILE, Code::kResourceExhausted},
      {ENFILE, Code::kResourceExhausted},
      {ENOMEM, Code::kResourceExhausted},
      {EBUSY, Code::kFailedPrecondition},
      {EROFS, Code::kFailedPrecondition},
      {EINVAL, Code::kInvalidArgument},
      {ENAMETOOLONG, Code::kInvalidArgument},
      {ETIMEDOUT, Code::kDeadlineExceeded},
      {ECONNREFUSED, Code::kUnavailable},
      {ECONNRESET, Code::kUnavailable},
      {EPIPE, Code::kUnavailable},
      {EAGAIN, Code::kUnavailable},
      {EIO, Code::kInternal},
      {98765, Code::kInternal},
  };
  for (const auto& [error, code] : table) EXPECT_EQ(CodeOfErrno(error), code) << error;
}

TEST(StatusTest, ErrnoErrorNamesTheCause) {
  EXPECT_EQ(MessageOf(ErrnoError(ENOSPC, "writing /data/x")), "writing /data/x: No space left on device");
  EXPECT_EQ(MessageOf(ErrnoError(98765, "asking")), "asking: error number 98765");
}

TEST(StatusTest, AFailureWhoseErrnoWasLostIsStillAFailure) {
  EXPECT_EQ(ErrnoError(0, "mounting").code(), absl::StatusCode::kInternal);
}

TEST(StatusTest, AnnotateKeepsCodeAndPayload) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "prefix").ok());
  absl::Status status = Error(absl::StatusCode::kUnavailable, "no answer");
  status.SetPayload("type/x", absl::Cord("detail"));
  const absl::Status annotated = Annotate(status, "attaching pgdata");
  EXPECT_EQ(annotated.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(annotated), "attaching pgdata: no answer");
  EXPECT_EQ(annotated.GetPayload("type/x"), absl::Cord("detail"));
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return Error(absl::StatusCode::kInvalidArgument, "{} is odd", n);
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::Status CheckQuarter(int n) {
  RETURN_IF_ERROR(Quarter(n).status());
  return absl::OkStatus();
}

TEST(StatusTest, MacrosHandErrorsUp) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(MessageOf(Quarter(6).status()), "3 is odd");
  EXPECT_TRUE(CheckQuarter(4).ok());
  EXPECT_EQ(MessageOf(CheckQuarter(7)), "7 is odd");
}

}  // namespace
}  // namespace rexray
