// Real block devices: they appear, are busy, go, and take their file systems with them.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/status.h"
#include "base/subprocess.h"
#include "base/testing/temporary_directory.h"
#include "base/unique_fd.h"
#include "ec2sim/region_fixture.h"
#include "host/testing/scratch_disks.h"

namespace rexray::ec2sim {
namespace {

namespace fs = std::filesystem;

Options WithData(const fs::path& directory) {
  Options options;
  options.data_directory = directory / "data";
  return options;
}

std::string ReadLine(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

class DevicesTest : public RegionTest {
 protected:
  DevicesTest() : DevicesTest(std::make_unique<TemporaryDirectory>()) {}
  explicit DevicesTest(std::unique_ptr<TemporaryDirectory> directory)
      : RegionTest(WithData(directory->path())), own_(std::move(directory)), directory_(own_->path()) {}

  void SetUp() override {
    if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override {
    for (const fs::path& mounted : mounted_) umount2(mounted.c_str(), MNT_DETACH);
    // Takes every device along.
    simulator_.TerminateAll();
    Pass();
  }

  std::string Node(const std::string& name, const std::string& type = "m5.large") {
    InstanceSpec spec;
    spec.instance.device_root = directory_ / name;
    spec.instance.type = type;
    return Instance(spec);
  }
  fs::path Device(const std::string& node, const std::string& name = "nvme1n1") const {
    return directory_ / node / "dev" / name;
  }
  void Run(const std::vector<std::string>& argv) {
    ProcessRunner runner(SystemClock::Get());
    const auto result = runner.Run({.argv = argv});
    ASSERT_TRUE(result.ok()) << result.status();
  }
  fs::path Mount(const fs::path& device, const std::string& name) {
    fs::path target = directory_ / name;
    fs::create_directories(target);
    EXPECT_EQ(mount(device.c_str(), target.c_str(), "ext4", 0, nullptr), 0) << strerror(errno);
    mounted_.push_back(target);
    return target;
  }
  std::string AttachmentState(const std::string& volume) {
    const auto attachments = simulator_.Volumes().at(volume).attachments;
    return attachments.empty() ? "none" : attachments.front().state;
  }
  /// Written and told durable.
  static void WriteDurably(const fs::path& path, const std::string& text) {
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ASSERT_TRUE(fd.valid()) << path;
    ASSERT_EQ(write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_EQ(fsync(fd.get()), 0);
    const UniqueFd parent(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(fsync(parent.get()), 0);
  }
  /// A volume with a file system, mounted on the node.
  fs::path MountedVolume(const std::string& node, const std::string& name, std::string& volume) {
    volume = Volume();
    Attach(volume, node, "/dev/xvdba");
    Run({"mkfs.ext4", "-q", Device(name)});
    return Mount(Device(name), name + "-mount");
  }
  absl::Status MoveTo(const std::string& volume, const std::string& node) {
    RETURN_IF_ERROR(Call("DetachVolume", {{"VolumeId", volume}, {"Force", "true"}}).status());
    Pass();
    RETURN_IF_ERROR(
        Call("AttachVolume", {{"VolumeId", volume}, {"InstanceId", node}, {"Device", "/dev/xvdba"}})
            .status());
    Pass();
    return absl::OkStatus();
  }

  const std::unique_ptr<TemporaryDirectory> own_;
  const fs::path directory_;
  std::vector<fs::path> mounted_;
};

TEST_F(DevicesTest, ADeviceAppearsWithItsSerialAndGoes) {
  const std::string node = Node("a");
  const std::string volume = Volume({{"Size", "2"}});
  const std::string serial = "vol" + volume.substr(4);
  Attach(volume, node, "/dev/xvdba");
  const fs::path sysfs = directory_ / "a/sys/block/nvme1n1";
  EXPECT_EQ(ReadLine(sysfs / "device/serial"), serial);
  EXPECT_EQ(ReadLine(sysfs / "device/model"), "Amazon Elastic Block Store              ");
  EXPECT_EQ(ReadLine(sysfs / "size"), std::to_string(uint64_t{2} << 30 >> 9));
  struct stat about {};
  ASSERT_EQ(stat(Device("a").c_str(), &about), 0);
  EXPECT_TRUE(S_ISBLK(about.st_mode));
  const fs::path link = directory_ / "a/dev/disk/by-id" / ("nvme-Amazon_Elastic_Block_Store_" + serial);
  EXPECT_EQ(fs::canonical(link), fs::canonical(Device("a")));

  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "");
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
  EXPECT_FALSE(fs::exists(Device("a")));
  EXPECT_FALSE(fs::exists(sysfs));
  EXPECT_TRUE(fs::is_empty(directory_ / "a/dev/disk/by-id"));
}

TEST_F(DevicesTest, AXenInstanceHasTheNameAlone) {
  const std::string node = Node("a", "t2.micro");
  Attach(Volume(), node, "/dev/sdf");
  EXPECT_TRUE(fs::exists(Device("a", "xvdf")));
  EXPECT_TRUE(fs::exists(directory_ / "a/sys/block/xvdf/dev"));
  EXPECT_FALSE(fs::exists(directory_ / "a/sys/block/xvdf/device/serial"));
}

TEST_F(DevicesTest, ASecondVolumeHasTheNextName) {
  const std::string node = Node("a");
  const std::string first = Volume();
  Attach(first, node, "/dev/xvdba");
  Attach(Volume(), node, "/dev/xvdbb");
  EXPECT_TRUE(fs::exists(Device("a", "nvme2n1")));
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", first}}), "");
  Pass();
  Attach(Volume(), node, "/dev/xvdba");
  EXPECT_TRUE(fs::exists(Device("a", "nvme1n1")));  // the kernel gives it again
}

TEST_F(DevicesTest, AMountedDeviceIsBusyUntilItIsUnmounted) {
  const std::string node = Node("a");
  std::string volume;
  const fs::path mounted = MountedVolume(node, "a", volume);
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "");
  Pass();
  EXPECT_EQ(AttachmentState(volume), "busy");
  EXPECT_TRUE(fs::exists(Device("a")));
  WriteDurably(mounted / "file", "still mine");
  ASSERT_EQ(umount(mounted.c_str()), 0);
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
}

TEST_F(DevicesTest, AnOpenDeviceIsBusy) {
  const std::string node = Node("a");
  const std::string volume = Volume();
  Attach(volume, node, "/dev/xvdba");
  UniqueFd fd(open(Device("a").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd.valid());
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "");
  Pass();
  EXPECT_EQ(AttachmentState(volume), "busy");
  fd.Reset();
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
}

TEST_F(DevicesTest, ForcedAwayTheFileSystemIsDeadAndWhatWasDurableIsThere) {
  const std::string a = Node("a");
  const std::string b = Node("b");
  std::string volume;
  const fs::path mounted = MountedVolume(a, "a", volume);
  WriteDurably(mounted / "durable", "told so");
  ASSERT_TRUE(MoveTo(volume, b).ok());

  // On the old node nothing more becomes durable, and nothing of it reaches the new one.
  UniqueFd late(open((mounted / "late").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_FALSE(late.valid() && fsync(late.get()) == 0);
  late.Reset();
  EXPECT_FALSE(fs::exists(Device("a")));
  const fs::path there = Mount(Device("b"), "b-mount");
  EXPECT_EQ(ReadLine(there / "durable"), "told so");
  EXPECT_FALSE(fs::exists(there / "late"));
  WriteDurably(there / "new", "of b");
  ASSERT_EQ(umount(mounted.c_str()), 0);
  ASSERT_EQ(umount(there.c_str()), 0);
  Run({"fsck.ext4", "-fn", Device("b")});
}

TEST_F(DevicesTest, ALazilyUnmountedFileSystemIsKilledToo) {
  const std::string a = Node("a");
  const std::string b = Node("b");
  std::string volume;
  const fs::path mounted = MountedVolume(a, "a", volume);
  const UniqueFd file(open((mounted / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  ASSERT_EQ(umount2(mounted.c_str(), MNT_DETACH), 0);
  ASSERT_TRUE(MoveTo(volume, b).ok());
  EXPECT_FALSE(write(file.get(), "x", 1) == 1 && fsync(file.get()) == 0);
  EXPECT_TRUE(fs::exists(Device("b")));
}

TEST_F(DevicesTest, CutOffOrStoppedTheDevicesAreLostAndComeBack) {
  const std::string node = Node("a");
  std::string volume;
  const fs::path mounted = MountedVolume(node, "a", volume);
  WriteDurably(mounted / "durable", "told so");
  ASSERT_TRUE(simulator_.CutOff(node).ok());
  EXPECT_FALSE(fs::exists(Device("a")));
  EXPECT_EQ(AttachmentState(volume), "attached");  // as far as EC2 knows
  ASSERT_EQ(umount(mounted.c_str()), 0);
  ASSERT_TRUE(simulator_.Reconnect(node).ok());
  Mount(Device("a"), "a-mount");
  EXPECT_EQ(ReadLine(mounted / "durable"), "told so");

  ASSERT_TRUE(simulator_.Stop(node).ok());
  Pass();
  EXPECT_FALSE(fs::exists(Device("a")));
  ASSERT_EQ(umount(mounted.c_str()), 0);
  ASSERT_TRUE(simulator_.Start(node).ok());
  Pass();
  Mount(Device("a"), "a-mount");
  EXPECT_EQ(ReadLine(mounted / "durable"), "told so");
}

TEST_F(DevicesTest, ASnapshotIsOneMomentOfAMountedVolume) {
  const std::string node = Node("a");
  std::string volume;
  const fs::path mounted = MountedVolume(node, "a", volume);
  WriteDurably(mounted / "file", "before");
  const std::string snapshot = Element(*Call("CreateSnapshot", {{"VolumeId", volume}}), "snapshotId");
  WriteDurably(mounted / "file", "after");
  Pass();
  const std::string copy = Volume({{"SnapshotId", snapshot}, {"Size", "2"}});
  Attach(copy, node, "/dev/xvdbb");
  EXPECT_EQ(ReadLine(directory_ / "a/sys/block/nvme2n1/size"), std::to_string(uint64_t{2} << 30 >> 9));
  const fs::path there = Mount(Device("a", "nvme2n1"), "copy");
  EXPECT_EQ(ReadLine(there / "file"), "before");
  EXPECT_EQ(ReadLine(mounted / "file"), "after");
}

TEST_F(DevicesTest, AGrownVolumeHasAGrownDevice) {
  const std::string node = Node("a");
  const std::string volume = Volume();
  Attach(volume, node, "/dev/xvdba");
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", volume}, {"Size", "3"}}), "");
  Pass();
  const UniqueFd fd(open(Device("a").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(lseek(fd.get(), 0, SEEK_END), off_t{3} << 30);
}

}  // namespace
}  // namespace rexray::ec2sim
