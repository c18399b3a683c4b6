#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/status.h"
#include "base/thread.h"
#include "host/helper/calls.h"
#include "host/helper/helper_host.h"
#include "host/helper/serve_helper.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;

class HelperTest : public ::testing::Test {
 protected:
  HelperTest()
      : host_(MakeHelperHost(pool_, Host{local_.devices.get(), local_.mounter.get(),
                                         local_.file_systems.get(), &local_.clock})) {}

  RealHost local_;
  HelperPool pool_{{HELPER_PROGRAM, {"helper"}}};
  HelperHost host_;
};

TEST_F(HelperTest, AVolumesWholeLifeGoesThroughHelpers) {
  if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  const ScratchDirectory scratch;
  const std::string image = scratch.Image("a.img", 64 << 20);
  const std::string target = scratch.Directory("mnt");
  const auto loop = host_.devices->AttachLoop(image, false, local_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();
  EXPECT_EQ(loop->backing, IdentityOf(image));
  EXPECT_EQ(host_.devices->SizeOf(loop->path).value(), uint64_t{64 << 20});
  EXPECT_TRUE(host_.devices->Probe(loop->path)->empty);
  EXPECT_EQ(host_.file_systems->Make(loop->path, {"ext4", {}, local_.Soon()}), absl::OkStatus());
  EXPECT_EQ(host_.devices->Probe(loop->path)->fs_type, "ext4");
  EXPECT_EQ(host_.file_systems->Check(loop->path, "ext4", local_.Soon()), absl::OkStatus());
  EXPECT_EQ(host_.mounter->Mount({loop->path, target, "ext4", {"noatime"}, false}), absl::OkStatus());
  EXPECT_TRUE(host_.mounter->IsMountedAt(target, loop->number).value());
  EXPECT_EQ(host_.devices->FindLoop(loop->backing).value()->path, loop->path);

  UniqueFd open_file(::open((target + "/x").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(open_file.valid());
  const absl::Status busy = host_.mounter->Unmount(target);
  EXPECT_EQ(busy.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(busy)), HasSubstr(std::to_string(getpid()))) << "the words come over";
  EXPECT_EQ(host_.devices->CheckUnused(loop->path).code(), StatusCode::kFailedPrecondition);
  bool held_here = false;
  for (const MountHolder& holder : host_.mounter->HoldersOf(target, 10)) held_here |= holder.pid == getpid();
  EXPECT_TRUE(held_here);

  open_file.Reset();
  EXPECT_EQ(host_.mounter->Unmount(target), absl::OkStatus());
  EXPECT_EQ(host_.devices->DetachLoop(loop->path, loop->backing, local_.Soon()), absl::OkStatus());
  EXPECT_EQ(host_.devices->FindLoop(loop->backing).value(), std::nullopt);
  EXPECT_EQ(pool_.Busy(), 0);
}

TEST_F(HelperTest, AnErrorKeepsItsCodeAndWords) {
  const auto here = local_.devices->SizeOf("/dev/no-such-device");
  const auto there = host_.devices->SizeOf("/dev/no-such-device");
  EXPECT_EQ(there.status(), here.status());
  EXPECT_FALSE(there.ok());
}

TEST_F(HelperTest, CallsFromManyThreads) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.push_back(StartThread("caller", [&, thread] {
      const std::string device = "/dev/no-such-device-" + std::to_string(thread);
      for (int i = 0; i < 20; ++i) {
        const absl::Status status = host_.devices->SizeOf(device).status();
        right += MessageOf(status).find(device + ":") != std::string_view::npos ? 1 : 0;
      }
    }));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 20);
  EXPECT_EQ(pool_.Busy(), 0);
}

TEST(HelperPoolTest, AHelperThatEndsWithoutAnAnswerIsAnErrorAndTheNextCallGetsAnother) {
  RealHost local;
  HelperPool pool({"/bin/false", {"false"}});
  HelperHost host = MakeHelperHost(
      pool, Host{local.devices.get(), local.mounter.get(), local.file_systems.get(), &local.clock});
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = host.mounter->Unmount("/no/such/mount");
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("not known"));
  }
  EXPECT_TRUE(host.mounter->HoldersOf("/", 3).empty());
  EXPECT_EQ(pool.Busy(), 0);
}

TEST(HelperPoolTest, AProgramThatIsNotThereIsNamed) {
  HelperPool pool({"/no/such/program", {"program"}});
  EXPECT_THAT(std::string(MessageOf(pool.WarmUp())), HasSubstr("/no/such/program"));
  EXPECT_EQ(pool.Ask("x").status().code(), StatusCode::kNotFound);
}

