// Real disks through the engine: what must never be formatted, what must never be mounted (design §4.5,
// §4.6), on loop devices over image files. The backend is the fake cloud, the node is this machine.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/mount_namespace.h"
#include "drivers/fake/fake_cloud.h"
#include "engine/event_log.h"
#include "engine/journal.h"
#include "engine/testing/engine_fixture.h"
#include "host/testing/disk_signatures.h"
#include "host/testing/scratch_disks.h"

namespace rexray::engine {
namespace {

using ::testing::HasSubstr;

/// The real one, counting.
class CountingUsers final : public host::MountUsers {
 public:
  absl::StatusOr<host::MountCensus> Count(const std::vector<host::WatchedMount>& watched) override {
    auto census = real_->Count(watched);
    ++counted_;
    return census;
  }
  absl::Status SeesEveryProcess() override { return real_->SeesEveryProcess(); }
  int counted() const { return counted_; }

 private:
  std::unique_ptr<host::MountUsers> real_ = host::MakeLinuxMountUsers();
  std::atomic<int> counted_{0};
};

class RealDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    drivers::fake::FakeCloud::Options cloud;
    cloud.service = "rexray";
    cloud.directory = scratch_.Directory("images");
    cloud_ = std::make_unique<drivers::fake::FakeCloud>(cloud);
    auto journal = OpenJournal(scratch_.Directory("run"), "boot");
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
    host::Host host;
    host.devices = real_.devices.get();
    host.mounter = real_.mounter.get();
    host.file_systems = real_.file_systems.get();
    host.clock = &real_.clock;
    host.watch = watch_.get();
    host.users = &users_;
    Service service;
    service.name = "rexray";
    driver_ = cloud_->DriverFor("node-a", host);
    service.driver = driver_;
    service.stale_after = stale_after_;
    EngineOptions options;
    options.volumes_root = scratch_.Directory("volumes");
    options.attachment_poll = options.device_poll = options.stale_poll = Duration::zero();
    if (stale_after_ != Duration::zero()) options.stale_poll = std::chrono::milliseconds(50);
    auto engine = VolumeEngine::Create(
        options, {.host = host, .journal = journal_.get(), .events = &events_, .services = {service}});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    ASSERT_EQ(engine_->Recover(), absl::OkStatus());
  }
  void TearDown() override { engine_.reset(); }

  Deadline Soon() const { return Deadline::After(real_.clock, std::chrono::seconds(60)); }

  /// An empty volume; its image file. `blank`: with our mark.
  std::string Create(const std::string& name, uint64_t size, bool blank) {
    CreateSpec spec;
    spec.name = name;
    spec.size = size;
    Pending<absl::StatusOr<CreateResult>> made;
    engine_->CreateVolume("", spec, Soon(), made.Done());
    const auto result = made.Wait();
    EXPECT_TRUE(result.ok()) << result.status();
    const std::string id = result.ok() ? result->view.volume.key.id : "";
    if (!blank) {
      EXPECT_EQ(driver_->ClearBlankMark({}, id), absl::OkStatus());
    }
    return scratch_.Below("images/" + id + ".img");
  }
  static Consumer Cli() { return {Consumer::Api::kCli, "cli", false}; }
  static Consumer Docker() { return ConsumerOfDockerId("v", std::string(64, 'a')); }
  absl::StatusOr<std::string> Mount(const std::string& name, const Consumer& consumer = Cli()) {
    Pending<absl::StatusOr<std::string>> answer;
    engine_->Mount({"", name, ""}, consumer, {}, Soon(),
                   [done = answer.Done()](absl::StatusOr<std::string> path) {
                     done(std::move(path));
                     return true;
                   });
    return answer.Wait();
  }
  absl::Status Unmount(const std::string& name) {
    Pending<absl::Status> answer;
    engine_->Unmount({"", name, ""}, {Consumer::Api::kCli, "cli", false}, /*now=*/true, Soon(),
                     answer.Done());
    return answer.Wait();
  }
  VolumeView View(const std::string& name) {
    Pending<absl::StatusOr<VolumeView>> answer;
    engine_->Get({"", name, ""}, Soon(), answer.Done());
    return answer.Wait().value_or(VolumeView());
  }
  size_t EventsOfKind(const std::string& kind) const {
    size_t count = 0;
    for (const Event& event : events_.Since(0)) count += event.kind == kind ? 1 : 0;
    return count;
  }
  /// For what other threads do.
  template <typename Condition>
  static void Until(Condition condition) {
    while (!condition()) std::this_thread::yield();
  }
  void MakeFileSystem(const std::string& image, const std::string& fs_type) {
    real_.Run({"mkfs." + fs_type, fs_type == "ext4" ? "-Fq" : "-q", image});
  }
  bool KernelHas(const std::string& fs_type) {
    std::ifstream file("/proc/filesystems");
    for (std::string word; file >> word;) {
      if (word == fs_type) return true;
    }
    return false;
  }

