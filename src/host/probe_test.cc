#include "host/probe.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "host/testing/disk_signatures.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

constexpr uint64_t kSize = 320 * kMiB;

std::string RandomBytes(size_t size) {
  std::mt19937 random(42);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % 255 + 1);
  return bytes;
}

class ProbeTest : public testing::Test {
 protected:
  // The image file itself, and where this machine lets us, a loop device over it: both must say the same.
  ProbeResult Probe() {
    const auto result = ProbeDevice(image_);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) return {};
    if (!WhyNoRealDisks().empty()) return *result;
    const auto loop = host_.devices->AttachLoop(image_, false, host_.Soon());
    EXPECT_TRUE(loop.ok()) << loop.status();
    if (!loop.ok()) return {};
    const auto through = host_.devices->Probe(loop->path);
    EXPECT_TRUE(through.ok()) << through.status();
    if (!through.ok()) return {};
    EXPECT_EQ(through->description, result->description);
    EXPECT_EQ(through->empty, result->empty);
    EXPECT_EQ(host_.devices->DetachLoop(loop->path, loop->backing, host_.Soon()), absl::OkStatus());
    return *result;
  }

  ScratchDirectory scratch_;
  std::string image_ = scratch_.Image("disk.img", kSize);
  RealHost host_;
};

TEST_F(ProbeTest, ZerosAreEmpty) {
  const ProbeResult result = Probe();
  EXPECT_TRUE(result.empty);
  EXPECT_EQ(result.description, "nothing");
  EXPECT_EQ(result.fs_type, "");
  EXPECT_EQ(result.partition_table, "");
  EXPECT_FALSE(result.ambivalent);
}

struct ByHand {
  const char* test;
  void (*write)(const std::string& image);
  const char* fs_type;
  const char* partition_table;
  const char* words;
};

class ProbeByHandTest : public ProbeTest, public testing::WithParamInterface<ByHand> {};

TEST_P(ProbeByHandTest, IsNeverEmptyAndIsNamed) {
  GetParam().write(image_);
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.fs_type, GetParam().fs_type);
  EXPECT_EQ(result.partition_table, GetParam().partition_table);
  EXPECT_THAT(result.description, HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Disks, ProbeByHandTest,
    testing::Values(ByHand{"Luks", &WriteLuks, "crypto_LUKS", "",
                           "an encrypted LUKS volume (UUID 5f3c1a52-0c1f-4c5e-9d54-1f4bd1c4c001)"},
                    ByHand{"Lvm", &WriteLvm, "LVM2_member", "", "an LVM physical volume"},
                    ByHand{"MdRaid", &WriteMdRaid, "linux_raid_member", "", "a member of an md RAID array"},
                    ByHand{"Gpt", &WriteGpt, "", "gpt", "a GPT partition table"},
                    ByHand{"Mbr", &WriteMbr, "", "dos", "an MBR (DOS) partition table"},
                    ByHand{"Swap", &WriteSwap, "swap", "", "swap space"},
                    ByHand{"Zfs", &WriteZfs, "zfs_member", "", "a member of a ZFS pool"},
                    ByHand{"Bcache", &WriteBcache, "bcache", "", "a bcache device"},
                    ByHand{"Ntfs", &WriteNtfs, "ntfs", "", "an ntfs file system"},
                    ByHand{"OracleAsm", &WriteOracleAsm, "oracleasm", "", "an Oracle ASM disk"},
                    ByHand{"OracleRawHeader", &WriteOracleRawHeader, "", "",
                           "data that is no known format (the first MiB is not zero)"}),
    [](const auto& test) { return std::string(test.param.test); });

class ProbeFileSystemTest : public ProbeTest, public testing::WithParamInterface<const char*> {};

TEST_P(ProbeFileSystemTest, IsNamedWithItsUuidAndLabel) {
  const std::string fs_type = GetParam();
  const char* quiet = fs_type == "ext4" ? "-Fq" : "-q";
  ASSERT_NO_FATAL_FAILURE(host_.Run({"mkfs." + fs_type, quiet, "-L", "my data", image_}));
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.fs_type, fs_type);
  EXPECT_EQ(result.label, "my data");
  EXPECT_EQ(result.uuid.size(), 36u);
  EXPECT_FALSE(result.ambivalent);
  EXPECT_EQ(result.description, fmt::format("{} {} file system (UUID {}, label \"my data\")",
                                            fs_type == "btrfs" ? "a" : "an", fs_type, result.uuid));
}

