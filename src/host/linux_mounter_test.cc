#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/mount_namespace.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

std::string Words(const absl::Status& status) {
  return std::string(MessageOf(status));
}

class MounterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    image_ = scratch_.Image("disk.img", 64 * kMiB);
    target_ = scratch_.Directory("mnt point");
    auto loop = host_.devices->AttachLoop(image_, false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *loop;
  }

  void Make(const std::string& fs_type = "ext4") {
    ASSERT_EQ(host_.file_systems->Make(loop_.path, {fs_type, {}, host_.Soon()}), absl::OkStatus());
  }

  absl::Status Mount(std::vector<std::string> options = {}, bool read_only = false) {
    return host_.mounter->Mount({loop_.path, target_, "ext4", std::move(options), read_only});
  }

  std::optional<MountEntry> Mounted() {
    const auto mounts = host_.mounter->List();
    EXPECT_TRUE(mounts.ok()) << mounts.status();
    return mounts.ok() ? FindMount(*mounts, target_) : std::nullopt;
  }

  bool IsMountedAt(dev_t device) {
    const auto mounted = host_.mounter->IsMountedAt(target_, device);
    EXPECT_TRUE(mounted.ok()) << mounted.status();
    return mounted.value_or(false);
  }

  ScratchDirectory scratch_;
  RealHost host_;
  std::string image_;
  std::string target_;
  LoopDevice loop_;
};

TEST_F(MounterTest, MountsListsAndUnmounts) {
  Make();
  EXPECT_FALSE(IsMountedAt(0));
  ASSERT_EQ(Mount({"noatime", "data=ordered", "nosuid"}), absl::OkStatus());
  const auto entry = Mounted();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->device, loop_.number);
  EXPECT_EQ(entry->fs_type, "ext4");
  EXPECT_EQ(entry->source, loop_.path);
  EXPECT_THAT(entry->options, HasSubstr("noatime"));
  EXPECT_THAT(entry->options, HasSubstr("nosuid"));
  EXPECT_TRUE(IsMountedAt(0));
  EXPECT_TRUE(IsMountedAt(loop_.number));
  EXPECT_FALSE(IsMountedAt(loop_.number + 1));
  // mount(8) would have made a second loop device or an entry in utab.
  EXPECT_EQ(host_.devices->FindLoop(loop_.backing)->value().path, loop_.path);

  EXPECT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  EXPECT_FALSE(Mounted());
  EXPECT_FALSE(IsMountedAt(0));
  EXPECT_EQ(host_.mounter->Unmount(target_), absl::OkStatus()) << "nothing is mounted there";
  EXPECT_EQ(host_.mounter->Unmount(scratch_.Below("none")), absl::OkStatus());
  EXPECT_FALSE(*host_.mounter->IsMountedAt(scratch_.Below("none"), 0));
}