  host::ScratchDirectory scratch_;
  host::RealHost real_;
  EventLog events_{SystemClock::Get()};
  Duration stale_after_{0};
  std::unique_ptr<host::DeviceWatch> watch_ = host::MakeLinuxDeviceWatch(real_.runner);
  CountingUsers users_;
  std::unique_ptr<drivers::fake::FakeCloud> cloud_;
  std::shared_ptr<StorageDriver> driver_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<VolumeEngine> engine_;
};

// --- taken away ---

TEST_F(RealDiskTest, AVolumeThatIsTakenAwayIsUnmountedUnderItsUser) {
  Create("v", 64 * kMiB, /*blank=*/true);
  const absl::StatusOr<std::string> path = Mount("v", Docker());
  ASSERT_TRUE(path.ok()) << path.status();
  const StageRow stage = journal_->Stages()->front();
  const host::OtherProcess user([&] { return ::chdir(path->c_str()) == 0; });
  ASSERT_TRUE(user.ok());
  cloud_->TearAway(stage.key.id);
  std::ofstream uevent("/sys/block/" + stage.device.substr(5) + "/uevent");
  uevent << "remove" << std::flush;
  if (!uevent.good()) GTEST_SKIP() << "SKIPPED: /sys is read-only here";
  Until([&] {
    return View("v").state == StageState::kLost && !host::FindMount(*real_.mounter->List(), stage.stage_path);
  });
  EXPECT_EQ(EventsOfKind("fenced"), 1u);
  EXPECT_EQ(View("v").consumers.size(), 1u);
  const absl::StatusOr<std::string> again = Mount("v");
  EXPECT_THAT(std::string(MessageOf(again.status())), HasSubstr("was taken away from this node"));
}

// --- forgotten by Docker ---

class RealStaleTest : public RealDiskTest {
 protected:
  RealStaleTest() { stale_after_ = std::chrono::milliseconds(1); }
};

TEST_F(RealStaleTest, IsReleasedWhenTheLastContainerThatHasItIsGone) {
  if (const std::string why = WhyNoMountNamespace(); !why.empty()) GTEST_SKIP() << why;
  if (const absl::Status sees = users_.SeesEveryProcess(); !sees.ok()) GTEST_SKIP() << "SKIPPED: " << sees;
  Create("v", 64 * kMiB, /*blank=*/true);
  const std::string inside = scratch_.Directory("inside");
  std::unique_ptr<host::OtherProcess> holder;
  {
    // A Mount that nobody has yet is stale at once here: hold its first place by hand.
    const absl::StatusOr<std::string> path = Mount("v", Cli());
    ASSERT_TRUE(path.ok()) << path.status();
    holder = std::make_unique<host::OtherProcess>([&] {
      return ::unshare(CLONE_NEWNS) == 0 &&
             ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount(path->c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) == 0;
    });
    ASSERT_TRUE(holder->ok());
    ASSERT_TRUE(Mount("v", Docker()).ok());
    ASSERT_EQ(Unmount("v"), absl::OkStatus());
  }
  Until([&] { return users_.counted() >= 5; });
  EXPECT_EQ(View("v").state, StageState::kInUse) << "its container has it";
  Pending<absl::StatusOr<ConsumerReport>> answer;
  engine_->Consumers({"", "v", ""}, Soon(), answer.Done());
  const auto report = answer.Wait();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->consumers.front().verdict, ConsumerEvidence::Verdict::kAlive);
  EXPECT_TRUE(std::any_of(report->uses.begin(), report->uses.end(), [&](const host::MountUse& use) {
    return use.pid == holder->pid() && use.target == inside;
  }));
  holder.reset();
  Until([&] { return EventsOfKind("consumer-released") == 1; });
  Until([&] { return View("v").state == StageState::kDetached; });
  EXPECT_TRUE(journal_->Stages()->empty());
}

