#include "mesos/checkpoint.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "mesos/old_checkpoint.h"
#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Checkpoint Sample() {
  const VolumeUse mounted{{"rexray", "pg data"}, true, "/var/lib/rexray/volumes/pg data/data", 2049};
  const VolumeUse intent{{"rexray/ebs", "v"}, false, "", 0};
  return {"boot", {{"parent.child", {mounted, intent}}, {"other", {intent}}}, {mounted}};
}

TEST(CheckpointTest, ThereAndBack) {
  const auto decoded = DecodeCheckpoint(EncodeCheckpoint(Sample()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, Sample());
}

// docs/mesos.md shows this text: other programs may read the file.
TEST(CheckpointTest, TheFormIsTheDocumentedOne) {
  EXPECT_EQ(EncodeCheckpoint({"b", {{"c", {{{"d", "n"}, true, "/m", 7}}}}, {}}),
            R"({"boot_id":"b","containers":[{"id":"c","volumes":[{"device":7,"driver":"d","mounted":true,)"
            R"("mountpoint":"/m","name":"n"}]}],"format":"rexray-mesos-isolator","unmount":[],"version":1})"
            "\n");
}

TEST(CheckpointTest, EveryCutIsNoticed) {
  const std::string text = EncodeCheckpoint(Sample());
  for (size_t size = 0; size + 2 < text.size(); ++size) {
    EXPECT_FALSE(DecodeCheckpoint(std::string_view(text).substr(0, size)).ok()) << size;
  }
}

TEST(CheckpointTest, WrongContent) {
  const auto wrong = [](std::string_view from, std::string_view to) {
    std::string text = EncodeCheckpoint(Sample());
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return DecodeCheckpoint(text.replace(at, from.size(), to)).status();
  };
  EXPECT_THAT(wrong("\"version\":1", "\"version\":2").message(), HasSubstr("version 1"));
  EXPECT_FALSE(wrong("\"version\":1", "\"version\":\"1\"").ok());
  EXPECT_FALSE(wrong("\"device\":2049", "\"device\":-1").ok());
  EXPECT_FALSE(wrong("\"mounted\":true", "\"mounted\":1").ok());
  EXPECT_FALSE(wrong("/var/lib/rexray/volumes/pg data/data", "/etc").ok());
  EXPECT_FALSE(wrong("\"pg data\"", "\"pg;data\"").ok());
  EXPECT_FALSE(wrong("\"rexray/ebs\"", "\"../ebs\"").ok());
  EXPECT_FALSE(wrong("\"id\":\"other\"", "\"id\":3").ok());
}

TEST(CheckpointFileTest, SavedAndLoaded) {
  const TemporaryFolder folder;
  const CheckpointFile file(folder.path() + "/a/b");
  const auto none = file.Load();
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());
  ASSERT_TRUE(file.Save(Sample()).ok());
  ASSERT_TRUE(file.Save(Sample()).ok());
  const auto loaded = file.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(**loaded, Sample());
  struct stat status {};
  ASSERT_EQ(::stat((folder.path() + "/a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(CheckpointFileTest, ALinkIsNotWrittenThrough) {
  const TemporaryFolder folder;
  const CheckpointFile file(folder.path());
  fs::create_symlink(folder.path() + "/victim", file.path() + ".new");
  EXPECT_FALSE(file.Save(Sample()).ok());
  EXPECT_FALSE(fs::exists(folder.path() + "/victim"));
}

#ifdef REXRAY_FAULT_POINTS
TEST(CheckpointFileTest, AFailureLeavesTheOldContent) {
  const TemporaryFolder folder;
  const CheckpointFile file(folder.path());
  ASSERT_TRUE(file.Save(Sample()).ok());
  for (const char* point :
       {"mesos.checkpoint.before_write", "mesos.checkpoint.half_written", "mesos.checkpoint.written"}) {
    SetFault(point, FaultAction::kFail);
    EXPECT_FALSE(file.Save({}).ok());
    ClearFaults();
    const auto loaded = file.Load();
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(**loaded, Sample()) << point;
  }
}
#endif

// Encoded by Debian's protoc 3.21 from the messages of isolator/interface.proto: two mounts, the first with
// all fields.
constexpr std::string_view kOldList(
    "\0124\012\002c1\022\006rexray\032\001v\042\002/m*\006size=52\004/tmp:\017/usr/bin/"
    "dvdcli@\001\012\014\012\002c2"
    "\022\001d\032\001w@\000",
    68);

std::string Prefixed(std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof size).append(message);
}

TEST(OldCheckpointTest, BothForms) {
  for (const std::string& bytes : {std::string(kOldList), Prefixed(kOldList)}) {
    const auto mounts = ParseOldCheckpoint(bytes);
    ASSERT_TRUE(mounts.ok()) << mounts.status();
    ASSERT_THAT(*mounts, SizeIs(2));
    EXPECT_EQ((*mounts)[0], (OldMount{"c1", "rexray", "v", "/m", "/tmp"}));
    EXPECT_EQ((*mounts)[1], (OldMount{"c2", "d", "w", "", ""}));
  }
}

TEST(OldCheckpointTest, EveryCutIsNoticedOrIsAWholeNumberOfMounts) {
  for (size_t size = 1; size < kOldList.size(); ++size) {
    EXPECT_EQ(ParseOldCheckpoint(kOldList.substr(0, size)).ok(), size == 2 + 52) << size;
    EXPECT_FALSE(ParseOldCheckpoint(Prefixed(kOldList).substr(0, 4 + size)).ok()) << size;
  }
}

TEST(OldCheckpointTest, EmptyLists) {
  for (const std::string& bytes : {std::string(), Prefixed("")}) {
    const auto mounts = ParseOldCheckpoint(bytes);
    ASSERT_TRUE(mounts.ok()) << mounts.status();
    EXPECT_THAT(*mounts, IsEmpty());
  }
}

TEST(OldCheckpointTest, Damage) {
  using std::string_literals::operator""s;
  for (const std::string& bytes : {"\x0a"s, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, "\x0a\x05\x0a"s,
                                   "\x0a\x00"s, "\x00\x01\x00"s, "\x0b\x00"s, "\x12\x01x"s, "\x08\x01"s,
                                   std::string(64, '\xff'), "\x0a\x03\x0a\x01\x63"s}) {
    EXPECT_FALSE(ParseOldCheckpoint(bytes).ok()) << testing::PrintToString(bytes);
  }
}

TEST(OldCheckpointTest, TooManyMounts) {
  std::string bytes;
  for (int i = 0; i < 4097; ++i)
    bytes +=
        "\x0a\x09\x0a\x01"
        "c"
        "\x12\x01"
        "d"
        "\x1a\x01"
        "v";
  EXPECT_THAT(ParseOldCheckpoint(bytes).status().message(), HasSubstr("more mounts"));
}

}  // namespace
}  // namespace rexray::mesos
