#include <sys/stat.h>

#include "engine/testing/engine_fixture.h"
#include "host/mounter.h"

namespace rexray::engine {
namespace {

using drivers::fake::DiskContent;
using drivers::fake::FakeCloud;

class MountTest : public EngineFixture {};

TEST_F(MountTest, AttachesFormatsAndMounts) {
  const std::string id = Create("pgdata");
  const Path path = Mount("pgdata", CliConsumer());
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, DataPath("pgdata"));
  EXPECT_TRUE(AttachedHere(id));
  ASSERT_TRUE(host().MountAt(StagePath("pgdata")).has_value());
  EXPECT_EQ(host().MountAt(StagePath("pgdata"))->fs_type, "ext4");
  struct stat info {};
  ASSERT_EQ(stat(path->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  EXPECT_FALSE(cloud().Find(id)->blank) << "the mark goes after mkfs";
  const VolumeView view = View("pgdata");
  EXPECT_EQ(view.state, StageState::kInUse);
  EXPECT_EQ(view.mount_point, *path);
  EXPECT_EQ(view.waiting_for, "");
  EXPECT_EQ(*PathOf("pgdata"), *path);
}

TEST_F(MountTest, TheLastUnmountLeavesNothingBehind) {
  const std::string id = Create("v");
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(StagePath("v")).has_value());
  EXPECT_FALSE(std::filesystem::exists(StagePath("v")));
  EXPECT_FALSE(AttachedHere(id));
  EXPECT_EQ(View("v").state, StageState::kDetached);
  EXPECT_EQ(*PathOf("v"), "");
  EXPECT_TRUE(journal_->Stages()->empty());
  EXPECT_TRUE(journal_->Consumers()->empty());
  EXPECT_TRUE(journal_->Intents()->empty());
}

TEST_F(MountTest, DataIsThereAgain) {
  Create("v");
  const Path path = Mount("v", CliConsumer());
  ASSERT_TRUE(path.ok());
  std::filesystem::create_directory(*path + "/written");
  ASSERT_EQ(Unmount("v", CliConsumer()), absl::OkStatus());
  ASSERT_TRUE(Mount("v", CliConsumer()).ok());
  EXPECT_TRUE(std::filesystem::exists(*path + "/written"));
  EXPECT_EQ(host().calls().Count("Make"), 1);
}

}  // namespace
}  // namespace rexray::engine