INSTANTIATE_TEST_SUITE_P(Disks, ProbeFileSystemTest, testing::Values("ext4", "xfs", "btrfs"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(ProbeTest, RandomBytesAtTheStart) {
  WriteAt(image_, 0, RandomBytes(4096));
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.fs_type, "");
  EXPECT_EQ(result.description, "data that is no known format (the first MiB is not zero)");
}

TEST_F(ProbeTest, OneByteAnywhereInTheFirstOrLastMebibyte) {
  struct Place {
    uint64_t at;
    const char* where;
  };
  for (const Place& place : {Place{0, "first"}, Place{1, "first"}, Place{kMiB - 1, "first"},
                             Place{kSize - kMiB, "last"}, Place{kSize - 1, "last"}}) {
    WriteAt(image_, place.at, "\x01");
    const auto result = ProbeDevice(image_);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_FALSE(result->empty) << place.at;
    EXPECT_THAT(result->description, HasSubstr(fmt::format("the {} MiB is not zero", place.where)))
        << place.at;
    WriteAt(image_, place.at, std::string(1, '\0'));
    EXPECT_TRUE(ProbeDevice(image_)->empty) << place.at;
  }
}

TEST_F(ProbeTest, RandomBytesAtTheVeryEnd) {
  WriteAt(image_, kSize - 512, RandomBytes(512));
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.description, "data that is no known format (the last MiB is not zero)");
}

TEST_F(ProbeTest, TwoSignaturesAreRefusedByBothNames) {
  const std::string other = scratch_.Image("other.img", kSize);
  ASSERT_NO_FATAL_FAILURE(host_.Run({"mkfs.btrfs", "-q", other}));
  ASSERT_NO_FATAL_FAILURE(host_.Run({"mkfs.ext4", "-Fq", image_}));
  WriteAt(image_, 64 * kKiB, ReadText(other).substr(64 * kKiB, 4 * kKiB));
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_TRUE(result.ambivalent);
  EXPECT_EQ(result.fs_type, "");
  EXPECT_THAT(result.description, HasSubstr("more than one signature"));
  EXPECT_THAT(result.description, HasSubstr("ext4"));
  EXPECT_THAT(result.description, HasSubstr("btrfs"));
}

TEST_F(ProbeTest, AFileSystemBesideAPartitionTableIsRefused) {
  ASSERT_NO_FATAL_FAILURE(host_.Run({"mkfs.ext4", "-Fq", image_}));
  WriteMbr(image_);
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_TRUE(result.ambivalent) << result.description;
}

TEST_F(ProbeTest, AWrongChecksumIsStillAName) {
  WriteLvm(image_);
  WriteAt(image_, 512 + 40, "X");
  const ProbeResult result = Probe();
  EXPECT_FALSE(result.empty);
  EXPECT_EQ(result.fs_type, "LVM2_member");
  EXPECT_THAT(result.description, HasSubstr("with a wrong checksum"));
}

TEST(Probe, SmallDevicesAreReadWhole) {
  const ScratchDirectory scratch;
  const std::string image = scratch.Image("small.img", 64 * kKiB);
  EXPECT_TRUE(ProbeDevice(image)->empty);
  WriteAt(image, 33 * kKiB, "x");
  EXPECT_FALSE(ProbeDevice(image)->empty);
  const std::string odd = scratch.Image("odd.img", 3 * kMiB + 513);
  EXPECT_TRUE(ProbeDevice(odd)->empty);
  WriteAt(odd, 3 * kMiB + 512, "x");
  EXPECT_FALSE(ProbeDevice(odd)->empty);
}

TEST(Probe, WhatCannotBeReadIsAnErrorAndNotEmpty) {
  const ScratchDirectory scratch;
  EXPECT_EQ(ProbeDevice(scratch.Below("none")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ProbeDevice(scratch.Image("zero.img", 0)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ProbeDevice(scratch.path()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rexray::host
