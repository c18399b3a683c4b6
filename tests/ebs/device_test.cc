// Real block devices: which one is the volume, and attachments that never get one.

#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/temporary_directory.h"
#include "drivers/ebs/device_finder.h"
#include "ebs/driver_fixture.h"
#include "host/testing/scratch_disks.h"

namespace rexray::drivers::ebs {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(EbsDriverTest, AnAttachmentThatHangsIsUndoneAndTheNextTakesAnotherName) {
  EbsOptions options = OptionsFor(Launch("i-0000000000000000a"));
  options.stuck_after = milliseconds(300);
  StorageDriver& driver = DriverOf(options);
  ASSERT_TRUE(simulator_.SetDeviceNames("i-0000000000000000a", {"/dev/xvdaa"}, {}).ok());
  const std::string id = Make(driver, "vol");
  const absl::StatusOr<Attachment> first = driver.Attach(In(seconds(60)), id, {});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->device, "/dev/xvdaa");
  const absl::Status hung = driver.AwaitLocal(In(seconds(60)), id).status();
  EXPECT_TRUE(absl::IsUnavailable(hung)) << hung;
  EXPECT_THAT(std::string(MessageOf(hung)), HasSubstr("\"vol\""));
  EXPECT_THAT(std::string(MessageOf(hung)), HasSubstr("hung in \"attaching\" as /dev/xvdaa"));
  EXPECT_THAT(simulator_.Volumes().at(id).attachments, IsEmpty());

  const absl::StatusOr<Attachment> second = driver.Attach(In(seconds(60)), id, {});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->device, "/dev/xvdaa");
  while (simulator_.Volumes().at(id).attachments.at(0).state == "attaching") std::this_thread::yield();
  EXPECT_EQ(simulator_.Volumes().at(id).attachments.at(0).state, "attached");
}

class DeviceTest : public ::testing::Test {
 protected:
  DeviceTest()
      : simulator_(SimOptions(directory_), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)),
        timers_(StartThread("ec2sim-timers", [this] { simulator_.RunTimers(); })) {}
  ~DeviceTest() override {
    driver_.reset();
    simulator_.TerminateAll();
    simulator_.EndTimers();
    timers_.join();
    simulator_.ChangeOptions([](ec2sim::Options&) {});  // what TerminateAll left is due
  }
  void SetUp() override {
    if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    ec2sim::InstanceSpec spec;
    spec.instance.device_root = directory_ / "node";
    EbsOptions options;
    options.instance = *simulator_.AddInstance(spec);
    options.region = "us-east-1";
    options.zone = "us-east-1a";
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("not checked");
    options.device_root = spec.instance.device_root;
    options.pace.first = milliseconds(20);
    root_ = options.device_root;
    driver_ = MakeEbsDriver(
        options, {}, transport_, [](const std::string&) { return std::nullopt; }, nullptr);
  }
  static ec2sim::Options SimOptions(const fs::path& directory) {
    ec2sim::Options options;
    options.data_directory = directory / "data";
    options.check_signatures = false;
    return options;
  }
  CallContext Soon() { return {Deadline::After(clock_, seconds(60))}; }
  std::string Make(const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.size = kGiB;
    const absl::StatusOr<Volume> made = driver_->Create(Soon(), spec);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->key.id : "";
  }
  std::string Mount(const std::string& id) {
    EXPECT_TRUE(driver_->Attach(Soon(), id, {}).ok());
    const absl::StatusOr<LocalResource> local = driver_->AwaitLocal(Soon(), id);
    EXPECT_TRUE(local.ok()) << local.status();
    return local.ok() ? local->path : "";
  }
  fs::path LinkOf(const std::string& id) {
    return root_ / "dev/disk/by-id" / ("nvme-Amazon_Elastic_Block_Store_" + SerialOf(id));
  }

  Clock& clock_ = SystemClock::Get();
  const TemporaryDirectory own_;
  const fs::path directory_ = own_.path();
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  fs::path root_;
  std::unique_ptr<StorageDriver> driver_;
  std::thread timers_;
};

/// aws-ebs-csi-driver #1224: udev left a link behind, and another volume was mounted through it.
TEST_F(DeviceTest, AStaleLinkNeverMountsAnotherVolume) {
  const std::string mine = Make("mine");
  const std::string other = Make("other");
  const std::string others_device = Mount(other);
  // Left behind from a volume that was here, whose device's name another one has now.
  ASSERT_TRUE(fs::exists(LinkOf(other)));
  fs::create_symlink(fs::path("../..") / fs::path(others_device).filename(), LinkOf(mine));
  ASSERT_TRUE(fs::canonical(LinkOf(mine)) == fs::canonical(others_device));
  const auto found = driver_->FindLocal(Soon(), mine);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, std::nullopt);
  EXPECT_TRUE(absl::IsFailedPrecondition(driver_->AwaitLocal(Soon(), mine).status())) << "it is not attached";

  fs::remove(LinkOf(mine));
  const std::string device = Mount(mine);
  ASSERT_NE(device, others_device);
  fs::remove(LinkOf(mine));
  fs::create_symlink(fs::path("../..") / fs::path(others_device).filename(), LinkOf(mine));
  EXPECT_EQ((*driver_->FindLocal(Soon(), mine))->path, device) << "the serial number counts";
  EXPECT_EQ((*driver_->FindLocal(Soon(), other))->path, others_device);
}

}  // namespace
}  // namespace rexray::drivers::ebs
