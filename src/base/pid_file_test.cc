#include "base/pid_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace rexray {
namespace {

TEST(PidFile, NamesThisProcess) {
  const auto self = ProcessOf(getpid());
  ASSERT_TRUE(self.ok()) << self.status();
  EXPECT_EQ(self->pid, getpid());
  EXPECT_GT(self->start_time, 0u);
  EXPECT_EQ(ParsePidFile(FormatPidFile(*self)), *self);
  EXPECT_EQ(*ProcessOf(getpid()), *self);
}

TEST(PidFile, APidThatNobodyHas) {
  EXPECT_EQ(ProcessOf(0x7fffffff).status().code(), absl::StatusCode::kNotFound);
}

TEST(PidFile, OnlyAPidAndAStartTimeMakeSense) {
  EXPECT_EQ(ParsePidFile("12 34\n"), (ProcessId{12, 34}));
  for (const char* text :
       {"", "\n", "12", "12 34 56", "0 1", "-1 1", "a b", "12 -3", "12 3x", "99999999999 1"}) {
    EXPECT_EQ(ParsePidFile(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rexray
