#include "drivers/vfs/tree_removal.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "base/unique_fd.h"
#include "drivers/conformance/temporary_directory.h"

namespace rexray::drivers::vfs {
namespace {

namespace fs = std::filesystem;

class TreeRemoval : public ::testing::Test {
 protected:
  TreeRemoval() : parent_(open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    fs::create_directory(path() + "/tree");
  }
  std::string path() const { return directory_.path(); }
  std::string tree() const { return path() + "/tree"; }
  absl::Status Remove(const std::function<bool()>& stop = [] { return false; }) {
    return RemoveTree(parent_.get(), "tree", stop);
  }

  conformance::TemporaryDirectory directory_;
  UniqueFd parent_;
};

TEST_F(TreeRemoval, TakesAllKindsOfFiles) {
  fs::create_directories(tree() + "/a/b/c");
  std::ofstream(tree() + "/a/file") << "x";
  fs::create_symlink("nowhere", tree() + "/a/dangling");
  ASSERT_EQ(mkfifo((tree() + "/a/b/fifo").c_str(), 0600), 0);
  for (int i = 0; i < 3000; ++i) std::ofstream(tree() + "/a/" + std::to_string(i));
  EXPECT_EQ(Remove(), absl::OkStatus());
  EXPECT_FALSE(fs::exists(tree()));
  EXPECT_EQ(Remove(), absl::OkStatus()) << "gone already";
}

TEST_F(TreeRemoval, FollowsNoLinkOut) {
  fs::create_directory(path() + "/outside");
  std::ofstream(path() + "/outside/precious") << "x";
  fs::create_directory_symlink(path() + "/outside", tree() + "/absolute");
  fs::create_directory_symlink("../outside", tree() + "/relative");
  fs::create_directory_symlink("/", tree() + "/slash");
  EXPECT_EQ(Remove(), absl::OkStatus());
  EXPECT_TRUE(fs::exists(path() + "/outside/precious"));
  fs::create_directory_symlink("outside", tree());
  EXPECT_EQ(Remove(), absl::OkStatus()) << "a link in place of the tree itself";
  EXPECT_FALSE(fs::is_symlink(tree()));
  EXPECT_TRUE(fs::exists(path() + "/outside/precious"));
}

TEST_F(TreeRemoval, DirectoriesWithoutPermissions) {
  fs::create_directories(tree() + "/closed/inner");
  std::ofstream(tree() + "/closed/inner/file") << "x";
  chmod((tree() + "/closed/inner").c_str(), 0);
  chmod((tree() + "/closed").c_str(), 0);
  EXPECT_EQ(Remove(), absl::OkStatus());
  EXPECT_FALSE(fs::exists(tree()));
}

TEST_F(TreeRemoval, DeeperThanPathMaxAndThanDescriptors) {
  UniqueFd at(open(tree().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string name(100, 'd');
  for (int depth = 0; depth < 1500; ++depth) {  // 150,000 bytes; descriptors: 1024
    ASSERT_EQ(mkdirat(at.get(), name.c_str(), 0700), 0);
    UniqueFd next(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(next.valid());
    at = std::move(next);
  }
  EXPECT_EQ(Remove(), absl::OkStatus());
  EXPECT_FALSE(fs::exists(tree()));
}

TEST_F(TreeRemoval, AMountInsideIsNotEntered) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: not root: nothing can be mounted";
  fs::create_directory(path() + "/outside");
  std::ofstream(path() + "/outside/precious") << "x";
  fs::create_directory(tree() + "/mounted");
  fs::create_directory(tree() + "/other");
  if (mount((path() + "/outside").c_str(), (tree() + "/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "SKIPPED: this machine does not let us bind-mount";
  }
  const absl::Status status = Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(MessageOf(status)), ::testing::HasSubstr("mounted"));
  EXPECT_TRUE(fs::exists(path() + "/outside/precious"));
  EXPECT_FALSE(fs::exists(tree() + "/other")) << "the rest goes";
  ASSERT_EQ(umount((tree() + "/mounted").c_str()), 0);
  EXPECT_EQ(Remove(), absl::OkStatus());
}

TEST_F(TreeRemoval, Stops) {
  for (int i = 0; i < 20; ++i) std::ofstream(tree() + "/" + std::to_string(i));
  int left = 10;
  EXPECT_TRUE(absl::IsCancelled(Remove([&] { return --left < 0; })));
  EXPECT_EQ(std::distance(fs::directory_iterator(tree()), {}), 10);
  EXPECT_EQ(Remove(), absl::OkStatus());
}

}  // namespace
}  // namespace rexray::drivers::vfs
