#include "host/superblock_size.h"

#include <fcntl.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/subprocess.h"
#include "base/unique_fd.h"
#include "host/probe.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

class SuperblockSizeTest : public testing::TestWithParam<const char*> {
 protected:
  /// False where the tool is not installed.
  bool Make(const std::string& fs_type, const std::string& image) {
    ProcessRunner runner(SystemClock::Get());
    const std::string force = fs_type == "ext4" ? "-F" : "-f";
    const auto made = runner.Run({.argv = {"mkfs." + fs_type, force, "-q", image}});
    return made.ok();
  }
  ScratchDirectory scratch_;
};

TEST_P(SuperblockSizeTest, IsTheSizeThatItWasMadeFor) {
  const std::string image = scratch_.Image("disk.img", 320 * kMiB);
  if (!Make(GetParam(), image)) GTEST_SKIP() << "SKIPPED: no mkfs." << GetParam();
  const auto probe = ProbeDevice(image);
  ASSERT_TRUE(probe.ok()) << probe.status();
  EXPECT_EQ(probe->fs_type, GetParam());
  EXPECT_EQ(probe->fs_size, 320 * kMiB);
}

TEST_P(SuperblockSizeTest, DoesNotFollowTheDeviceByItself) {
  const std::string image = scratch_.Image("disk.img", 320 * kMiB);
  if (!Make(GetParam(), image)) GTEST_SKIP() << "SKIPPED: no mkfs." << GetParam();
  ASSERT_EQ(::truncate(image.c_str(), static_cast<off_t>(640 * kMiB)), 0);
  EXPECT_EQ(ProbeDevice(image)->fs_size, 320 * kMiB);
}

INSTANTIATE_TEST_SUITE_P(All, SuperblockSizeTest, testing::Values("ext4", "xfs", "btrfs"),
                         [](const auto& test) { return std::string(test.param); });

TEST(SuperblockSizeOfNothingTest, IsNotKnown) {
  ScratchDirectory scratch;
  const std::string zeros = scratch.Image("zeros.img", kMiB);
  const std::string small = scratch.Image("small.img", 512);
  for (const std::string& image : {zeros, small}) {
    const UniqueFd fd(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd.valid());
    for (const char* type : {"ext4", "xfs", "btrfs", "vfat", ""})
      EXPECT_EQ(SuperblockSize(fd.get(), type), 0u);
  }
}

}  // namespace
}  // namespace rexray::host
