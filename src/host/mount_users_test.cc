// Real mounts, real namespaces: what counts as a use of a volume, and what does not.

#include "host/mount_users.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/mount_namespace.h"
#include "host/testing/scratch_disks.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

MountEntry Entry(int id, int peer_group, int master_group) {
  MountEntry entry;
  entry.id = id;
  entry.device = 5;
  entry.root = "/";
  entry.target = "/stage";
  entry.peer_group = peer_group;
  entry.master_group = master_group;
  return entry;
}

TEST(StageCopy, PeersAndSlavesAtTheSamePlaceAre) {
  const MountEntry stage = Entry(1, 7, 0);
  EXPECT_TRUE(IsStageCopy(stage, stage));
  EXPECT_TRUE(IsStageCopy(Entry(2, 7, 0), stage)) << "another namespace, the same peer group";
  EXPECT_TRUE(IsStageCopy(Entry(2, 0, 7), stage)) << "a slave: systemd's private mount namespaces";
  EXPECT_TRUE(IsStageCopy(Entry(2, 9, 7), stage)) << "a slave that is shared further";
  EXPECT_FALSE(IsStageCopy(Entry(2, 0, 0), stage)) << "a private copy stays when the stage is unmounted";
  EXPECT_FALSE(IsStageCopy(Entry(2, 8, 0), stage));
  EXPECT_FALSE(IsStageCopy(Entry(2, 0, 0), Entry(1, 0, 0))) << "a private stage has no copies";
  MountEntry other = Entry(2, 7, 0);
  other.target = "/var/lib/postgresql/data";
  EXPECT_FALSE(IsStageCopy(other, stage)) << "a container has it at another place";
  other = Entry(2, 7, 0);
  other.root = "/data";
  EXPECT_FALSE(IsStageCopy(other, stage));
}

TEST(ContainerIn, FindsTheIdOfEachRuntime) {
  const std::string id(64, 'a');
  EXPECT_EQ(ContainerIn("0::/system.slice/docker-" + id + ".scope\n"), id);
  EXPECT_EQ(ContainerIn("12:pids:/docker/" + id + "\n1:name=systemd:/docker/" + id), id);
  EXPECT_EQ(ContainerIn("0::/kubepods.slice/kubepods-pod3f.slice/cri-containerd-" + id + ".scope"), id);
  EXPECT_EQ(ContainerIn("0::/machine.slice/libpod-" + id + ".scope/container"), id);
  EXPECT_EQ(ContainerIn("0::/user.slice/user-1000.slice/session-3.scope\n"), "");
  EXPECT_EQ(ContainerIn("0::/x-" + std::string(65, 'a')), "") << "one digit too many is something else";
  EXPECT_EQ(ContainerIn(""), "");
}

class MountUsersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    if (const std::string why = WhyNoMountNamespace(); !why.empty()) GTEST_SKIP() << why;
    // A root of its own that is shared, as / is under systemd.
    root_ = scratch_.Directory("root");
    ASSERT_EQ(::mount(root_.c_str(), root_.c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, root_.c_str(), nullptr, MS_SHARED, nullptr), 0);
    stage_ = scratch_.Directory("root/v");
    elsewhere_ = scratch_.Directory("elsewhere");
  }

  void Stage(const std::string& fs_type = "ext4", uint64_t size = 32 * kMiB) {
    auto loop = host_.devices->AttachLoop(scratch_.Image(fs_type + ".img", size), false, host_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    ASSERT_EQ(host_.file_systems->Make(loop->path, {fs_type, {}, host_.Soon()}), absl::OkStatus());
    ASSERT_EQ(host_.mounter->Mount({loop->path, stage_, fs_type, {}, false}), absl::OkStatus());
    loop_ = *loop;
    ASSERT_EQ(::mkdir((stage_ + "/data").c_str(), 0755), 0);
    device_ = FindMount(*host_.mounter->List(), stage_)->device;
  }

  std::vector<MountUse> Uses() {
    const auto census = users_->Count({{device_, stage_}});
    EXPECT_TRUE(census.ok()) << census.status();
    if (!census.ok()) return {};
    EXPECT_EQ(census->gap, "");
    return census->uses.front();
  }

  /// What the body of a process of another mount namespace does; `propagation` of all its mounts.
  static bool Unshare(unsigned long propagation) {
    return ::unshare(CLONE_NEWNS) == 0 &&
           (propagation == 0 || ::mount(nullptr, "/", nullptr, MS_REC | propagation, nullptr) == 0);
  }

  ScratchDirectory scratch_;
  RealHost host_;
  std::unique_ptr<MountUsers> users_ = MakeLinuxMountUsers();
  std::string root_;
  std::string stage_;
  std::string elsewhere_;
  LoopDevice loop_;
  dev_t device_ = 0;
};

