#include "host/freeze.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

/// A mounted ext4, and a process that writes to it.
class FreezeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    image_ = scratch_.Image("disk.img", 32 * kMiB);
    host_.Run({"mkfs.ext4", "-q", image_});
    const auto loop = host_.devices->AttachLoop(image_, false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    at_ = scratch_.Directory("at");
    ASSERT_EQ(host_.mounter->Mount({loop->path, at_, "ext4", {}, false}), absl::OkStatus());
  }

  Deadline After(Duration wait) const { return Deadline::After(host_.clock, wait); }
  absl::StatusOr<int64_t> Freeze(int64_t owner, Duration at_most) {
    return FreezeFileSystem(host_.clock, at_, owner, After(at_most), host_.Soon());
  }

  /// Returns when a write to it has come to an end: whoever writes to a frozen file system waits.
  void Write() const {
    std::ofstream file(at_ + "/file");
    file << "x" << std::flush;
    EXPECT_TRUE(file.good());
  }
  bool IsFrozen() const {
    const absl::Status thawed = ThawFileSystem(at_, 0);
    return thawed.ok();
  }

  RealHost host_;
  ScratchDirectory scratch_;
  std::string image_;
  std::string at_;
};

TEST_F(FreezeTest, NothingIsWrittenUntilItThaws) {
  const auto guard = Freeze(::getpid(), std::chrono::minutes(1));
  ASSERT_TRUE(guard.ok()) << guard.status();
  const uint64_t before = HashOf(image_);
  std::thread writer([&] { Write(); });
  EXPECT_EQ(HashOf(image_), before);
  EXPECT_EQ(ThawFileSystem(at_, *guard), absl::OkStatus());
  writer.join();
  EXPECT_EQ(::kill(static_cast<pid_t>(*guard), 0), -1) << "the guard has gone";
}

TEST_F(FreezeTest, AFrozenOneIsNotFrozenTwiceAndAThawedOneNotThawedTwice) {
  const auto guard = Freeze(::getpid(), std::chrono::minutes(1));
  ASSERT_TRUE(guard.ok()) << guard.status();
  EXPECT_EQ(Freeze(::getpid(), std::chrono::minutes(1)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ThawFileSystem(at_, *guard), absl::OkStatus());
  EXPECT_EQ(ThawFileSystem(at_, *guard).code(), absl::StatusCode::kFailedPrecondition);
  Write();
}

TEST_F(FreezeTest, ThawsByItselfWhenTimeIsUp) {
  const auto guard = Freeze(::getpid(), std::chrono::milliseconds(50));
  ASSERT_TRUE(guard.ok()) << guard.status();
  Write();  // waits for it
  const absl::Status thawed = ThawFileSystem(at_, *guard);
  EXPECT_EQ(thawed.code(), absl::StatusCode::kFailedPrecondition)
      << "the caller is told that it was too late";
  EXPECT_THAT(std::string(MessageOf(thawed)), testing::HasSubstr("is not frozen any more"));
}

TEST_F(FreezeTest, ThawsWhenItsOwnerIsKilled) {
  const OtherProcess owner([] { return true; });
  ASSERT_TRUE(owner.ok());
  const auto guard = Freeze(owner.pid(), std::chrono::minutes(10));
  ASSERT_TRUE(guard.ok()) << guard.status();
  ASSERT_EQ(::kill(owner.pid(), SIGKILL), 0);
  Write();                                            // hangs for ten minutes if nobody thaws
  ::waitpid(static_cast<pid_t>(*guard), nullptr, 0);  // it has the mount open as long as it lives
}

TEST_F(FreezeTest, AKilledGuardLeavesItToTheNextDaemon) {
  const auto guard = Freeze(::getpid(), std::chrono::minutes(10));
  ASSERT_TRUE(guard.ok()) << guard.status();
  ASSERT_EQ(::kill(static_cast<pid_t>(*guard), SIGKILL), 0);
  ::waitpid(static_cast<pid_t>(*guard), nullptr, 0);
  EXPECT_TRUE(IsFrozen());  // and thaws it, without knowing a guard
  Write();
}

TEST_F(FreezeTest, SigtermDoesNotEndAGuard) {
  const auto guard = Freeze(::getpid(), std::chrono::minutes(10));
  ASSERT_TRUE(guard.ok()) << guard.status();
  ASSERT_EQ(::kill(static_cast<pid_t>(*guard), SIGTERM), 0);  // what systemd sends to a whole cgroup
  EXPECT_EQ(::waitpid(static_cast<pid_t>(*guard), nullptr, WNOHANG), 0);
  EXPECT_EQ(ThawFileSystem(at_, *guard), absl::OkStatus());
}

TEST_F(FreezeTest, WhatCannotBeFrozenSaysSo) {
  EXPECT_EQ(FreezeFileSystem(host_.clock, "/proc", ::getpid(), host_.Soon(), host_.Soon()).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(
      FreezeFileSystem(host_.clock, at_ + "/none", ::getpid(), host_.Soon(), host_.Soon()).status().code(),
      absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace rexray::host
