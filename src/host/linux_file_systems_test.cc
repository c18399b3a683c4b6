#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/scripted_runner.h"
#include "host/testing/mock_host.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

std::string Words(const absl::Status& status) {
  return std::string(MessageOf(status));
}

// The words that reach the tools; the "device" is a plain file.
class CommandTest : public testing::Test {
 protected:
  ScratchDirectory scratch_;
  std::string device_ = scratch_.Image("disk.img", kMiB);
  ScriptedRunner runner_;
  testing::StrictMock<MockBlockDevices> devices_;
  std::unique_ptr<FileSystems> file_systems_ = MakeLinuxFileSystems(runner_, devices_);
};

TEST_F(CommandTest, MakeIsQuickAndKeepsSparseFilesSparse) {
  const std::string lazily = "nodiscard,lazy_itable_init=1,lazy_journal_init=1";
  runner_.Expect({"mkfs.ext4", "-F", "-q", "-m", "0", "-E", lazily, device_}, CommandResult{});
  EXPECT_EQ(file_systems_->Make(device_, {"ext4", {}}), absl::OkStatus());
  runner_.Expect({"mkfs.xfs", "-f", "-q", "-K", "-m", "reflink=0", device_}, CommandResult{});
  EXPECT_EQ(file_systems_->Make(device_, {"xfs", {"-m", "reflink=0"}}), absl::OkStatus());
  runner_.Expect({"mkfs.btrfs", "-f", "-q", "-K", device_}, CommandResult{});
  EXPECT_EQ(file_systems_->Make(device_, {"btrfs", {}}), absl::OkStatus());
}

TEST_F(CommandTest, TheCallersExtendedOptionsJoinOurs) {
  const std::string lazily = "nodiscard,lazy_itable_init=1,lazy_journal_init=1,stride=4,discard";
  runner_.Expect({"mkfs.ext4", "-F", "-q", "-m", "0", "-E", lazily, "-b", "4096", device_}, CommandResult{});
  EXPECT_EQ(file_systems_->Make(device_, {"ext4", {"-E", "stride=4", "-b", "4096", "-Ediscard"}}),
            absl::OkStatus());
}

TEST_F(CommandTest, AFailedMakeNamesTheDevice) {
  runner_.Expect({"mkfs.xfs", "-f", "-q", "-K", device_}, absl::InternalError("size is too small"));
  const absl::Status status = file_systems_->Make(device_, {"xfs", {}});
  EXPECT_THAT(Words(status),
              HasSubstr("cannot make the xfs file system on " + device_ + ": size is too small"));
  EXPECT_EQ(file_systems_->Make(device_, {"ntfs", {}}).code(), absl::StatusCode::kInvalidArgument);
}

// A superblock in good order: no undo file.
class CheckTest : public CommandTest {
 protected:
  void SetUp() override { WriteAt(device_, 1024 + 0x3a, std::string("\x01\x00", 2)); }

  absl::Status CheckThatEndsWith(int exit_code, const std::string& out) {
    runner_.Expect({"e2fsck", "-p", device_}, CommandResult{exit_code, out, ""});
    return file_systems_->Check(device_, "ext4", Deadline::Never());
  }
};

TEST_F(CheckTest, CleanAndCorrectedAreFine) {
  EXPECT_EQ(CheckThatEndsWith(0, "clean"), absl::OkStatus());
  EXPECT_EQ(CheckThatEndsWith(1, "recovering journal"), absl::OkStatus());
  EXPECT_EQ(CheckThatEndsWith(3, "corrected"), absl::OkStatus());
}