TEST_F(MountUsersTest, NobodyHasWhatIsOnlyStaged) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  EXPECT_TRUE(Uses().empty());
}

TEST_F(MountUsersTest, ServicesWithAPrivateNamespaceDoNotCountAndLoseItWithTheStage) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  const OtherProcess slave([] { return Unshare(MS_SLAVE); });  // systemd: PrivateTmp, ProtectSystem …
  const OtherProcess peer([] { return Unshare(0); });
  ASSERT_TRUE(slave.ok() && peer.ok());
  EXPECT_TRUE(Uses().empty());
  EXPECT_EQ(host_.mounter->Unmount(stage_), absl::OkStatus());
  EXPECT_EQ(host_.devices->CheckUnused(loop_.path), absl::OkStatus()) << "their copies went with it";
}

TEST_F(MountUsersTest, APrivateCopyCountsSinceItStays) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  const OtherProcess other([] { return Unshare(MS_PRIVATE); });
  ASSERT_TRUE(other.ok());
  const auto uses = Uses();
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(uses.front().pid, other.pid());
  EXPECT_EQ(host_.mounter->Unmount(stage_), absl::OkStatus());
  EXPECT_FALSE(host_.devices->CheckUnused(loop_.path).ok()) << "which is why it counts";
}

TEST_F(MountUsersTest, AContainerThatHoldsItCounts) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  const OtherProcess container([&] {
    return Unshare(MS_SLAVE) &&
           ::mount((stage_ + "/data").c_str(), elsewhere_.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(nullptr, elsewhere_.c_str(), nullptr, MS_PRIVATE, nullptr) == 0;
  });
  ASSERT_TRUE(container.ok());
  const auto uses = Uses();
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(uses.front().pid, container.pid());
  EXPECT_EQ(uses.front().target, elsewhere_);
  struct stat space {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(container.pid()) + "/ns/mnt").c_str(), &space), 0);
  EXPECT_EQ(uses.front().mount_namespace, space.st_ino);
  EXPECT_FALSE(uses.front().command.empty());
}

TEST_F(MountUsersTest, AnotherMountInOurOwnNamespaceCounts) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  ASSERT_EQ(::mount(stage_.c_str(), elsewhere_.c_str(), nullptr, MS_BIND, nullptr), 0);
  const auto uses = Uses();
  ASSERT_FALSE(uses.empty());
  EXPECT_EQ(uses.front().target, elsewhere_);
}

