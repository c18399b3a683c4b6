#include "cli/daemon/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/daemon/pid_file.h"

#include "base/pid_file.h"
#include "base/status.h"
#include "base/testing/temporary_directory.h"

namespace rexray::daemon {
namespace {

using ::testing::HasSubstr;

std::string Words(const absl::Status& status) {
  return std::string(MessageOf(status));
}

TEST(MakeDirectoriesTest, MakesWhatIsMissing) {
  const TemporaryDirectory scratch;
  const std::string deep = scratch.Below("a/b/c");
  EXPECT_EQ(MakeDirectories(deep), absl::OkStatus());
  EXPECT_TRUE(std::filesystem::is_directory(deep));
  EXPECT_EQ(MakeDirectories(deep), absl::OkStatus());
  EXPECT_EQ(MakeDirectories(deep + "/"), absl::OkStatus());
  EXPECT_EQ(MakeDirectories("/"), absl::OkStatus());
}

TEST(MakeDirectoriesTest, AFileInTheWayIsNamed) {
  const TemporaryDirectory scratch;
  WriteText(scratch.Below("file"), "x");
  EXPECT_THAT(Words(MakeDirectories(scratch.Below("file"))), HasSubstr(scratch.Below("file")));
  EXPECT_THAT(Words(MakeDirectories(scratch.Below("file/below"))), HasSubstr(scratch.Below("file")));
}

TEST(SpecFileTest, IsWrittenOnceAndNeverOverwritten) {
  const TemporaryDirectory scratch;
  const std::string path = scratch.Below("plugins/rexray.spec");
  EXPECT_EQ(WriteSpecFile(path, "unix:///x.sock"), absl::OkStatus());
  EXPECT_EQ(ReadText(path), "unix:///x.sock");
  EXPECT_EQ(WriteSpecFile(path, "unix:///x.sock"), absl::OkStatus());

  WriteText(path, "tcp://10.0.0.1:7000\n");
  const absl::Status kept = WriteSpecFile(path, "unix:///x.sock");
  EXPECT_EQ(kept.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Words(kept), HasSubstr("tcp://10.0.0.1:7000"));
  EXPECT_EQ(ReadText(path), "tcp://10.0.0.1:7000\n");

  WriteText(path, "unix:///x.sock\n");
  EXPECT_EQ(WriteSpecFile(path, "unix:///x.sock"), absl::OkStatus()) << "a final newline is no difference";
}

TEST(PidFileTest, HoldsPidAndStartTimeWhileItLives) {
  const TemporaryDirectory scratch;
  const std::string path = scratch.Below("rexray.pid");
  {
    const auto file = PidFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(ReadText(path), FormatPidFile(*ProcessOf(getpid())));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(PidFileTest, ASecondDaemonIsRefusedNamingTheFirst) {
  const TemporaryDirectory scratch;
  const std::string path = scratch.Below("rexray.pid");
  auto first = PidFile::Open(path);
  ASSERT_TRUE(first.ok());
  const auto second = PidFile::Open(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Words(second.status()), HasSubstr("PID " + std::to_string(getpid())));
  first->reset();
  EXPECT_TRUE(PidFile::Open(path).ok());
}

TEST(PidFileTest, WhatACrashLeftIsTakenOver) {
  const TemporaryDirectory scratch;
  const std::string path = scratch.Below("rexray.pid");
  WriteText(path, "1 4242424242 and more that a shorter text must not leave behind\n");  // pid 1 lives
  const auto file = PidFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ReadText(path), FormatPidFile(*ProcessOf(getpid())));
}

TEST(PidFileTest, ALinkIsNotFollowed) {
  const TemporaryDirectory scratch;
  WriteText(scratch.Below("precious"), "data");
  std::filesystem::create_symlink(scratch.Below("precious"), scratch.Below("rexray.pid"));
  EXPECT_FALSE(PidFile::Open(scratch.Below("rexray.pid")).ok());
  EXPECT_EQ(ReadText(scratch.Below("precious")), "data");
}

TEST(WriteAllTest, ABrokenPipeIsFalse) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  EXPECT_TRUE(WriteAll(ends[1], "x"));
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  EXPECT_FALSE(WriteAll(ends[1], "x"));
  close(ends[1]);
}

}  // namespace
}  // namespace rexray::daemon