// --- never formatted ---

void WriteRandomStart(const std::string& image) {
  host::WriteAt(image, 0, "\x8f\x11\xd2\x07 somebody's data");
}
void WriteRandomEnd(const std::string& image) {
  host::WriteAt(image, std::filesystem::file_size(image) - 1, "\x01");
}

struct Foreign {
  const char* test;
  void (*write)(const std::string& image);
  const char* words;
  bool refused_under_the_mark = true;  ///< our own half-made mkfs looks like no known format
};

class ForeignDiskTest : public RealDiskTest, public ::testing::WithParamInterface<Foreign> {};

TEST_P(ForeignDiskTest, IsNeverFormattedAndRefusedByName) {
  for (const bool blank : {false, true}) {
    if (blank && !GetParam().refused_under_the_mark) continue;
    const std::string name = blank ? "marked" : "plain";
    const std::string image = Create(name, 64 * kMiB, blank);
    GetParam().write(image);
    const uint64_t before = host::HashOf(image);
    const absl::StatusOr<std::string> path = Mount(name);
    EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition) << path.status();
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr(GetParam().words));
    EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr('"' + name + '"'));
    EXPECT_EQ(host::HashOf(image), before) << "not one byte has changed";
    EXPECT_TRUE(journal_->Stages()->empty()) << "and nothing is left attached";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Disks, ForeignDiskTest,
    ::testing::Values(Foreign{"Luks", &host::WriteLuks, "an encrypted LUKS volume"},
                      Foreign{"Lvm", &host::WriteLvm, "an LVM physical volume"},
                      Foreign{"MdRaid", &host::WriteMdRaid, "a member of an md RAID array"},
                      Foreign{"Gpt", &host::WriteGpt, "a GPT partition table"},
                      Foreign{"Mbr", &host::WriteMbr, "an MBR (DOS) partition table"},
                      Foreign{"Swap", &host::WriteSwap, "swap space"},
                      Foreign{"Zfs", &host::WriteZfs, "a member of a ZFS pool"},
                      Foreign{"Bcache", &host::WriteBcache, "a bcache device"},
                      Foreign{"Ntfs", &host::WriteNtfs, "an ntfs file system"},
                      Foreign{"OracleAsm", &host::WriteOracleAsm, "an Oracle ASM disk"},
                      Foreign{"OracleRawHeader", &host::WriteOracleRawHeader,
                              "data that is no known format (the first MiB is not zero)", false},
                      Foreign{"RandomStart", &WriteRandomStart,
                              "data that is no known format (the first MiB is not zero)", false},
                      Foreign{"RandomEnd", &WriteRandomEnd,
                              "data that is no known format (the last MiB is not zero)", false}),
    [](const auto& test) { return std::string(test.param.test); });