TEST_F(CheckTest, WhatCannotBeCorrectedIsDataLossInTheToolsWords) {
  const absl::Status status = CheckThatEndsWith(4, "X: UNEXPECTED INCONSISTENCY;\n\tRUN fsck MANUALLY.\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Words(status), HasSubstr(device_));
  EXPECT_THAT(Words(status), HasSubstr("UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY."));
}

TEST_F(CheckTest, OtherTroublesAreNotCalledDamage) {
  EXPECT_EQ(CheckThatEndsWith(8, "is in use").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CheckThatEndsWith(8, "Bad magic number in super-block").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CheckThatEndsWith(16, "usage").code(), absl::StatusCode::kInternal);
}

TEST_F(CheckTest, XfsAndBtrfsReplayWhenTheyAreMounted) {
  EXPECT_EQ(file_systems_->Check(device_, "xfs", Deadline::Never()), absl::OkStatus());
  EXPECT_EQ(file_systems_->Check(device_, "btrfs", Deadline::Never()), absl::OkStatus());
}

TEST_F(CommandTest, OnlyXfsNeedsAnOption) {
  EXPECT_THAT(file_systems_->DefaultMountOptions("xfs"), testing::ElementsAre("nouuid"));
  EXPECT_THAT(file_systems_->DefaultMountOptions("ext4"), testing::IsEmpty());
  EXPECT_THAT(file_systems_->DefaultMountOptions("btrfs"), testing::IsEmpty());
}

class RealFileSystemTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    target_ = scratch_.Directory("mnt");
  }

  void Attach(uint64_t size) {
    image_ = scratch_.Image("disk.img", size);
    auto loop = host_.devices->AttachLoop(image_, false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *loop;
  }

  // After a look at the image's bytes the device must not answer from what it remembers.
  void Reattach() {
    ASSERT_EQ(host_.devices->DetachLoop(loop_.path, loop_.backing, host_.Soon()), absl::OkStatus());
    auto loop = host_.devices->AttachLoop(image_, false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *loop;
  }

  absl::Status Make(const std::string& fs_type) {
    return host_.file_systems->Make(loop_.path, {fs_type, {}, host_.Soon()});
  }
  absl::Status Check() { return host_.file_systems->Check(loop_.path, "ext4", host_.Soon()); }
  absl::Status Mount(const std::string& fs_type) {
    const auto options = host_.file_systems->DefaultMountOptions(fs_type);
    return host_.mounter->Mount({loop_.path, target_, fs_type, options, false});
  }
  void Debugfs(const std::string& request) { host_.Run({"debugfs", "-w", "-R", request, loop_.path}); }

  uint64_t MountedSize() const {
    struct statvfs status {};
    EXPECT_EQ(::statvfs(target_.c_str(), &status), 0);
    return status.f_blocks * status.f_frsize;
  }

  ScratchDirectory scratch_;
  RealHost host_;
  std::string image_;
  std::string target_;
  LoopDevice loop_;
};

class EachFileSystemTest : public RealFileSystemTest, public testing::WithParamInterface<const char*> {};

TEST_P(EachFileSystemTest, IsMadeProbedCheckedMountedAndGrownWithItsData) {
  const std::string fs_type = GetParam();
  constexpr uint64_t kSize = 384 * kMiB;
  Attach(kSize);
  ASSERT_TRUE(host_.devices->Probe(loop_.path)->empty);
  ASSERT_EQ(Make(fs_type), absl::OkStatus());
  const auto probe = host_.devices->Probe(loop_.path);
  ASSERT_TRUE(probe.ok()) << probe.status();
  EXPECT_EQ(probe->fs_type, fs_type);
  EXPECT_FALSE(probe->ambivalent) << probe->description;
  EXPECT_EQ(host_.file_systems->Check(loop_.path, fs_type, host_.Soon()), absl::OkStatus());
  ASSERT_EQ(Mount(fs_type), absl::OkStatus());

  const std::string data(kMiB, 'd');
  std::ofstream(target_ + "/data") << data;
  const uint64_t before = MountedSize();
  std::filesystem::resize_file(image_, 2 * kSize);
  ASSERT_EQ(host_.devices->RefreshLoopSize(loop_.path), absl::OkStatus());
  const absl::Status grown = host_.file_systems->Grow(loop_.path, fs_type, target_, host_.Soon());
  if (absl::IsPermissionDenied(grown)) {
    EXPECT_THAT(Words(grown), HasSubstr("CAP_SYS_RESOURCE"));
    GTEST_SKIP()
        << "SKIPPED: the rest: this process has no CAP_SYS_RESOURCE, which ext4 wants for growing online";
  }
  ASSERT_EQ(grown, absl::OkStatus());
  EXPECT_GT(MountedSize(), before + kSize * 8 / 10);
  EXPECT_EQ(ReadText(target_ + "/data"), data);
  EXPECT_EQ(host_.file_systems->Grow(loop_.path, fs_type, target_, host_.Soon()), absl::OkStatus())
      << "the same size";

  ASSERT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  Reattach();
  EXPECT_EQ(host_.file_systems->Check(loop_.path, fs_type, host_.Soon()), absl::OkStatus());
  ASSERT_EQ(Mount(fs_type), absl::OkStatus());
  EXPECT_EQ(ReadText(target_ + "/data"), data);
}

TEST_P(EachFileSystemTest, GrowsUnmountedWhereItCan) {
  const std::string fs_type = GetParam();
  constexpr uint64_t kSize = 384 * kMiB;
  Attach(kSize);
  ASSERT_EQ(Make(fs_type), absl::OkStatus());
  ASSERT_EQ(Mount(fs_type), absl::OkStatus());
  const std::string data(kMiB, 'd');
  std::ofstream(target_ + "/data") << data;
  const uint64_t before = MountedSize();
  ASSERT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  std::filesystem::resize_file(image_, 2 * kSize);
  ASSERT_EQ(host_.devices->RefreshLoopSize(loop_.path), absl::OkStatus());
  const absl::Status grown = host_.file_systems->Grow(loop_.path, fs_type, "", host_.Soon());
  if (fs_type != "ext4") {
    EXPECT_EQ(grown.code(), absl::StatusCode::kFailedPrecondition);
    return;
  }
  ASSERT_EQ(grown, absl::OkStatus());
  ASSERT_EQ(Mount(fs_type), absl::OkStatus());
  EXPECT_GT(MountedSize(), before + kSize * 8 / 10);
  EXPECT_EQ(ReadText(target_ + "/data"), data);
}

TEST_P(EachFileSystemTest, IsMadeAgainOverAHalfMadeOne) {
  Attach(384 * kMiB);
  ASSERT_EQ(Make(GetParam()), absl::OkStatus());
  EXPECT_EQ(Make(GetParam()), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(All, EachFileSystemTest, testing::Values("ext4", "xfs", "btrfs"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(RealFileSystemTest, ABigSparseImageStaysSparse) {
  Attach(16 * kGiB);
  ASSERT_EQ(Make("ext4"), absl::OkStatus());
  struct stat status {};
  ASSERT_EQ(::stat(image_.c_str(), &status), 0);
  EXPECT_LT(static_cast<uint64_t>(status.st_blocks) * 512, 32 * kMiB);
}

TEST_F(RealFileSystemTest, GrowOfWhatIsNotThereFails) {
  Attach(64 * kMiB);
  ASSERT_EQ(Make("ext4"), absl::OkStatus());
  EXPECT_EQ(host_.file_systems->Grow(loop_.path, "ext4", scratch_.Below("none"), host_.Soon()).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(host_.file_systems->Grow(loop_.path, "ntfs", target_, host_.Soon()).code(),
            absl::StatusCode::kUnimplemented);
}

// FS_IOC_SHUTDOWN with the journal flushed: what a power cut after fsync leaves.
void CutOff(const std::string& mount_point) {
  const UniqueFd fd(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  uint32_t how = 1;  // EXT4_GOING_FLAGS_LOGFLUSH
  ASSERT_EQ(::ioctl(fd.get(), _IOR('X', 125, uint32_t), &how), 0);
}

TEST_F(RealFileSystemTest, ADirtyJournalIsReplayed) {
  Attach(64 * kMiB);
  ASSERT_EQ(Make("ext4"), absl::OkStatus());
  ASSERT_EQ(Mount("ext4"), absl::OkStatus());
  {
    const UniqueFd file(::open((target_ + "/data").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(file.get(), "kept", 4), 4);
    ASSERT_EQ(::fsync(file.get()), 0);
  }
  ASSERT_NO_FATAL_FAILURE(CutOff(target_));
  ASSERT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  Reattach();
  const uint64_t before = HashOf(image_);
  EXPECT_EQ(Check(), absl::OkStatus());
  EXPECT_NE(HashOf(image_), before) << "there was a journal to replay";
  ASSERT_EQ(Mount("ext4"), absl::OkStatus());
  EXPECT_EQ(ReadText(target_ + "/data"), "kept");
}

TEST_F(RealFileSystemTest, WhatIsSafeIsCorrected) {
  Attach(64 * kMiB);
  ASSERT_EQ(Make("ext4"), absl::OkStatus());
  ASSERT_NO_FATAL_FAILURE(Debugfs("set_super_value free_blocks_count 5"));
  ASSERT_NO_FATAL_FAILURE(Debugfs("set_super_value state 2"));
  EXPECT_EQ(Check(), absl::OkStatus());
  ASSERT_EQ(Mount("ext4"), absl::OkStatus());
}

TEST_F(RealFileSystemTest, WhatIsNotSafeIsLeftAsItIs) {
  Attach(64 * kMiB);
  ASSERT_EQ(Make("ext4"), absl::OkStatus());
  ASSERT_EQ(Mount("ext4"), absl::OkStatus());
  std::ofstream(target_ + "/data") << std::string(kMiB, 'd');
  ASSERT_EQ(host_.mounter->Unmount(target_), absl::OkStatus());
  // A directory that is none; a count that -p would put right before it gives up; marked as not cleanly
  // unmounted.
  ASSERT_NO_FATAL_FAILURE(Debugfs("set_inode_field / mode 0"));
  ASSERT_NO_FATAL_FAILURE(Debugfs("set_super_value free_inodes_count 3"));
  ASSERT_NO_FATAL_FAILURE(Debugfs("set_super_value state 0"));
  Reattach();
  const uint64_t before = HashOf(image_);
  const std::string temporary = scratch_.Directory("tmp");
  ASSERT_EQ(::setenv("TMPDIR", temporary.c_str(), 1), 0);
  const absl::Status status = Check();
  ::unsetenv("TMPDIR");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Words(status), HasSubstr("UNEXPECTED INCONSISTENCY"));
  EXPECT_THAT(Words(status), testing::Not(HasSubstr("undo")));
  EXPECT_THAT(Words(status), testing::Not(HasSubstr("taken back")));
  Reattach();
  EXPECT_EQ(HashOf(image_), before);
  EXPECT_TRUE(std::filesystem::is_empty(temporary)) << "the undo file goes too";
}

}  // namespace
}  // namespace rexray::host
