#include "host/helper/wire.h"

#include <gtest/gtest.h>

#include "host/helper/calls.h"

namespace rexray::host {
namespace {

TEST(WireTest, WhatWasPutIsTaken) {
  Packer out;
  out.Put(Call::kProbe);
  out.Put(uint64_t{1} << 40);
  out.Put(true);
  out.Put(std::string("a\0b", 3));
  out.Put(std::vector<std::string>{"", "noatime"});
  out.Put(std::optional<std::string>());
  out.Put(std::optional<LoopDevice>(LoopDevice{"/dev/loop7", 1799, {2, 3}, true, false, true}));
  out.Put(Deadline::Never());
  out.Put(MakeOptions{"xfs", {"-m", "crc=1"}, Deadline::At(TimePoint(std::chrono::seconds(12)))});
  const std::string text = out.Take();

  Unpacker in(text);
  EXPECT_EQ(in.Take<Call>(), Call::kProbe);
  EXPECT_EQ(in.Take<uint64_t>(), uint64_t{1} << 40);
  EXPECT_TRUE(in.Take<bool>());
  EXPECT_EQ(in.Take<std::string>(), std::string("a\0b", 3));
  EXPECT_EQ(in.Take<std::vector<std::string>>(), (std::vector<std::string>{"", "noatime"}));
  EXPECT_EQ(in.Take<std::optional<std::string>>(), std::nullopt);
  const auto loop = in.Take<std::optional<LoopDevice>>();
  ASSERT_TRUE(loop.has_value());
  EXPECT_EQ(loop->path, "/dev/loop7");
  EXPECT_EQ(loop->number, dev_t{1799});
  EXPECT_EQ(loop->backing, (FileIdentity{2, 3}));
  EXPECT_TRUE(loop->autoclear);
  EXPECT_FALSE(loop->direct_io);
  EXPECT_TRUE(loop->read_only);
  EXPECT_TRUE(in.Take<Deadline>().IsNever());
  const auto make = in.Take<MakeOptions>();
  EXPECT_EQ(make.fs_type, "xfs");
  EXPECT_EQ(make.extra, (std::vector<std::string>{"-m", "crc=1"}));
  EXPECT_EQ(make.deadline.at(), TimePoint(std::chrono::seconds(12)));
  EXPECT_TRUE(in.Complete());
}

TEST(WireTest, NothingIsReadBeyondTheEnd) {
  Packer out;
  out.Put(std::vector<std::string>{"first", "second"});
  ProbeResult probe;
  probe.description = "an ext4 file system";
  out.Put(probe);
  const std::string whole = out.Take();
  for (size_t length = 0; length < whole.size(); ++length) {
    Unpacker in(std::string_view(whole).substr(0, length));
    (void)in.Take<std::vector<std::string>>();
    (void)in.Take<ProbeResult>();
    EXPECT_FALSE(in.ok()) << length;
  }
  Unpacker longer(whole);
  (void)longer.Take<std::vector<std::string>>();
  EXPECT_TRUE(longer.ok());
  EXPECT_FALSE(longer.Complete()) << "there is more";
}

}  // namespace
}  // namespace rexray::host
