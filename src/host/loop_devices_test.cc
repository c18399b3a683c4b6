#include "host/loop_devices.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

class LoopTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  }

  LoopDevice Attached(const std::string& image, bool read_only = false) {
    auto loop = loops_.Attach(image, read_only, host_.Soon());
    EXPECT_TRUE(loop.ok()) << loop.status();
    return loop.value_or(LoopDevice{});
  }

  bool IsBound(const FileIdentity& backing) {
    LoopDevices fresh(host_.clock);  // nothing remembered
    const auto found = fresh.Find(backing);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && found->has_value();
  }

  ScratchDirectory scratch_;
  RealHost host_;
  LoopDevices loops_{host_.clock};
};

TEST_F(LoopTest, AttachesFindsListsAndDetaches) {
  const std::string image = scratch_.Image("a.img", 8 * kMiB);
  const FileIdentity backing = IdentityOf(image);
  EXPECT_FALSE(loops_.Find(backing)->has_value());

  const LoopDevice loop = Attached(image);
  EXPECT_EQ(loop.backing, backing);
  EXPECT_FALSE(loop.autoclear);
  EXPECT_FALSE(loop.read_only);
  EXPECT_EQ(loop.number, *host_.devices->NumberOf(loop.path));
  EXPECT_EQ(*host_.devices->SizeOf(loop.path), 8 * kMiB);

  EXPECT_EQ(loops_.Find(backing)->value().path, loop.path);
  const auto all = loops_.List();
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(*all, testing::Contains(testing::Field(&LoopDevice::backing, backing)));

  EXPECT_EQ(loops_.Detach(loop.path, backing, host_.Soon()), absl::OkStatus());
  EXPECT_FALSE(IsBound(backing));
  EXPECT_EQ(loops_.Detach(loop.path, backing, host_.Soon()), absl::OkStatus()) << "again";
}

TEST_F(LoopTest, OneFileHasOneDevice) {
  const std::string image = scratch_.Image("a.img", 4 * kMiB);
  const LoopDevice first = Attached(image);
  EXPECT_EQ(Attached(image).path, first.path);
  LoopDevices other_object(host_.clock);
  EXPECT_EQ(other_object.Attach(image, false, host_.Soon())->path, first.path);
  std::filesystem::create_hard_link(image, scratch_.Below("link.img"));
  EXPECT_EQ(Attached(scratch_.Below("link.img")).path, first.path);
}

TEST_F(LoopTest, ARenamedOrDeletedFileIsStillFound) {
  const std::string image = scratch_.Image("a.img", 4 * kMiB);
  const FileIdentity backing = IdentityOf(image);
  const LoopDevice loop = Attached(image);
  std::filesystem::rename(image, scratch_.Below("b.img"));
  EXPECT_EQ(LoopDevices(host_.clock).Find(backing)->value().path, loop.path);
  const std::string impostor = scratch_.Image("a.img", 4 * kMiB);
  EXPECT_FALSE(IsBound(IdentityOf(impostor)));
  std::filesystem::remove(scratch_.Below("b.img"));
  EXPECT_EQ(LoopDevices(host_.clock).Find(backing)->value().path, loop.path);
  EXPECT_EQ(loops_.Detach(loop.path, backing, host_.Soon()), absl::OkStatus());
}

TEST_F(LoopTest, MemoryOfAnEarlierBindingIsNotBelieved) {
  const std::string one = scratch_.Image("1.img", 4 * kMiB);
  const std::string two = scratch_.Image("2.img", 4 * kMiB);
  LoopDevice loop = Attached(one);
  // Everything bound is remembered now; another program changes it behind our back.
  EXPECT_FALSE(loops_.Find(IdentityOf(two))->has_value());
  LoopDevices others(host_.clock);
  ASSERT_EQ(others.Detach(loop.path, loop.backing, host_.Soon()), absl::OkStatus());
  const auto moved = others.Attach(two, false, host_.Soon());
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_FALSE(loops_.Find(IdentityOf(one))->has_value());
  EXPECT_EQ(loops_.Find(IdentityOf(two))->value().path, moved->path);
}

// Another process's LOOP_CONFIGURE counts diskseq on first and shows the file then. A sysfs of our own stands
// still in between.
TEST_F(LoopTest, ADeviceSeenHalfBoundIsLookedAtAgain) {
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  const std::string sys = scratch_.Directory("sys");
  const std::string device = sys + "/" + loop.path.substr(5);
  std::filesystem::create_directories(device + "/loop");
  std::ofstream(device + "/diskseq") << "7\n";
  LoopDevices other(host_.clock, "/dev", sys);
  EXPECT_EQ(other.Find(loop.backing).value(), std::nullopt);
  std::ofstream(device + "/loop/backing_file") << "a.img\n";
  EXPECT_TRUE(other.Find(loop.backing).value().has_value());
}

