#include "drivers/fake/fake_host.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "drivers/conformance/temporary_directory.h"

namespace rexray::drivers::fake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeHostTest : public ::testing::Test {
 protected:
  FakeHostTest() : host_(SystemClock::Get()) {
    host_.Plug("/dev/x", std::make_shared<FakeDisk>(kGiB));
    target_ = directory_.path() + "/stage";
    mkdir(target_.c_str(), 0755);
  }
  host::MountRequest Request() { return {"/dev/x", target_, "ext4", {"noatime"}, false}; }
  host::MakeOptions Ext4() { return {"ext4", {}, Deadline::Never()}; }
  std::string MakeFile(const std::string& name) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path).close();
    std::filesystem::resize_file(path, 32 * kMiB);
    return path;
  }
  host::FileIdentity IdentityOf(const std::string& path) {
    struct stat info {};
    stat(path.c_str(), &info);
    return {info.st_dev, info.st_ino};
  }

  conformance::TemporaryDirectory directory_;
  FakeHost host_;
  std::string target_;
};

TEST_F(FakeHostTest, FormatMountUnmount) {
  EXPECT_TRUE(host_.Probe("/dev/x")->empty);
  EXPECT_TRUE(absl::IsInvalidArgument(host_.Mount(Request()))) << "nothing to mount";
  ASSERT_TRUE(host_.Make("/dev/x", Ext4()).ok());
  EXPECT_EQ(host_.Probe("/dev/x")->fs_type, "ext4");
  EXPECT_TRUE(host_.Check("/dev/x", "ext4", Deadline::Never()).ok());
  ASSERT_TRUE(host_.Mount(Request()).ok());
  EXPECT_EQ(host_.MountAt(target_)->device, *host_.NumberOf("/dev/x"));
  EXPECT_THAT(host_.TargetsOf("/dev/x"), ElementsAre(target_));
  EXPECT_TRUE(absl::IsFailedPrecondition(host_.CheckUnused("/dev/x")));
  EXPECT_FALSE(host_.Make("/dev/x", Ext4()).ok()) << "mkfs of a mounted device";
  EXPECT_TRUE(host_.Unmount(target_).ok());
  EXPECT_TRUE(host_.Unmount(target_).ok());
  EXPECT_TRUE(host_.CheckUnused("/dev/x").ok());
  EXPECT_THAT(*host_.List(), IsEmpty());
}

TEST_F(FakeHostTest, MountNeedsItsDirectoryAndItsType) {
  host_.SetContent("/dev/x", DiskContent::FileSystem("xfs"));
  EXPECT_TRUE(absl::IsInvalidArgument(host_.Mount(Request())));
  host::MountRequest nowhere = Request();
  nowhere.fs_type = "xfs";
  nowhere.target += "/missing";
  EXPECT_TRUE(absl::IsNotFound(host_.Mount(nowhere)));
  EXPECT_THAT(host_.MountRequests(), IsEmpty());
}

TEST_F(FakeHostTest, BusyUnmountNamesTheHolders) {
  host_.SetContent("/dev/x", DiskContent::FileSystem("ext4"));
  ASSERT_TRUE(host_.Mount(Request()).ok());
  host_.SetMountHolders(target_, {{42, "postgres", "open file /x"}});
  const absl::Status busy = host_.Unmount(target_);
  EXPECT_TRUE(absl::IsFailedPrecondition(busy));
  EXPECT_THAT(std::string(MessageOf(busy)), HasSubstr("postgres (pid 42)"));
  EXPECT_EQ(host_.HoldersOf(target_, 10).size(), 1u);
  host_.SetMountHolders(target_, {});
  EXPECT_TRUE(host_.Unmount(target_).ok());
}

TEST_F(FakeHostTest, BindMountsAreOfTheSameDevice) {
  host_.SetContent("/dev/x", DiskContent::FileSystem("ext4"));
  ASSERT_TRUE(host_.Mount(Request()).ok());
  const std::string publish = directory_.path() + "/publish";
  mkdir(publish.c_str(), 0755);
  ASSERT_TRUE(host_.Mount({target_ + "/data", publish, "", {"bind"}, false}).ok());
  EXPECT_EQ(host_.MountAt(publish)->device, *host_.NumberOf("/dev/x"));
  EXPECT_EQ(host_.MountAt(publish)->root, "/data");
  ASSERT_TRUE(host_.Unmount(target_).ok());
  EXPECT_FALSE(host_.CheckUnused("/dev/x").ok()) << "the bind mount still holds it";
}