TEST(HelperPoolTest, AHelperIsHandedItsSocketAndNothingElse) {
  const UniqueFd not_close_on_exec(::open("/dev/zero", O_RDONLY));
  HelperPool pool({HELPER_PROGRAM, {"helper"}});
  ASSERT_EQ(pool.WarmUp(), absl::OkStatus());
  const auto answer = pool.Ask("?");  // it is past its exec then
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, HasSubstr("does not know"));
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  std::string child;
  children >> child;
  std::set<int> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + child + "/fd")) {
    open.insert(std::stoi(entry.path().filename()));
  }
  EXPECT_EQ(open, (std::set<int>{0, 1, 2, kHelperSocket}));
}

TEST(HelperPoolTest, ANewDaemonWaitsForTheHelpersOfTheFormerOne) {
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/helpers.lock";
  RealHost local;
  HelperPool next({HELPER_PROGRAM, {"helper"}});
  {
    HelperPool former({HELPER_PROGRAM, {"helper"}});
    ASSERT_EQ(former.TakeOver(file, local.clock, local.Soon()), absl::OkStatus());
    ASSERT_EQ(former.WarmUp(), absl::OkStatus());
    ASSERT_TRUE(former.Ask("?").ok());  // it has its lock by then
    const absl::Status waited =
        next.TakeOver(file, local.clock, Deadline::After(local.clock, std::chrono::milliseconds(20)));
    EXPECT_EQ(waited.code(), StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(MessageOf(waited)), HasSubstr("former daemon"));
  }
  EXPECT_EQ(next.TakeOver(file, local.clock, local.Soon()), absl::OkStatus());
}

TEST(HelperPoolTest, ARequestOfADeadDaemonIsNotBegun) {
  const ScratchDirectory scratch;
  const std::string image = scratch.Image("a.img", 64 << 20);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd daemon(ends[0]);
  UniqueFd helper(ends[1]);
  Packer request;
  request.Put(Call::kMake);
  request.Put(image);
  request.Put(MakeOptions{"ext4", {}, Deadline::Never()});
  ASSERT_TRUE(SendMessage(daemon.get(), request.Take()));
  daemon.Reset();
  const pid_t child = ::fork();
  if (child == 0) {
    ServeHelper(helper.get());
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  char first[4096] = {};
  std::ifstream(image).read(first, sizeof first);
  EXPECT_EQ(std::string(first, sizeof first), std::string(sizeof first, '\0')) << "nothing was made on it";
}

/// A file system that is frozen keeps whoever writes to it in the kernel, as a dying disk does.
class Frozen {
 public:
  explicit Frozen(const std::string& mount_point)
      : fd_(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        frozen_(::ioctl(fd_.get(), FIFREEZE, 0) == 0) {}
  ~Frozen() { Thaw(); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  bool ok() const { return frozen_; }
  void Thaw() {
    if (frozen_) ::ioctl(fd_.get(), FITHAW, 0);
    frozen_ = false;
    fd_.Reset();
  }

 private:
  UniqueFd fd_;
  bool frozen_;
};

TEST_F(HelperTest, ACallThatHangsKeepsOnlyItsCallerWaitingAndReturnsWhenTheDiskDoes) {
  if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  const ScratchDirectory scratch;
  const std::string disk = scratch.Image("disk.img", 256 << 20);
  const std::string below = scratch.Directory("below");
  local_.Run({"mkfs.ext4", "-q", disk});
  const auto outer = host_.devices->AttachLoop(disk, false, local_.Soon());
  ASSERT_TRUE(outer.ok()) << outer.status();
  ASSERT_EQ(host_.mounter->Mount({outer->path, below, "ext4", {}, false}), absl::OkStatus());
  local_.Run({"truncate", "-s", "64M", below + "/volume.img"});
  const auto loop = host_.devices->AttachLoop(below + "/volume.img", false, local_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();

  Frozen frozen(below);
  ASSERT_TRUE(frozen.ok());
  absl::Status made = absl::UnknownError("not finished");
  std::thread waits = StartThread("waits", [&] {
    made = host_.file_systems->Make(loop->path, {"ext4", {}, Deadline::Never()});
  });
  while (pool_.Busy() == 0) std::this_thread::yield();
  EXPECT_EQ(host_.devices->SizeOf("/dev/no-such-device").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(pool_.Busy(), 1) << "the file system cannot have been made";
  frozen.Thaw();
  waits.join();
  EXPECT_EQ(made, absl::OkStatus());
  EXPECT_EQ(host_.devices->Probe(loop->path)->fs_type, "ext4");
  EXPECT_EQ(host_.devices->DetachLoop(loop->path, loop->backing, local_.Soon()), absl::OkStatus());
  EXPECT_EQ(host_.mounter->Unmount(below), absl::OkStatus());
  EXPECT_EQ(host_.devices->DetachLoop(outer->path, outer->backing, local_.Soon()), absl::OkStatus());
}

}  // namespace
}  // namespace rexray::host