TEST_F(LoopTest, AReusedNumberIsNeverCleared) {
  const std::string image = scratch_.Image("a.img", 4 * kMiB);
  const LoopDevice loop = Attached(image);
  const FileIdentity before = IdentityOf(scratch_.Image("other.img", 4096));
  EXPECT_EQ(loops_.Detach(loop.path, before, host_.Soon()), absl::OkStatus());
  EXPECT_TRUE(IsBound(loop.backing));
}

TEST_F(LoopTest, EightThreadsAttachEightFilesAndTheirOwnOnly) {
  std::vector<std::string> images;
  for (int i = 0; i < 8; ++i) images.push_back(scratch_.Image(std::to_string(i) + ".img", kMiB));
  for (int round = 0; round < 5; ++round) {
    std::vector<absl::StatusOr<LoopDevice>> loops(images.size(), absl::UnknownError("not run"));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < images.size(); ++i) {
      threads.emplace_back([&, i] { loops[i] = loops_.Attach(images[i], false, host_.Soon()); });
    }
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    std::set<std::string> paths;
    for (size_t i = 0; i < images.size(); ++i) {
      ASSERT_TRUE(loops[i].ok()) << loops[i].status();
      EXPECT_EQ(loops[i]->backing, IdentityOf(images[i]));
      paths.insert(loops[i]->path);
    }
    EXPECT_EQ(paths.size(), images.size());
    std::vector<absl::Status> detached(images.size());
    for (size_t i = 0; i < images.size(); ++i) {
      threads.emplace_back(
          [&, i] { detached[i] = loops_.Detach(loops[i]->path, loops[i]->backing, host_.Soon()); });
    }
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 0; i < images.size(); ++i) {
      EXPECT_EQ(detached[i], absl::OkStatus());
      EXPECT_FALSE(IsBound(loops[i]->backing));
    }
  }
}

