#include "host/device_watch.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

std::string Packet(const std::vector<std::string>& words) {
  std::string packet;
  for (const std::string& word : words) packet += word + '\0';
  return packet;
}

TEST(ParseUevent, TheRemovalOfABlockDevice) {
  const auto removal =
      ParseUevent(Packet({"remove@/devices/pci0000:00/nvme1/nvme1n1", "ACTION=remove", "SUBSYSTEM=block",
                          "MAJOR=259", "MINOR=4", "DEVNAME=nvme1n1", "DEVTYPE=disk", "SEQNUM=4711"}));
  ASSERT_TRUE(removal);
  EXPECT_EQ(removal->number, ::makedev(259, 4));
  EXPECT_EQ(removal->path, "/dev/nvme1n1");
}

TEST(ParseUevent, NothingElse) {
  EXPECT_FALSE(ParseUevent(Packet({"add@/x", "ACTION=add", "SUBSYSTEM=block", "DEVNAME=sda"})));
  EXPECT_FALSE(ParseUevent(Packet({"remove@/x", "ACTION=remove", "SUBSYSTEM=net", "DEVNAME=eth0"})));
  EXPECT_FALSE(ParseUevent(Packet({"remove@/x", "ACTION=remove", "SUBSYSTEM=block"}))) << "no name";
  EXPECT_FALSE(ParseUevent(""));
  EXPECT_FALSE(ParseUevent("remove@/x"));
  EXPECT_FALSE(ParseUevent(std::string("=\0\0=ACTION\0", 12)));
}

TEST(DeviceWatch, ADeviceIsPresentOrNot) {
  SystemClock& clock = SystemClock::Get();
  ProcessRunner runner(clock);
  const auto watch = MakeLinuxDeviceWatch(runner);
  EXPECT_TRUE(absl::IsNotFound(watch->CheckPresent("/dev/gone", ::makedev(259, 1048575))));
  EXPECT_TRUE(absl::IsNotFound(watch->CheckPresent("/dev/there is none", 0)));
  EXPECT_TRUE(absl::IsNotFound(watch->CheckPresent("/dev/there is none", ::makedev(0, 44)))) << "btrfs";
}

class RealDeviceWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    auto loop = host_.devices->AttachLoop(scratch_.Image("disk.img", 4 * kMiB), false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *loop;
  }
  ScratchDirectory scratch_;
  RealHost host_;
  LoopDevice loop_;
};

TEST_F(RealDeviceWatchTest, ReadsPastTheCache) {
  const auto watch = MakeLinuxDeviceWatch(host_.runner);
  EXPECT_EQ(watch->CheckPresent(loop_.path, loop_.number), absl::OkStatus());
  EXPECT_EQ(watch->CheckPresent(loop_.path, 0), absl::OkStatus());
  EXPECT_EQ(watch->ReadBlock(loop_.path, host_.Soon()), absl::OkStatus());
  const absl::Status gone = watch->ReadBlock("/dev/there is none", host_.Soon());
  EXPECT_TRUE(absl::IsDataLoss(gone)) << gone;
  // What the loop device stands on is cut off: the kernel answers with EIO.
  ASSERT_EQ(::truncate(scratch_.Below("disk.img").c_str(), 0), 0);
  const absl::Status broken = watch->ReadBlock(loop_.path, host_.Soon());
  EXPECT_TRUE(absl::IsDataLoss(broken)) << broken;
  EXPECT_THAT(std::string(MessageOf(broken)), HasSubstr(loop_.path));
}

TEST_F(RealDeviceWatchTest, HearsTheKernel) {
  const auto watch = MakeLinuxDeviceWatch(host_.runner);
  std::promise<DeviceRemoval> heard;
  std::atomic<bool> first{true};
  const uint64_t subscription = watch->Subscribe([&](const DeviceRemoval& removal) {
    if (removal.number == loop_.number && first.exchange(false)) heard.set_value(removal);
  });
  const std::string name = loop_.path.substr(5);
  std::ofstream uevent("/sys/block/" + name + "/uevent");
  uevent << "remove" << std::flush;
  if (!uevent.good()) GTEST_SKIP() << "SKIPPED: /sys is read-only here";
  std::future<DeviceRemoval> removal = heard.get_future();
  if (removal.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
    watch->Unsubscribe(subscription);
    FAIL() << "the kernel's event did not come";
  }
  EXPECT_EQ(removal.get().path, loop_.path);
  watch->Unsubscribe(subscription);
  // It was a rumour.
  EXPECT_EQ(watch->CheckPresent(loop_.path, loop_.number), absl::OkStatus());
}

}  // namespace
}  // namespace rexray::host