TEST_F(FakeHostTest, LoopDevicesFollowTheirFiles) {
  const std::string file = MakeFile("a.img");
  absl::StatusOr<host::LoopDevice> loop = host_.AttachLoop(file, false, Deadline::Never());
  ASSERT_TRUE(loop.ok()) << loop.status();
  EXPECT_EQ(host_.AttachLoop(file, false, Deadline::Never())->path, loop->path);
  EXPECT_EQ((*host_.FindLoop(IdentityOf(file)))->path, loop->path);
  EXPECT_EQ(*host_.SizeOf(loop->path), 32 * kMiB);
  std::filesystem::resize_file(file, 64 * kMiB);
  EXPECT_EQ(*host_.SizeOf(loop->path), 32 * kMiB);
  EXPECT_TRUE(host_.RefreshLoopSize(loop->path).ok());
  EXPECT_EQ(*host_.SizeOf(loop->path), 64 * kMiB);
  host_.SetContent(loop->path, DiskContent::FileSystem("ext4"));
  EXPECT_TRUE(host_.DetachLoop(loop->path, IdentityOf(file), Deadline::Never()).ok());
  EXPECT_FALSE((*host_.FindLoop(IdentityOf(file))).has_value());
  loop = host_.AttachLoop(file, false, Deadline::Never());
  ASSERT_TRUE(loop.ok());
  EXPECT_EQ(host_.Probe(loop->path)->fs_type, "ext4") << "what was written is in the file";
}

TEST_F(FakeHostTest, AutoclearGoesWithTheLastMount) {
  const std::string file = MakeFile("a.img");
  const std::string device = host_.AttachLoop(file, false, Deadline::Never())->path;
  host_.SetContent(device, DiskContent::FileSystem("ext4"));
  ASSERT_TRUE(host_.Mount({device, target_, "ext4", {}, false}).ok());
  ASSERT_TRUE(host_.SetAutoclear(device, true).ok());
  EXPECT_TRUE(host_.HasDevice(device));
  host_.HoldDevice(device, "another mount namespace");
  ASSERT_TRUE(host_.Unmount(target_).ok());
  EXPECT_TRUE(host_.HasDevice(device));
  EXPECT_TRUE(absl::IsFailedPrecondition(host_.DetachLoop(device, IdentityOf(file), Deadline::Never())));
  host_.HoldDevice(device, "");
  EXPECT_FALSE(host_.HasDevice(device));
}

TEST_F(FakeHostTest, AHalfMadeFileSystemIsNoFileSystem) {
  host_.FailNextMakeHalfway(absl::InternalError("mkfs was killed"));
  EXPECT_FALSE(host_.Make("/dev/x", Ext4()).ok());
  EXPECT_FALSE(host_.Probe("/dev/x")->empty);
  EXPECT_EQ(host_.Probe("/dev/x")->fs_type, "");
  EXPECT_TRUE(host_.Make("/dev/x", Ext4()).ok());
}

TEST_F(FakeHostTest, DamageAndGrowth) {
  auto disk = std::make_shared<FakeDisk>(kGiB);
  host_.Plug("/dev/y", disk);
  ASSERT_TRUE(host_.Make("/dev/y", Ext4()).ok());
  ASSERT_TRUE(host_.Mount({"/dev/y", target_, "ext4", {}, false}).ok());
  disk->set_size(2 * kGiB);
  EXPECT_EQ(host_.ContentOf("/dev/y").fs_size, kGiB);
  EXPECT_TRUE(host_.Grow("/dev/y", "ext4", target_, Deadline::Never()).ok());
  EXPECT_EQ(host_.ContentOf("/dev/y").fs_size, 2 * kGiB);
  ASSERT_TRUE(host_.Unmount(target_).ok());
  EXPECT_FALSE(host_.Grow("/dev/y", "ext4", target_, Deadline::Never()).ok());
  DiskContent damaged = host_.ContentOf("/dev/y");
  damaged.damaged = true;
  host_.SetContent("/dev/y", damaged);
  EXPECT_TRUE(absl::IsDataLoss(host_.Check("/dev/y", "ext4", Deadline::Never())));
}

TEST_F(FakeHostTest, FilesGoWithTheDiskWhenAskedTo) {
  FakeHost::Options options;
  options.data_root = directory_.path() + "/root";
  mkdir(options.data_root.c_str(), 0755);
  FakeHost first(SystemClock::Get(), options);
  FakeHost second(SystemClock::Get(), options);
  auto disk = std::make_shared<FakeDisk>(kGiB);
  first.Plug("/dev/x", disk);
  ASSERT_TRUE(first.Make("/dev/x", Ext4()).ok());
  ASSERT_TRUE(first.Mount(Request()).ok());
  std::ofstream(target_ + "/hello") << "world";
  ASSERT_TRUE(first.Unmount(target_).ok());
  EXPECT_TRUE(std::filesystem::is_empty(target_));
  first.Unplug("/dev/x");
  second.Plug("/dev/x", disk);
  ASSERT_TRUE(second.Mount(Request()).ok());
  std::string text;
  std::getline(std::ifstream(target_ + "/hello"), text);
  EXPECT_EQ(text, "world");
  EXPECT_TRUE(second.Unmount(target_).ok());
}

}  // namespace
}  // namespace rexray::drivers::fake