TEST_F(MounterTest, ReadOnlyAlsoReplaysAndRefusesWrites) {
  Make();
  ASSERT_EQ(Mount({}, true), absl::OkStatus());
  EXPECT_LT(::open((target_ + "/x").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), 0);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(MounterTest, ADirectoryAtAnotherPlace) {
  const std::string source = scratch_.Below("source");
  ASSERT_EQ(::mkdir(source.c_str(), 0755), 0);
  const UniqueFd file(::open((source + "/file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  for (const bool read_only : {false, true}) {
    ASSERT_EQ(host_.mounter->Mount({source, target_, "", {"bind"}, read_only}), absl::OkStatus());
    EXPECT_EQ(::access((target_ + "/file").c_str(), F_OK), 0);
    UniqueFd written(::open((target_ + "/x").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EXPECT_EQ(written.valid(), !read_only);
    EXPECT_EQ(::access(source.c_str(), W_OK), 0) << "read-only is the mount, not the directory";
    EXPECT_TRUE(*host_.mounter->IsMountedAt(target_, 0));
    (void)::unlink((source + "/x").c_str());
    written.Reset();
    EXPECT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  }
  EXPECT_EQ(host_.mounter->Mount({scratch_.Below("none"), target_, "", {"bind"}, false}).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(MounterTest, ErrorsSayWhy) {
  EXPECT_THAT(Words(Mount()), HasSubstr("dmesg")) << "no file system";
  Make();
  const absl::Status refused = Mount({"no_such_option"});
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Words(refused), HasSubstr("\"no_such_option\""));
  EXPECT_EQ(Mount({"bind"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Words(host_.mounter->Mount({loop_.path, target_, "nosuchfs", {}, false})),
              HasSubstr("this kernel has no nosuchfs; try modprobe nosuchfs"));
  const absl::Status no_target =
      host_.mounter->Mount({loop_.path, scratch_.Below("none"), "ext4", {}, false});
  EXPECT_EQ(no_target.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Words(no_target), HasSubstr("no such mount point"));
  EXPECT_THAT(Words(host_.mounter->Mount({scratch_.Below("none"), target_, "ext4", {}, false})),
              HasSubstr("no such device"));
}

TEST_F(MounterTest, AReadOnlyDeviceSaysMountItReadOnly) {
  Make();
  ASSERT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()), absl::OkStatus());
  loop_ = *host_.devices->AttachLoop(image_, true, host_.Soon());
  EXPECT_THAT(Words(Mount()), HasSubstr("the device is read-only; mount it read-only"));
  EXPECT_EQ(Mount({}, true), absl::OkStatus());
}

TEST_F(MounterTest, ABusyUnmountNamesThisProcessAndItsFile) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  const UniqueFd file(::open((target_ + "/held").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  std::string comm = ReadText("/proc/self/comm");
  comm.pop_back();
  const absl::Status busy = host_.mounter->Unmount(target_);
  EXPECT_EQ(busy.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Words(busy),
              HasSubstr(fmt::format("process {} ({}): open file \"{}/held\"", ::getpid(), comm, target_)));
  EXPECT_TRUE(Mounted());
  const absl::Status used = host_.devices->CheckUnused(loop_.path);
  EXPECT_EQ(used.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Words(used), HasSubstr("mounted at " + target_));
  EXPECT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(MounterTest, HoldersByDirectoryAndByMapping) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  std::ofstream(target_ + "/mapped") << std::string(8192, 'x');
  const OtherProcess sitting([this] { return ::chdir(target_.c_str()) == 0; });
  const OtherProcess mapping([this] {
    const int fd = ::open((target_ + "/mapped").c_str(), O_RDONLY | O_CLOEXEC);
    const bool mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;
    return ::close(fd) == 0 && mapped;
  });
  ASSERT_TRUE(sitting.ok());
  ASSERT_TRUE(mapping.ok());
  const auto holders = host_.mounter->HoldersOf(target_, 10);
  std::string words;
  for (const MountHolder& holder : holders) words += fmt::format("{}: {}\n", holder.pid, holder.how);
  EXPECT_THAT(words, HasSubstr(fmt::format("{}: current directory \"{}\"", sitting.pid(), target_)));
  EXPECT_THAT(words, HasSubstr(fmt::format("{}: mapped file \"{}/mapped\"", mapping.pid(), target_)));
  EXPECT_EQ(host_.mounter->HoldersOf(target_, 1).size(), 1u);
  EXPECT_TRUE(host_.mounter->HoldersOf(scratch_.path(), 10).empty()) << "not a mount point";
}

TEST_F(MounterTest, HoldersByMountAndByLoopDevice) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  const std::string below = scratch_.Directory("mnt point/below");
  ASSERT_EQ(::mount("none", below.c_str(), "tmpfs", 0, nullptr), 0);
  const std::string inner = scratch_.Image("mnt point/inner.img", kMiB);
  const auto loop = host_.devices->AttachLoop(inner, false, host_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();
  const std::string words = Words(host_.mounter->Unmount(target_));
  EXPECT_THAT(words, HasSubstr("another mount on it, at \"" + below + "\""));
  EXPECT_THAT(words, HasSubstr("loop device " + loop->path + " over \"" + inner + "\""));
  ASSERT_EQ(host_.devices->DetachLoop(loop->path, loop->backing, host_.Soon()), absl::OkStatus());
}

TEST_F(MounterTest, AnotherNamespaceKeepsTheDeviceBusyAfterUmount) {
  if (const std::string why = WhyNoMountNamespace(); !why.empty()) GTEST_SKIP() << why;
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  {
    const OtherProcess other([] {
      // Private: our unmount does not reach it.
      return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    });
    ASSERT_TRUE(other.ok());
    EXPECT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
    const absl::Status used = host_.devices->CheckUnused(loop_.path);
    EXPECT_EQ(used.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Words(used), HasSubstr(fmt::format("process {} ", other.pid())));
    EXPECT_THAT(Words(used), HasSubstr("its mount namespace has it mounted at \"" + target_ + "\""));
    EXPECT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()).code(),
              absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(host_.devices->CheckUnused(loop_.path), absl::OkStatus());
}

TEST_F(MounterTest, LazilyLetsGoOfWhatIsBusy) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  const UniqueFd file(::open((target_ + "/held").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  EXPECT_EQ(host_.mounter->UnmountLazily(target_), absl::OkStatus());
  EXPECT_FALSE(Mounted());
  EXPECT_EQ(host_.mounter->UnmountLazily(target_), absl::OkStatus());
}

TEST_F(MounterTest, UnmountDoesNotFollowALink) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  std::filesystem::create_symlink(target_, scratch_.Below("link"));
  EXPECT_EQ(host_.mounter->Unmount(scratch_.Below("link")), absl::OkStatus());
  EXPECT_TRUE(Mounted());
  EXPECT_FALSE(*host_.mounter->IsMountedAt(scratch_.Below("link"), 0));
}

TEST_F(MounterTest, AutoclearLeavesNothingBehind) {
  Make();
  ASSERT_EQ(Mount(), absl::OkStatus());
  ASSERT_EQ(host_.devices->SetAutoclear(loop_.path, true), absl::OkStatus());
  ASSERT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  EXPECT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()), absl::OkStatus());
  EXPECT_FALSE(host_.devices->FindLoop(loop_.backing)->has_value());
}

TEST_F(MounterTest, BtrfsIsKnownByItsDeviceToo) {
  ASSERT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()), absl::OkStatus());
  std::filesystem::resize_file(image_, 256 * kMiB);
  loop_ = *host_.devices->AttachLoop(image_, false, host_.Soon());
  Make("btrfs");
  ASSERT_EQ(host_.mounter->Mount({loop_.path, target_, "btrfs", {}, false}), absl::OkStatus());
  EXPECT_TRUE(IsMountedAt(0));
  EXPECT_TRUE(IsMountedAt(loop_.number));
  EXPECT_FALSE(IsMountedAt(loop_.number + 1));
  EXPECT_THAT(Words(host_.devices->CheckUnused(loop_.path)), HasSubstr("mounted at " + target_));
  const UniqueFd file(::open((target_ + "/held").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  EXPECT_THAT(Words(host_.mounter->Unmount(target_)), HasSubstr(fmt::format("process {} ", ::getpid())));
}

TEST(MountsReachHost, OfThisMachineHasAnAnswer) {
  const auto mounter = MakeLinuxMounter();
  const absl::Status status = CheckMountsReachHost(*mounter, "/");
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kFailedPrecondition) << status;
}

}  // namespace
}  // namespace rexray::host