class OwnDiskTest : public RealDiskTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(OwnDiskTest, AFileSystemIsMountedAsItIs) {
  const std::string fs_type = GetParam();
  if (!KernelHas(fs_type)) GTEST_SKIP() << "SKIPPED: this kernel has no " << fs_type;
  const std::string image = Create("v", 512 * kMiB, /*blank=*/false);
  ASSERT_NO_FATAL_FAILURE(MakeFileSystem(image, fs_type));
  auto loop = real_.devices->AttachLoop(image, false, real_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();
  const std::string by_hand = scratch_.Directory("hand");
  ASSERT_EQ(real_.mounter->Mount({loop->path, by_hand, fs_type, {}, false}), absl::OkStatus());
  ASSERT_TRUE(std::filesystem::create_directory(by_hand + "/data"));
  std::ofstream(by_hand + "/data/kept") << "old data";
  ASSERT_EQ(real_.mounter->Unmount(by_hand), absl::OkStatus());
  const auto uuid = real_.devices->Probe(loop->path)->uuid;
  ASSERT_EQ(real_.devices->DetachLoop(loop->path, loop->backing, real_.Soon()), absl::OkStatus());

  const absl::StatusOr<std::string> path = Mount("v");
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(host::ReadText(*path + "/kept"), "old data");
  EXPECT_EQ(real_.devices->Probe(journal_->Stages()->front().device)->uuid, uuid);
  EXPECT_EQ(Unmount("v"), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(All, OwnDiskTest, ::testing::Values("ext4", "xfs", "btrfs"),
                         [](const auto& test) { return std::string(test.param); });

// --- damage ---

void Damage(host::RealHost& real, const std::string& image, const std::string& fs_type) {
  if (fs_type == "ext4") {
    // A root directory that is none, in a file system that was not cleanly unmounted.
    real.Run({"debugfs", "-w", "-R", "set_inode_field / mode 0", image});
    real.Run({"debugfs", "-w", "-R", "set_super_value state 0", image});
  } else if (fs_type == "xfs") {
    const auto root = real.runner.Run({.argv = {"xfs_db", "-r", "-c", "sb 0", "-c", "print rootino", image}});
    ASSERT_TRUE(root.ok()) << root.status();
    const std::string number =
        root->out.substr(root->out.find('=') + 2, root->out.find('\n') - root->out.find('=') - 2);
    const auto at =
        real.runner.Run({.argv = {"xfs_db", "-r", "-c", "convert ino " + number + " daddr", image}});
    ASSERT_TRUE(at.ok()) << at.status();
    const uint64_t sector = std::stoull(at->out.substr(at->out.find('(') + 1));
    host::WriteAt(image, sector * 512, std::string(4096, '\xab'));
  } else {
    // All trees, and not the superblocks at 64 KiB and 64 MiB.
    host::WriteAt(image, kMiB, std::string(60 * kMiB, '\xab'));
  }
}

class DamagedDiskTest : public OwnDiskTest {};

TEST_P(DamagedDiskTest, IsNotMountedAndNotTouched) {
  const std::string fs_type = GetParam();
  if (!KernelHas(fs_type)) GTEST_SKIP() << "SKIPPED: this kernel has no " << fs_type;
  const std::string image = Create("v", (fs_type == "xfs" ? 512 : 160) * kMiB, /*blank=*/false);
  ASSERT_NO_FATAL_FAILURE(MakeFileSystem(image, fs_type));
  ASSERT_NO_FATAL_FAILURE(Damage(real_, image, fs_type));
  const uint64_t before = fs_type == "xfs" ? 0 : host::HashOf(image);
  const absl::StatusOr<std::string> path = Mount("v");
  EXPECT_EQ(path.status().code(), absl::StatusCode::kDataLoss) << path.status();
  EXPECT_THAT(std::string(MessageOf(path.status())), HasSubstr("\"v\""));
  // The kernel's xfs writes a record to its log before it gives up.
  if (fs_type != "xfs") {
    EXPECT_EQ(host::HashOf(image), before) << "it is for a person to repair";
  }
  EXPECT_TRUE(journal_->Stages()->empty());
}

INSTANTIATE_TEST_SUITE_P(All, DamagedDiskTest, ::testing::Values("ext4", "xfs", "btrfs"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(OwnDiskTest, AnImageCopiedWhileItWasMountedReplaysAndMounts) {
  const std::string fs_type = GetParam();
  if (!KernelHas(fs_type)) GTEST_SKIP() << "SKIPPED: this kernel has no " << fs_type;
  const std::string image = Create("v", 512 * kMiB, /*blank=*/false);
  ASSERT_NO_FATAL_FAILURE(MakeFileSystem(image, fs_type));
  const absl::StatusOr<std::string> path = Mount("v");
  ASSERT_TRUE(path.ok()) << path.status();
  for (int i = 0; i < 20; ++i) {
    const UniqueFd file(
        ::open((*path + "/file" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(file.get(), "kept", 4), 4);
    ASSERT_EQ(::fsync(file.get()), 0);
  }
  const std::string copy = Create("copy", 512 * kMiB, /*blank=*/false);
  real_.Run({"cp", "--sparse=always", image, copy});
  EXPECT_EQ(Unmount("v"), absl::OkStatus());
  const absl::StatusOr<std::string> other = Mount("copy");
  ASSERT_TRUE(other.ok()) << other.status();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(host::ReadText(*other + "/file" + std::to_string(i)), "kept");
  EXPECT_EQ(Unmount("copy"), absl::OkStatus());
}

}  // namespace
}  // namespace rexray::engine
