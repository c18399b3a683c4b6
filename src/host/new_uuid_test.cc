// Copies of real file systems, mounted together with what they were copied from.

#include "host/new_uuid.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "host/freeze.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

class NewUuidTest : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  }

  std::string Attach(const std::string& image) {
    const auto loop = host_.devices->AttachLoop(image, false, host_.Soon());
    EXPECT_TRUE(loop.ok()) << loop.status();
    return loop.ok() ? loop->path : "";
  }
  std::string UuidOf(const std::string& device) {
    const auto probe = host_.devices->Probe(device);
    EXPECT_TRUE(probe.ok()) << probe.status();
    return probe.ok() ? probe->uuid : "";
  }

  RealHost host_;
  ScratchDirectory scratch_;
};

TEST_P(NewUuidTest, ACopyIsMountedBesideItsSource) {
  const std::string fs_type = GetParam().front();
  const std::string image = scratch_.Image("source.img", 320 * kMiB);
  std::vector<std::string> argv{"mkfs." + fs_type, "-q"};
  argv.insert(argv.end(), GetParam().begin() + 1, GetParam().end());
  argv.push_back(image);
  host_.Run(argv);
  const std::string device = Attach(image);
  const std::string at = scratch_.Directory("source");
  ASSERT_EQ(host_.mounter->Mount({device, at, fs_type, {}, false}), absl::OkStatus());
  std::ofstream(at + "/file") << "of both";
  const std::string unlinked = at + "/unlinked";
  std::ofstream open_file(unlinked);  // a frozen xfs keeps its log for such files
  open_file << "x" << std::flush;
  std::filesystem::remove(unlinked);

  const auto guard = host_.file_systems->Freeze(at, ::getpid(), host_.Soon(), host_.Soon());
  ASSERT_TRUE(guard.ok()) << guard.status();
  const std::string copy_image = scratch_.Below("copy.img");
  std::filesystem::copy_file(image, copy_image);
  ASSERT_EQ(host_.file_systems->Thaw(at, *guard), absl::OkStatus());

  const std::string copy = Attach(copy_image);
  ASSERT_EQ(UuidOf(copy), UuidOf(device));
  ASSERT_EQ(host_.file_systems->Check(copy, fs_type, host_.Soon()), absl::OkStatus());
  ASSERT_EQ(host_.file_systems->NewUuid(copy, fs_type, host_.Soon()), absl::OkStatus());
  EXPECT_NE(UuidOf(copy), UuidOf(device));
  const std::string first = UuidOf(copy);
  // A crash before the mark was cleared: once more.
  ASSERT_EQ(host_.file_systems->NewUuid(copy, fs_type, host_.Soon()), absl::OkStatus());
  EXPECT_NE(UuidOf(copy), first);

  const std::string copy_at = scratch_.Directory("copy");
  ASSERT_EQ(host_.mounter->Mount({copy, copy_at, fs_type, {}, false}), absl::OkStatus());
  EXPECT_EQ(ReadText(copy_at + "/file"), "of both");
  std::ofstream(copy_at + "/file") << "of the copy";
  std::ofstream(at + "/file") << "of the source";
  ASSERT_EQ(host_.mounter->Unmount(copy_at), absl::OkStatus());
  ASSERT_EQ(host_.mounter->Mount({copy, copy_at, fs_type, {}, false}), absl::OkStatus());
  EXPECT_EQ(ReadText(copy_at + "/file"), "of the copy");
  EXPECT_EQ(ReadText(at + "/file"), "of the source");
}

using Words = std::vector<std::string>;
std::string NameOfWords(const testing::TestParamInfo<Words>& info) {
  return info.param.front() + (info.param.size() > 1 ? "_without_csum_seed" : "");
}
INSTANTIATE_TEST_SUITE_P(FileSystems, NewUuidTest,
                         testing::Values(Words{"ext4"},
                                         Words{"ext4", "-O", "metadata_csum,^metadata_csum_seed"},
                                         Words{"xfs"}, Words{"btrfs"}),
                         NameOfWords);

}  // namespace
}  // namespace rexray::host
