// The agent ends and starts again: what is kept, what is released, what is read from the original module.

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RecoverTest : public CoreFixture {
 protected:
  static EnvironmentVariables Env(const std::string& name) { return {{"DVDI_VOLUME_NAME", name}}; }
  static VolumeKey Key(const std::string& name) { return {"rexray", name}; }

  /// The work that Recover left to the background has been done.
  void Settle() { Stop(); }

  void WriteOld(const std::string& path, const std::string& bytes) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    options_.old_checkpoints.push_back(path);
  }
};

std::string Field(int number, const std::string& text) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(text.size()) + text;
}

std::string OldMountBytes(const std::string& container, const std::string& name, const std::string& path) {
  return Field(1, Field(1, container) + Field(2, "rexray") + Field(3, name) + Field(4, path));
}

std::string WithSize(const std::string& message) {
  uint32_t size = static_cast<uint32_t>(message.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + message;
}

TEST_F(RecoverTest, TheFirstStart) {
  Start();
  EXPECT_EQ(LoggedErrors(), 0);
  EXPECT_TRUE(Logged("no mounts to recover"));
}

TEST_F(RecoverTest, KnownContainersKeepTheirVolumes) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  ASSERT_TRUE(Prepare("d", Env("v")).ok());
  Start({"c", "d", "never heard of"});
  EXPECT_TRUE(Logged("Running container(c) re-identified on recover()"));
  Start({"c", "d"});  // the original had lost one of them by now
  EXPECT_TRUE(core_->HasVolumes("c"));
  EXPECT_FALSE(core_->HasVolumes("never heard of"));
  Cleanup("c");
  EXPECT_TRUE(mounter_->IsMounted(Key("v")));
  Cleanup("d");
  EXPECT_FALSE(mounter_->IsMounted(Key("v")));
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v", "unmount rexray/v"));
}

TEST_F(RecoverTest, OrphansKeepTheirVolumesUntilTheyAreDestroyed) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  Start({}, {"c"});
  EXPECT_TRUE(mounter_->IsMounted(Key("v")));
  Cleanup("c");
  EXPECT_FALSE(mounter_->IsMounted(Key("v")));
}

TEST_F(RecoverTest, WhatNobodyOwnsIsUnmounted) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  ASSERT_TRUE(Prepare("d", Env("w")).ok());
  ASSERT_TRUE(Prepare("e", Env("w")).ok());
  Start({"e"});
  Settle();
  EXPECT_FALSE(mounter_->IsMounted(Key("v")));
  EXPECT_TRUE(mounter_->IsMounted(Key("w")));
  const Checkpoint left = OnDisk();
  ASSERT_THAT(left.containers, SizeIs(1));
  EXPECT_EQ(left.containers[0].id, "e");
}

TEST_F(RecoverTest, AFailingUnmountDoesNotFailTheStart) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  mounter_->FailUnmounts(Key("v"), absl::UnavailableError("no plugin"));
  Start();
  Settle();
  ASSERT_THAT(OnDisk().unmount, SizeIs(1));
  mounter_->FailUnmounts(Key("v"), absl::OkStatus());
  Start();  // and this one remembers
  clock_.WaitForWaiters(1);
  clock_.Advance(std::chrono::minutes(1));
  mounter_->WaitForCalls(3);
  Settle();
  EXPECT_FALSE(mounter_->IsMounted(Key("v")));
  EXPECT_THAT(OnDisk().unmount, IsEmpty());
}

TEST_F(RecoverTest, AfterARebootNothingIsMounted) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  host_.boot_id = "boot-2";
  Start();
  Settle();
  EXPECT_THAT(mounter_->Calls(), ElementsAre("mount rexray/v"));
  EXPECT_THAT(OnDisk().containers, IsEmpty());
  EXPECT_EQ(OnDisk().boot_id, "boot-2");
}

TEST_F(RecoverTest, TheCheckpointWasWiped) {
  Start();
  ASSERT_TRUE(Prepare("c", Env("v")).ok());
  fs::remove_all(options_.checkpoint_dir);
  Start({"c"});
  ASSERT_TRUE(Prepare("d", Env("v")).ok());  // idempotent at the plugin
  Cleanup("d");
  Cleanup("c");
  EXPECT_FALSE(mounter_->IsMounted(Key("v")));
}

TEST_F(RecoverTest, AnUnreadableCheckpointIsSetAside) {
  for (const char* text : {"", "{", "[]", R"({"format":"else","version":1})",
                           R"({"format":"rexray-mesos-isolator","version":2})"}) {
    fs::create_directories(options_.checkpoint_dir);
    std::ofstream(options_.checkpoint_dir + "/volumes.json") << text;
    Start({"c"});
    EXPECT_TRUE(fs::exists(options_.checkpoint_dir + "/volumes.json.unreadable")) << text;
    EXPECT_TRUE(Prepare("c", Env("v")).ok());
    Cleanup("c");
    fs::remove_all(options_.checkpoint_dir);
  }
}

