#include "drivers/local/local_driver.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>

#include "base/testing/mount_namespace.h"
#include "drivers/local/catalogue.h"
#include "drivers/local/local_test_fixture.h"
#include "host/linux_host.h"

namespace rexray::drivers::local {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Text(const absl::Status& status) {
  return std::string(MessageOf(status));
}

TEST_F(LocalTest, OneProcessHasTheDirectory) {
  ASSERT_TRUE(Open().ok());
  const absl::Status second = OpenLocalDriver(Options(), host_.AsHost()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_THAT(Text(second), HasSubstr("another service of this process"));
  const std::string pid = std::to_string(getpid());
  EXPECT_EQ(InChild([&] {
              const absl::Status other = OpenLocalDriver(Options(), host_.AsHost()).status();
              if (!absl::IsFailedPrecondition(other)) _exit(1);
              _exit(Text(other).find("the process " + pid + " (") != std::string::npos ? 0 : 2);
            }),
            0);
  ASSERT_TRUE(Open().ok()) << "the lock goes with the driver";
}

TEST_F(LocalTest, FilesAreForTheirOwnerOnly) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  struct stat info {};
  ASSERT_EQ(stat(ImageOf(volume.key.id).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(data().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(LocalTest, ThinTakesNoSpaceAndThickTakesAll) {
  ASSERT_TRUE(Open().ok());
  CreateSpec spec = Spec("thin");
  spec.size = 100 * kGiB;
  absl::StatusOr<Volume> thin = driver_->Create({}, spec);
  ASSERT_TRUE(thin.ok()) << thin.status();
  EXPECT_EQ(thin->size, 100 * kGiB);
  EXPECT_LT(thin->allocated, kMiB);
  spec = Spec("thick");
  spec.thick = true;
  absl::StatusOr<Volume> thick = driver_->Create({}, spec);
  ASSERT_TRUE(thick.ok()) << thick.status();
  EXPECT_GE(thick->allocated, 16 * kMiB);
  ASSERT_TRUE(Open().ok());
  EXPECT_GE(driver_->Grow({}, thick->key.id, 32 * kMiB)->allocated, 32 * kMiB) << "thick stays thick";
}

TEST_F(LocalTest, AllocatedIsFreshInGet) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  {
    std::fstream image(ImageOf(volume.key.id), std::ios::binary | std::ios::in | std::ios::out);
    image << std::string(kMiB, 'x');
  }
  EXPECT_LT(Listed()[0].allocated, kMiB) << "List does not touch the disk";
  EXPECT_GE(driver_->Get({}, volume.key.id)->allocated, kMiB);
  EXPECT_GE(Listed()[0].allocated, kMiB) << "and knows what Get has seen";
}

TEST_F(LocalTest, SizesAreRoundedUp) {
  ASSERT_TRUE(Open().ok());
  CreateSpec spec = Spec("odd");
  spec.size = 16 * kMiB + 1;
  EXPECT_EQ(driver_->Create({}, spec)->size, 16 * kMiB + 4096);
}

TEST_F(LocalTest, WhatTheFileSystemCannotHoldIsExplained) {
  ASSERT_TRUE(Open().ok());
  CreateSpec spec = Spec("huge");
  spec.size = uint64_t{1} << 61;
  const absl::Status refused = driver_->Create({}, spec).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("choose a smaller size"));
  EXPECT_THAT(FilesIn(images()), IsEmpty());
  const Volume volume = Make("vol");
  EXPECT_TRUE(absl::IsInvalidArgument(driver_->Grow({}, volume.key.id, uint64_t{1} << 61).status()));
  EXPECT_EQ(std::filesystem::file_size(ImageOf(volume.key.id)), 16 * kMiB);
}

TEST_F(LocalTest, EncryptionWouldBeALie) {
  ASSERT_TRUE(Open().ok());
  CreateSpec spec = Spec("secret");
  spec.encrypted = true;
  EXPECT_TRUE(absl::IsInvalidArgument(driver_->Create({}, spec).status()));
  spec.encrypted = false;
  EXPECT_TRUE(driver_->Create({}, spec).ok());
}

TEST_F(LocalTest, ReadOnlyAndWritableDoNotMix) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  AttachOptions read_only;
  read_only.read_only = true;
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, read_only).ok());
  const absl::Status refused = driver_->Attach({}, volume.key.id, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("read-only"));
  EXPECT_TRUE(driver_->Detach({}, volume.key.id, "", false).ok());
  EXPECT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
}