TEST_F(LoopTest, EightThreadsAttachOneFileOnce) {
  const std::string image = scratch_.Image("a.img", kMiB);
  std::vector<std::string> paths(8);
  std::vector<std::thread> threads;
  for (std::string& path : paths) {
    threads.emplace_back(
        [&] { path = loops_.Attach(image, false, host_.Soon()).value_or(LoopDevice{}).path; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), 1u);
  const auto all = loops_.List();
  ASSERT_TRUE(all.ok()) << all.status();
  size_t devices = 0;
  for (const LoopDevice& loop : *all) devices += loop.backing == IdentityOf(image);
  EXPECT_EQ(devices, 1u);
}

TEST_F(LoopTest, ReadOnlyIsReadOnly) {
  const std::string image = scratch_.Image("a.img", kMiB);
  std::filesystem::permissions(image, std::filesystem::perms::owner_read);
  const LoopDevice loop = Attached(image, true);
  EXPECT_TRUE(loop.read_only);
  const UniqueFd fd(::open(loop.path.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(!fd.valid() || ::write(fd.get(), "x", 1) < 0);
}

TEST_F(LoopTest, FollowsItsGrownFile) {
  const std::string image = scratch_.Image("a.img", kMiB);
  const LoopDevice loop = Attached(image);
  std::filesystem::resize_file(image, 3 * kMiB);
  EXPECT_EQ(loops_.RefreshSize(loop.path), absl::OkStatus());
  EXPECT_EQ(*host_.devices->SizeOf(loop.path), 3 * kMiB);
}

TEST_F(LoopTest, AutoclearGoesWithTheLastUser) {
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  UniqueFd user(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(loops_.SetAutoclear(loop.path, true), absl::OkStatus());
  EXPECT_TRUE(loops_.Find(loop.backing)->value().autoclear);
  user.Reset();
  // Waits for it; there is nothing left to clear.
  EXPECT_EQ(loops_.Detach(loop.path, loop.backing, host_.Soon()), absl::OkStatus());
  EXPECT_FALSE(IsBound(loop.backing));
  EXPECT_EQ(loops_.SetAutoclear(loop.path, true).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(loops_.RefreshSize(loop.path).code(), absl::StatusCode::kNotFound);
}

TEST_F(LoopTest, AttachKeepsADeviceThatWasOnItsWayOut) {
  const std::string image = scratch_.Image("a.img", kMiB);
  const LoopDevice loop = Attached(image);
  UniqueFd straggler(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(loops_.SetAutoclear(loop.path, true), absl::OkStatus());
  const LoopDevice again = Attached(image);
  EXPECT_EQ(again.path, loop.path);
  EXPECT_FALSE(again.autoclear);
  straggler.Reset();
  EXPECT_TRUE(IsBound(loop.backing));
}

TEST_F(LoopTest, DetachNamesTheStragglerAtTheDeadline) {
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  UniqueFd straggler(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC));
  const Deadline deadline = Deadline::After(host_.clock, std::chrono::milliseconds(30));
  const absl::Status status = loops_.Detach(loop.path, loop.backing, deadline);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(fmt::format("process {} ", ::getpid())));
  straggler.Reset();
  EXPECT_EQ(loops_.Detach(loop.path, loop.backing, host_.Soon()), absl::OkStatus());
  EXPECT_FALSE(IsBound(loop.backing));
}

TEST_F(LoopTest, AnExclusiveHolderKeepsIt) {
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  const UniqueFd holder(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
  const absl::Status status = loops_.Detach(loop.path, loop.backing, host_.Soon());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(fmt::format("process {} ", ::getpid())));
  EXPECT_TRUE(IsBound(loop.backing));
  EXPECT_EQ(host_.devices->CheckUnused(loop.path).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LoopTest, LeavesNoDescriptorToChildren) {
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  EXPECT_EQ(host_.devices->CheckUnused(loop.path), absl::OkStatus());
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    EXPECT_NE(std::filesystem::read_symlink(entry.path(), gone), loop.path);
  }
}

TEST_F(LoopTest, WhatIsNoFileOrNoLoopIsRefused) {
  EXPECT_EQ(loops_.Attach(scratch_.path(), true, host_.Soon()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(loops_.Attach(scratch_.Below("none"), false, host_.Soon()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(loops_.SetAutoclear("/dev/null", true).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(loops_.Detach("/dev/loopx", {}, host_.Soon()).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LoopTest, WithoutLoopControlSaysWhatToDo) {
  LoopDevices loops(host_.clock, scratch_.Directory("dev"));
  const auto loop = loops.Attach(scratch_.Image("a.img", kMiB), false, host_.Soon());
  EXPECT_EQ(loop.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(loop.status())), HasSubstr("modprobe loop"));
}

/// On this thread alone: the kernel answers LOOP_CTL_GET_FREE as one does that has no number left.
void RunOutOfLoopDevices() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + sizeof(uint64_t)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOP_CTL_GET_FREE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(LoopTest, WhenThereAreNoneLeftItSaysSoAndLosesNothing) {
  const std::string held = scratch_.Image("held.img", kMiB);
  const std::string image = scratch_.Image("a.img", kMiB);
  const LoopDevice before = Attached(held);
  std::thread poor([&] {
    RunOutOfLoopDevices();
    const auto none = loops_.Attach(image, false, host_.Soon());
    EXPECT_EQ(none.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(MessageOf(none.status())), HasSubstr("losetup -l"));
    EXPECT_THAT(std::string(MessageOf(none.status())), HasSubstr("a.img"));
    const auto again = loops_.Attach(held, false, host_.Soon());
    ASSERT_TRUE(again.ok()) << "what is attached needs none: " << again.status();
    EXPECT_EQ(again->path, before.path);
  });
  poor.join();
  EXPECT_FALSE(IsBound(IdentityOf(image)));
  const LoopDevice loop = Attached(image);  // there are some again
  EXPECT_EQ(loops_.Detach(loop.path, loop.backing, host_.Soon()), absl::OkStatus());
  EXPECT_EQ(loops_.Detach(before.path, before.backing, host_.Soon()), absl::OkStatus());
}

TEST_F(LoopTest, WithoutSysfsNothingIsClaimed) {
  LoopDevices loops(host_.clock, "/dev", scratch_.Below("no sys"));
  const LoopDevice loop = Attached(scratch_.Image("a.img", kMiB));
  EXPECT_FALSE(loops.Find(loop.backing).ok());
  EXPECT_FALSE(loops.Detach(loop.path, loop.backing, host_.Soon()).ok());
  EXPECT_TRUE(IsBound(loop.backing));
}

// A container's /dev is a tmpfs with few nodes in it.
TEST_F(LoopTest, MakesAMissingNode) {
  const std::string dev = scratch_.Directory("dev");
  struct stat control {};
  ASSERT_EQ(::stat("/dev/loop-control", &control), 0);
  ASSERT_EQ(::mknod((dev + "/loop-control").c_str(), S_IFCHR | 0600, control.st_rdev), 0);
  LoopDevices loops(host_.clock, dev);
  const std::string image = scratch_.Image("a.img", kMiB);
  const auto loop = loops.Attach(image, false, host_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();
  EXPECT_THAT(loop->path, testing::StartsWith(dev + "/loop"));
  EXPECT_EQ(*host_.devices->SizeOf(loop->path), kMiB);
  EXPECT_EQ(loops.Detach(loop->path, loop->backing, host_.Soon()), absl::OkStatus());
}

TEST_F(LoopTest, ADeadlineThatHasPassedStartsNothing) {
  const std::string image = scratch_.Image("a.img", kMiB);
  const auto loop = loops_.Attach(image, false, Deadline::At(host_.clock.Now()));
  EXPECT_EQ(loop.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(IsBound(IdentityOf(image)));
}

}  // namespace
}  // namespace rexray::host