TEST_F(RecoverTest, NamesOfTheCheckpointAreNotTrusted) {
  fs::create_directories(options_.checkpoint_dir);
  std::ofstream(options_.checkpoint_dir + "/volumes.json")
      << R"({"format":"rexray-mesos-isolator","version":1,"boot_id":"boot-1","containers":[],"unmount":[)"
      << R"({"driver":"../evil","name":"v","mounted":false,"mountpoint":"","device":0}]})";
  Start();
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
  EXPECT_TRUE(Logged("starting with an empty list"));
}

TEST_F(RecoverTest, TheOriginalsFileIsReadAndCleanedUp) {
  for (const bool with_size : {true, false}) {
    const std::string path = folder_ + "/old/dvdimounts.pb";
    const std::string message = OldMountBytes("gone", "leaked", folder_) +
                                OldMountBytes("running", "used", folder_) +
                                OldMountBytes("gone", "bad;name", folder_);
    options_.old_checkpoints.clear();
    WriteOld(path, with_size ? WithSize(message) : message);
    host_.boot_time = 1;
    const size_t before = mounter_->Calls().size();
    Start({"running"});
    Settle();
    EXPECT_THAT(mounter_->Calls(), SizeIs(before + 1));
    EXPECT_EQ(mounter_->Calls().back(), "unmount rexray/leaked");
    EXPECT_FALSE(fs::exists(path));
    EXPECT_TRUE(fs::exists(path + ".imported"));
    ASSERT_THAT(OnDisk().containers, SizeIs(1));
    EXPECT_EQ(OnDisk().containers[0].id, "running");
    EXPECT_EQ(OnDisk().containers[0].volumes[0].mountpoint, folder_);
  }
  Start({"running"});
  Cleanup("running");
  EXPECT_EQ(mounter_->Calls().back(), "unmount rexray/used");
}

TEST_F(RecoverTest, TheOriginalsFileOfAnEarlierBoot) {
  const std::string path = folder_ + "/old/dvdimounts.pb";
  WriteOld(path, WithSize(OldMountBytes("gone", "v", folder_)));
  host_.boot_time = 4102444800;  // 2100: later than the file
  Start();
  Settle();
  EXPECT_THAT(mounter_->Calls(), IsEmpty());
  EXPECT_TRUE(fs::exists(path + ".imported"));
}

TEST_F(RecoverTest, AnUnreadableFileOfTheOriginal) {
  const std::string path = folder_ + "/old/dvdimounts.pb";
  WriteOld(path, "\xff\xff\xff\xffgarbage");
  Start();
  EXPECT_TRUE(Logged("Invalid protobuf data contained within"));
  EXPECT_TRUE(fs::exists(path)) << "it stays for a person to look at";
}

#ifdef REXRAY_FAULT_POINTS
// The process ends at every point of every write of the checkpoint, during a mount or an unmount; the next
// start knows all that may be mounted.
TEST_F(RecoverTest, CrashAtEachWrite) {
  for (const char* point : {"mesos.checkpoint.before_write", "mesos.checkpoint.half_written",
                            "mesos.checkpoint.written", "mesos.checkpoint.renamed"}) {
    // Writes: 1 recover, 2 intent, 3 mounted, 4 released.
    for (int nth = 1; nth <= 4; ++nth) {
      SCOPED_TRACE(std::string(point) + "@" + std::to_string(nth));
      Stop();
      fs::remove_all(options_.checkpoint_dir);
      mounter_ = std::make_unique<FakeMounter>(folder_ + "/volumes");
      fs::remove_all(folder_ + "/volumes");

      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        SetFault(point, FaultAction::kExit, nth);
        Start();
        static_cast<void>(Prepare("c", Env("v")));
        Cleanup("c");
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status));
      ASSERT_EQ(WEXITSTATUS(status), 137);

      // What the child's plugin has mounted is a directory.
      const bool was_mounted = fs::exists(mounter_->PathOf(Key("v")));
      Start();
      Settle();
      if (was_mounted) {
        EXPECT_THAT(mounter_->Calls(), Contains("unmount rexray/v"));
      }
      EXPECT_FALSE(fs::exists(mounter_->PathOf(Key("v"))));
      EXPECT_EQ(LoggedErrors(), 0);
      EXPECT_THAT(OnDisk().containers, IsEmpty());
      EXPECT_THAT(OnDisk().unmount, IsEmpty());
    }
  }
}
#endif

}  // namespace
}  // namespace rexray::mesos
