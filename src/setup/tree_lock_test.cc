#include "setup/tree_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "setup/testing/test_tree.h"

namespace rexray::setup {
namespace {

using ::testing::HasSubstr;

TEST(TreeLock, IsOneProcessesAndGoesWithIt) {
  TestTree files;
  const std::string before = files.Everything();
  int has_it[2];
  int may_end[2];
  ASSERT_EQ(pipe(has_it), 0);
  ASSERT_EQ(pipe(may_end), 0);
  const pid_t child = fork();
  if (child == 0) {
    const absl::StatusOr<UniqueFd> lock = LockTree(files.tree());
    char byte = lock.ok() ? 'y' : 'n';
    if (write(has_it[1], &byte, 1) != 1) _exit(1);
    close(may_end[1]);
    _exit(read(may_end[0], &byte, 1) == 0 ? 0 : 1);  // killed by a signal here would be the same to the lock
  }
  char byte = 0;
  ASSERT_EQ(read(has_it[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const absl::Status refused = LockTree(files.tree()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr(files.path()));
  EXPECT_THAT(refused.message(),
              ::testing::AnyOf(HasSubstr("process " + std::to_string(child) + " (setup_test)"),
                               HasSubstr("another process")));
  TestTree other;
  EXPECT_TRUE(LockTree(other.tree()).ok()) << "each tree has its own";
  close(may_end[1]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(LockTree(files.tree()).ok());
  EXPECT_EQ(files.Everything(), before);
  for (const int fd : {has_it[0], has_it[1], may_end[0]}) close(fd);
}

}  // namespace
}  // namespace rexray::setup