TEST_F(LocalTest, AHeldDeviceIsNotDetached) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  const std::string device = driver_->AwaitLocal({}, volume.key.id)->path;
  host_.HoldDevice(device, "another mount namespace");
  const absl::Status refused = driver_->Detach({}, volume.key.id, "", false);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("volume \"vol\""));
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kInUse);
  host_.HoldDevice(device, "");
  EXPECT_TRUE(driver_->Detach({}, volume.key.id, "", false).ok());
}

TEST_F(LocalTest, ADeviceThatWentByItselfIsDetached) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  const std::string device = driver_->AwaitLocal({}, volume.key.id)->path;
  const std::string target = directory_.path() + "/stage";
  mkdir(target.c_str(), 0755);
  host_.SetContent(device, fake::DiskContent::FileSystem("ext4"));
  ASSERT_TRUE(host_.Mount({device, target, "ext4", {}, false}).ok());
  ASSERT_TRUE(driver_->OnStaged({}, volume.key.id).ok());
  EXPECT_TRUE((*host_.ListLoops())[0].autoclear);
  ASSERT_TRUE(host_.Unmount(target).ok());
  EXPECT_FALSE(host_.HasDevice(device));
  EXPECT_TRUE(driver_->Detach({}, volume.key.id, "", false).ok());
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kAvailable);
  EXPECT_TRUE(driver_->Remove({}, volume.key.id).ok());
}

TEST_F(LocalTest, ListAsksNobody) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  host_.calls().ForgetCalls();
  EXPECT_EQ(Listed().size(), 1u);
  EXPECT_TRUE(driver_->Get({}, volume.key.id).ok());
  EXPECT_TRUE(driver_->FindByName({}, {"vol"}).ok());
  EXPECT_THAT(host_.calls().Log(), IsEmpty());
}

TEST_F(LocalTest, ALoopErrorNamesTheVolume) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("pgdata");
  host_.calls().FailNext("AttachLoop", absl::ResourceExhaustedError("no free loop device"));
  const absl::Status refused = driver_->Attach({}, volume.key.id, {}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("\"pgdata\" cannot be attached: no free loop device"));
  EXPECT_EQ(Listed()[0].status, VolumeStatus::kAvailable);
}

TEST_F(LocalTest, AGrowThatTheDeviceDidNotSeeCanBeRepeated) {
  ASSERT_TRUE(Open().ok());
  const Volume volume = Make("vol");
  ASSERT_TRUE(driver_->Attach({}, volume.key.id, {}).ok());
  const std::string device = driver_->AwaitLocal({}, volume.key.id)->path;
  host_.calls().FailNext("RefreshLoopSize", absl::InternalError("ioctl failed"));
  EXPECT_FALSE(driver_->Grow({}, volume.key.id, 32 * kMiB).ok());
  EXPECT_EQ(*host_.SizeOf(device), 16 * kMiB);
  EXPECT_TRUE(driver_->Grow({}, volume.key.id, 32 * kMiB).ok());
  EXPECT_EQ(*host_.SizeOf(device), 32 * kMiB);
}

TEST_F(LocalTest, BadDataDirectories) {
  LocalOptions options = Options();
  options.data_directory = "relative/path";
  EXPECT_TRUE(absl::IsInvalidArgument(OpenLocalDriver(options, host_.AsHost()).status()));
  const std::string file = directory_.path() + "/file";
  std::ofstream(file) << "x";
  options.data_directory = file;
  EXPECT_FALSE(OpenLocalDriver(options, host_.AsHost()).ok());
  options.data_directory = file + "/below";
  EXPECT_FALSE(OpenLocalDriver(options, host_.AsHost()).ok());
}

/// Rows and empty images, without 10,000 fsyncs.
void FillCatalogue(const std::string& path, const std::string& images, int count) {
  absl::StatusOr<std::unique_ptr<Catalogue>> catalogue = Catalogue::Open(path);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  std::vector<VolumeRecord> records;
  for (int i = 0; i < count; ++i) {
    VolumeRecord record;
    record.id = fmt::format("lv-{:016x}", i);
    record.name = fmt::format("vol-{:05}", i);
    record.size = 16 * kMiB;
    const std::string image = images + "/" + record.id + ".img";
    std::ofstream(image).close();
    std::filesystem::resize_file(image, record.size);
    records.push_back(std::move(record));
  }
  const absl::Status inserted = (*catalogue)->InsertAll(records);
  ASSERT_TRUE(inserted.ok()) << inserted;
}

