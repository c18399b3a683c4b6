#include "base/unique_fd.h"

#include <fcntl.h>

#include <cerrno>

#include "gtest/gtest.h"

namespace rexray {
namespace {

bool IsOpen(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}
int OpenNull() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(UniqueFdTest, ClosesWhenItGoes) {
  int number = -1;
  {
    const UniqueFd fd(OpenNull());
    number = fd.get();
    ASSERT_TRUE(fd.valid());
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFdTest, MovingHandsTheDescriptorOver) {
  UniqueFd first(OpenNull());
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_EQ(second.get(), number);
  UniqueFd third(OpenNull());
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_FALSE(IsOpen(replaced));
  EXPECT_TRUE(IsOpen(number));
  UniqueFd& alias = third;
  third = std::move(alias);
  EXPECT_TRUE(IsOpen(number));
}

TEST(UniqueFdTest, ReleaseLeavesItOpen) {
  UniqueFd fd(OpenNull());
  const int number = fd.Release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(IsOpen(number));
  fd.Reset(number);
  fd.Reset();
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFdTest, ClosingDoesNotChangeErrno) {
  UniqueFd not_open(1'000'000);
  errno = ENOSPC;
  not_open.Reset();
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace rexray