TEST_F(MountUsersTest, AChrootedProcessHidesNothingOfItsNamespace) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  const std::string jail = scratch_.Directory("jail");
  const std::string inside = scratch_.Directory("jail/inside");
  const OtherProcess chrooted([&] {
    if (!Unshare(MS_SLAVE)) return false;
    if (::mount((stage_ + "/data").c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    return ::chroot(jail.c_str()) == 0 && ::chdir("/") == 0;
  });
  ASSERT_TRUE(chrooted.ok());
  const auto uses = Uses();
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(uses.front().target, "/inside");
}

TEST_F(MountUsersTest, BtrfsIsKnownByTheNumberOfMountinfo) {
  if (::access("/usr/sbin/mkfs.btrfs", X_OK) != 0 && ::access("/sbin/mkfs.btrfs", X_OK) != 0) {
    GTEST_SKIP() << "SKIPPED: no mkfs.btrfs";
  }
  auto loop = host_.devices->AttachLoop(scratch_.Image("btrfs.img", 128 * kMiB), false, host_.Soon());
  ASSERT_TRUE(loop.ok()) << loop.status();
  ASSERT_EQ(host_.file_systems->Make(loop->path, {"btrfs", {}, host_.Soon()}), absl::OkStatus());
  const absl::Status mounted = host_.mounter->Mount({loop->path, stage_, "btrfs", {}, false});
  if (!mounted.ok()) GTEST_SKIP() << "SKIPPED: this kernel has no btrfs: " << mounted;
  host_.Run({"btrfs", "subvolume", "create", stage_ + "/data"});
  device_ = FindMount(*host_.mounter->List(), stage_)->device;
  struct stat status {};
  ASSERT_EQ(::stat((stage_ + "/data").c_str(), &status), 0);
  EXPECT_NE(status.st_dev, device_) << "a subvolume has a number of its own";
  EXPECT_NE(loop->number, device_);
  EXPECT_TRUE(Uses().empty());
  const OtherProcess container([&] {
    return Unshare(MS_SLAVE) &&
           ::mount((stage_ + "/data").c_str(), elsewhere_.c_str(), nullptr, MS_BIND, nullptr) == 0;
  });
  ASSERT_TRUE(container.ok());
  ASSERT_EQ(Uses().size(), 1u);
  EXPECT_EQ(Uses().front().target, elsewhere_);
}

TEST_F(MountUsersTest, EachNamespaceIsReadOnceAndAllMountsAreCountedInOneWalk) {
  ASSERT_NO_FATAL_FAILURE(Stage());
  auto container = std::make_unique<OtherProcess>([&] {
    if (!Unshare(MS_SLAVE)) return false;
    if (::mount(stage_.c_str(), elsewhere_.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    for (int i = 0; i < 20; ++i) {
      if (::fork() == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) ::pause();
      }
    }
    return true;
  });
  ASSERT_TRUE(container->ok());
  const auto census = users_->Count({{device_, stage_}, {::makedev(0, 1048575), "/nothing"}});
  ASSERT_TRUE(census.ok()) << census.status();
  ASSERT_EQ(census->uses.size(), 2u);
  EXPECT_EQ(census->uses[0].size(), 1u) << "twenty processes of one namespace are one use";
  EXPECT_TRUE(census->uses[1].empty());
  container.reset();
  ASSERT_EQ(host_.mounter->Unmount(stage_), absl::OkStatus());
  while (!host_.devices->CheckUnused(loop_.path).ok())
    std::this_thread::yield();  // the twenty end one by one
}

TEST(SeesEveryProcess, NotFromAPidNamespaceOfItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: not root";
  const auto users = MakeLinuxMountUsers();
  if (!users->SeesEveryProcess().ok()) GTEST_SKIP() << "SKIPPED: " << users->SeesEveryProcess();
  int status = 0;
  const pid_t first = ::fork();
  if (first == 0) {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(2);
    const pid_t inside = ::fork();  // the first process of the new one
    if (inside == 0) {
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(2);
      if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) ::_exit(2);
      ::_exit(absl::IsFailedPrecondition(users->SeesEveryProcess()) ? 0 : 1);
    }
    int inner = 0;
    ::waitpid(inside, &inner, 0);
    ::_exit(WEXITSTATUS(inner));
  }
  ASSERT_EQ(::waitpid(first, &status, 0), first);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "SKIPPED: no PID namespace can be made here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace rexray::host