TEST_F(LocalTest, TenThousandVolumes) {
  ASSERT_TRUE(Open().ok());
  driver_.reset();
  constexpr int kCount = 10000;
  FillCatalogue(catalogue(), images(), kCount);
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_EQ(Listed().size(), static_cast<size_t>(kCount));
  EXPECT_EQ(driver_->FindByName({}, {"vol-00042", "vol-09999", "none"})->size(), 2u);
  EXPECT_TRUE(driver_->Remove({}, Listed()[5000].key.id).ok());
  EXPECT_EQ(Listed().size(), static_cast<size_t>(kCount - 1));
}

// --- as another user, on other file systems ---

class LocalRootTest : public LocalTest {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoMountNamespace(); !why.empty()) GTEST_SKIP() << why;
  }

  /// Runs `body` in a child with a mount namespace of its own and `type` mounted at the data directory.
  template <typename Body>
  int OnFileSystem(const char* type, const char* options, Body body) {
    std::filesystem::create_directories(data());
    return InChild([&] {
      if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        _exit(90);
      if (mount("rexray-test", data().c_str(), type, 0, options) != 0) _exit(91);
      body();
    });
  }

  static void Check(bool ok, int line, const absl::Status& status = absl::OkStatus()) {
    if (ok) return;
    fprintf(stderr, "line %d: %s\n", line, status.ToString().c_str());
    _exit(1);
  }
};

TEST_F(LocalRootTest, WithoutRootVolumesAreMadeButNotAttached) {
  std::filesystem::create_directories(data());
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
  std::filesystem::permissions(data(), std::filesystem::perms::all);
  auto devices = host::MakeLinuxBlockDevices(SystemClock::Get());
  EXPECT_EQ(InChild([&] {
              if (setgid(65534) != 0 || setuid(65534) != 0) _exit(90);
              host::Host host;
              host.devices = devices.get();
              host.clock = &SystemClock::Get();
              auto driver = OpenLocalDriver(Options(), host);
              Check(driver.ok(), __LINE__, driver.status());
              auto volume = (*driver)->Create({}, Spec("vol"));
              Check(volume.ok(), __LINE__, volume.status());
              const absl::Status refused = (*driver)->Attach({}, volume->key.id, {}).status();
              Check(absl::IsPermissionDenied(refused) && Text(refused).find("root") != std::string::npos,
                    __LINE__, refused);
              const absl::Status removed = (*driver)->Remove({}, volume->key.id);
              Check(removed.ok(), __LINE__, removed);
            }),
            0);
}

TEST_F(LocalRootTest, WithoutRootAnAttachedVolumeIsNotRemoved) {
  if (access("/dev/loop-control", R_OK | W_OK) != 0)
    GTEST_SKIP() << "SKIPPED: there are no loop devices here";
  auto devices = host::MakeLinuxBlockDevices(SystemClock::Get());
  host::Host host;
  host.devices = devices.get();
  host.clock = &SystemClock::Get();
  auto driver = OpenLocalDriver(Options(), host);
  ASSERT_TRUE(driver.ok()) << driver.status();
  const std::string id = (*driver)->Create({}, Spec("vol"))->key.id;
  ASSERT_TRUE((*driver)->Attach({}, id, {}).ok());
  driver->reset();
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data())) {
    ASSERT_EQ(chown(entry.path().c_str(), 65534, 65534), 0);
  }
  ASSERT_EQ(chown(data().c_str(), 65534, 65534), 0);
  EXPECT_EQ(InChild([&] {
              if (setgid(65534) != 0 || setuid(65534) != 0) _exit(90);
              auto other = OpenLocalDriver(Options(), host);
              Check(other.ok(), __LINE__, other.status());
              const absl::Status refused = (*other)->Remove({}, id);
              Check(absl::IsFailedPrecondition(refused), __LINE__, refused);
            }),
            0);
  driver = OpenLocalDriver(Options(), host);
  ASSERT_TRUE(driver.ok()) << driver.status();
  EXPECT_TRUE((*driver)->Detach({}, id, "", false).ok());
}

TEST_F(LocalRootTest, NoPermissionIsOneLine) {
  std::filesystem::create_directories(data());
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
  EXPECT_EQ(InChild([&] {
              if (setgid(65534) != 0 || setuid(65534) != 0) _exit(90);
              const absl::Status refused = OpenLocalDriver(Options(), host_.AsHost()).status();
              Check(absl::IsPermissionDenied(refused), __LINE__, refused);
              Check(Text(refused).find("run rexray as root") != std::string::npos, __LINE__, refused);
            }),
            0);
}

