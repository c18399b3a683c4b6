// A child in uninterruptible sleep, for real: it writes to a frozen file system, and no signal reaches it.

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "base/subprocess.h"

namespace rexray {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A small mounted ext4 that can be frozen. Thaws and unmounts whatever the test does.
class FreezableFileSystem {
 public:
  explicit FreezableFileSystem(CommandRunner& runner) : runner_(runner) {
    std::string name = std::filesystem::temp_directory_path() / "rexray-stuck-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(mount_point());
  }
  ~FreezableFileSystem() {
    Thaw();
    if (mounted_) {
      EXPECT_TRUE(Run({"umount", mount_point()}).ok());
    }
    std::filesystem::remove_all(folder_);
  }

  absl::Status Mount() {
    const std::string image = folder_ / "image";
    RETURN_IF_ERROR(Run({"truncate", "-s", "16M", image}));
    RETURN_IF_ERROR(Run({"mkfs.ext4", "-q", "-F", image}));
    RETURN_IF_ERROR(Run({"mount", "-o", "loop", image, mount_point()}));
    mounted_ = true;
    return absl::OkStatus();
  }
  absl::Status Freeze() {
    const absl::Status status = Run({"fsfreeze", "--freeze", mount_point()});
    frozen_ = status.ok();
    return status;
  }
  void Thaw() {
    if (frozen_) {
      EXPECT_TRUE(Run({"fsfreeze", "--unfreeze", mount_point()}).ok());
    }
    frozen_ = false;
  }
  std::string mount_point() const { return folder_ / "mount"; }

 private:
  absl::Status Run(std::vector<std::string> argv) { return runner_.Run({.argv = std::move(argv)}).status(); }

  CommandRunner& runner_;
  std::filesystem::path folder_;
  bool mounted_ = false;
  bool frozen_ = false;
};

/// A child that nobody has reaped, dead or alive. Does not reap it.
bool HasChild() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST(SubprocessStuckTest, AChildThatNoSignalReachesIsLeftToAReaper) {
  if (::geteuid() != 0 || !std::filesystem::exists("/dev/loop-control")) {
    GTEST_SKIP() << "SKIPPED: needs root and loop devices, to freeze a file system";
  }
  SystemClock& clock = SystemClock::Get();
  ProcessRunner runner(clock, milliseconds(50));
  FreezableFileSystem files(runner);
  const absl::Status mounted = files.Mount();
  ASSERT_TRUE(mounted.ok()) << mounted;
  ASSERT_TRUE(files.Freeze().ok());

  const auto result = runner.Run({.argv = {"touch", files.mount_point() + "/file"},
                                  .deadline = Deadline::After(clock, milliseconds(100))});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(result.status())), testing::HasSubstr("cannot be ended: process "));
  EXPECT_TRUE(HasChild());

  files.Thaw();
  const TimePoint patience = clock.Now() + seconds(20);
  while (HasChild() && clock.Now() < patience) std::this_thread::yield();
  EXPECT_FALSE(HasChild());
}

}  // namespace
}  // namespace rexray