TEST_F(LocalRootTest, AReadOnlyFileSystemIsOneLine) {
  EXPECT_EQ(OnFileSystem(
                "tmpfs", "size=64m",
                [&] {
                  Check(Open().ok(), __LINE__);
                  const std::string id = Make("vol").key.id;
                  if (mount(nullptr, data().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
                    driver_.reset();  // files open for writing keep it writable
                    if (mount(nullptr, data().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
                      _exit(92);
                  }
                  const absl::Status refused = Open();
                  Check(absl::IsFailedPrecondition(refused), __LINE__, refused);
                  Check(Text(refused).find("read-only file system") != std::string::npos, __LINE__, refused);
                }),
            0);
}

TEST_F(LocalRootTest, AFullFileSystemIsOneLineAndLeavesNothing) {
  EXPECT_EQ(OnFileSystem("tmpfs", "size=8m",
                         [&] {
                           Check(Open().ok(), __LINE__);
                           CreateSpec spec = Spec("thick");
                           spec.thick = true;
                           const absl::Status refused = driver_->Create({}, spec).status();
                           Check(absl::IsResourceExhausted(refused), __LINE__, refused);
                           Check(Text(refused).find("is full") != std::string::npos, __LINE__, refused);
                           Check(FilesIn(images()).empty(), __LINE__);
                           Check(driver_->Create({}, Spec("thin")).ok(), __LINE__);
                         }),
            0);
}

TEST_F(LocalRootTest, AGrowWithoutRoomLeavesTheVolumeAsItWas) {
  EXPECT_EQ(OnFileSystem("tmpfs", "size=24m",
                         [&] {
                           Check(Open().ok(), __LINE__);
                           CreateSpec spec = Spec("thick");
                           spec.thick = true;
                           const auto volume = driver_->Create({}, spec);
                           Check(volume.ok(), __LINE__, volume.status());
                           const std::string id = volume->key.id;
                           const absl::Status refused = driver_->Grow({}, id, 64 * kMiB).status();
                           Check(absl::IsResourceExhausted(refused), __LINE__, refused);
                           Check(std::filesystem::file_size(ImageOf(id)) == 16 * kMiB, __LINE__);
                           Check(Open().ok(), __LINE__);
                           Check(driver_->Get({}, id)->size == 16 * kMiB, __LINE__);
                         }),
            0);
}

TEST_F(LocalRootTest, AFileSystemWithoutXattrsIsGoodEnough) {
  EXPECT_EQ(OnFileSystem("ramfs", "",
                         [&] {
                           Check(Open().ok(), __LINE__);
                           const std::string id = Make("vol").key.id;
                           Check(driver_->ClearBlankMark({}, id).ok(), __LINE__);
                           Check(driver_->Grow({}, id, 32 * kMiB).ok(), __LINE__);
                           Check(Open().ok(), __LINE__);
                           Check(Listed().size() == 1 && !Listed()[0].blank, __LINE__);
                           bool told = false;
                           for (const Diagnosis& one : driver_->Diagnose({})) {
                             told = told || (one.check == "user xattrs" &&
                                             one.verdict == Diagnosis::Verdict::kWarning);
                           }
                           Check(told, __LINE__);
                         }),
            0);
}

TEST_F(LocalRootTest, AutoclearOfARealLoopDevice) {
  if (access("/dev/loop-control", R_OK | W_OK) != 0)
    GTEST_SKIP() << "SKIPPED: there are no loop devices here";
  auto devices = host::MakeLinuxBlockDevices(SystemClock::Get());
  host::Host host;
  host.devices = devices.get();
  host.clock = &SystemClock::Get();
  auto driver = OpenLocalDriver(Options(), host);
  ASSERT_TRUE(driver.ok()) << driver.status();
  const std::string id = (*driver)->Create({}, Spec("vol"))->key.id;
  ASSERT_TRUE((*driver)->Attach({}, id, {}).ok());
  absl::StatusOr<LocalResource> local = (*driver)->AwaitLocal({}, id);
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(*devices->SizeOf(local->path), 16 * kMiB);
  ASSERT_TRUE((*driver)->Grow({}, id, 32 * kMiB).ok());
  EXPECT_EQ(*devices->SizeOf(local->path), 32 * kMiB) << "the device follows";
  const int user = open(local->path.c_str(), O_RDONLY | O_CLOEXEC);  // stands for a mount
  ASSERT_GE(user, 0);
  EXPECT_TRUE((*driver)->OnStaged({}, id).ok());
  EXPECT_TRUE((*(*driver)->FindLocal({}, id)).has_value());
  close(user);  // an umount: the device goes with its last user
  EXPECT_TRUE((*driver)->Detach({}, id, "", false).ok());
  EXPECT_FALSE((*(*driver)->FindLocal({}, id)).has_value());
  EXPECT_TRUE((*driver)->Remove({}, id).ok());
}

}  // namespace
}  // namespace rexray::drivers::local
