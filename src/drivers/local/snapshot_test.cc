// What is in snapshots and copies: the images themselves, on the file system that tests run on and on real
// btrfs, xfs and ext4 data directories.

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sqlite3.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <fstream>

#include "drivers/local/image_copy.h"
#include "drivers/local/local_test_fixture.h"
#include "host/testing/scratch_disks.h"

namespace rexray::drivers::local {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SnapshotSpec Named(const std::string& name) {
  SnapshotSpec spec;
  spec.name = name;
  return spec;
}

uint64_t AllocatedBytes(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

class LocalSnapshotTest : public LocalTest {
 protected:
  void SetUp() override { ASSERT_TRUE(Open().ok()); }

  /// With data in two places, and holes.
  Volume MakeFilled(const std::string& name) {
    const Volume volume = Make(name);
    host::WriteAt(ImageOf(volume.key.id), 0, std::string(256 * 1024, 'a'));
    host::WriteAt(ImageOf(volume.key.id), 9 * kMiB, std::string(64 * 1024, 'b'));
    return volume;
  }
  Snapshot Cut(const Volume& volume, const std::string& name) {
    absl::StatusOr<Snapshot> made = driver_->CreateSnapshot({}, volume.key.id, Named(name));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : Snapshot{};
  }
  static CreateSpec From(const Snapshot& snapshot, const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.source_snapshot = snapshot.id;
    return spec;
  }
  static CreateSpec From(const Volume& volume, const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.source_volume = volume.key.id;
    return spec;
  }
  std::vector<Snapshot> Snapshots() { return *driver_->ListSnapshots({}); }
};

TEST_F(LocalSnapshotTest, HoldsWhatTheVolumeHeldThen) {
  const Volume volume = MakeFilled("vol");
  const uint64_t then = host::HashOf(ImageOf(volume.key.id));
  const Snapshot snapshot = Cut(volume, "snap");
  host::WriteAt(ImageOf(volume.key.id), 4096, "changed");
  EXPECT_EQ(host::HashOf(ImageOf(snapshot.id)), then);
  const absl::StatusOr<Volume> copy = driver_->Create({}, From(snapshot, "copy"));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(host::HashOf(ImageOf(copy->key.id)), then);
  host::WriteAt(ImageOf(copy->key.id), 0, "mine");
  EXPECT_EQ(host::HashOf(ImageOf(snapshot.id)), then) << "nothing of one is another's";
  const absl::StatusOr<Volume> clone = driver_->Create({}, From(volume, "clone"));
  ASSERT_TRUE(clone.ok()) << clone.status();
  EXPECT_EQ(host::HashOf(ImageOf(clone->key.id)), host::HashOf(ImageOf(volume.key.id)));
}

TEST_F(LocalSnapshotTest, ACopyIsAsSparseAsItsSource) {
  const Volume volume = MakeFilled("vol");
  const Snapshot snapshot = Cut(volume, "snap");
  EXPECT_LE(AllocatedBytes(ImageOf(snapshot.id)), AllocatedBytes(ImageOf(volume.key.id)) + 128 * kKiB);
  EXPECT_LT(AllocatedBytes(ImageOf(snapshot.id)), 2 * kMiB);
}

TEST_F(LocalSnapshotTest, ALargerCopyEndsInZeroes) {
  const Volume volume = MakeFilled("vol");
  CreateSpec spec = From(volume, "copy");
  spec.size = 32 * kMiB;
  const absl::StatusOr<Volume> copy = driver_->Create({}, spec);
  ASSERT_TRUE(copy.ok()) << copy.status();
  const std::string bytes = host::ReadText(ImageOf(copy->key.id));
  EXPECT_EQ(bytes.size(), 32 * kMiB);
  EXPECT_EQ(bytes.find_first_not_of('\0', 16 * kMiB), std::string::npos);
}

TEST_F(LocalSnapshotTest, AThickCopySharesNothing) {
  const Volume volume = MakeFilled("vol");
  CreateSpec spec = From(volume, "copy");
  spec.thick = true;
  const absl::StatusOr<Volume> copy = driver_->Create({}, spec);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_GE(AllocatedBytes(ImageOf(copy->key.id)), 16 * kMiB);
  EXPECT_EQ(host::HashOf(ImageOf(copy->key.id)), host::HashOf(ImageOf(volume.key.id)));
}

TEST_F(LocalSnapshotTest, TakesOverWhatIsTheSourcesAndRefusesWhatCannotBe) {
  CreateSpec source = Spec("vol");
  source.fs_type = "xfs";
  source.type = "fast";
  source.iops = 100;
  source.mount_options = {"noatime"};
  const Volume volume = *driver_->Create({}, source);
  const absl::StatusOr<Volume> copy = driver_->Create({}, From(volume, "copy"));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->fs_type, "xfs");
  EXPECT_EQ(copy->type, "fast");
  EXPECT_EQ(copy->iops, 100u);
  EXPECT_THAT(copy->mount_options, ElementsAre("noatime"));
  CreateSpec other_fs = From(volume, "other");
  other_fs.fs_type = "ext4";
  EXPECT_EQ(driver_->Create({}, other_fs).status().code(), absl::StatusCode::kInvalidArgument);
  CreateSpec mkfs = From(volume, "other");
  mkfs.mkfs_options = {"-K"};
  EXPECT_EQ(driver_->Create({}, mkfs).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Listed(), SizeIs(2));
}

TEST_F(LocalSnapshotTest, ALostCatalogueIsRebuiltWithSnapshotsAndMarks) {
  const Volume volume = MakeFilled("vol");
  SnapshotSpec spec = Named("snap");
  spec.description = "why";
  spec.tags = {{"k", "v"}};
  const Snapshot snapshot = *driver_->CreateSnapshot({}, volume.key.id, spec);
  const Snapshot nameless = Cut(volume, "");
  const Volume copy = *driver_->Create({}, From(snapshot, "copy"));
  driver_.reset();
  std::filesystem::remove(catalogue());
  ASSERT_TRUE(Open().ok());
  ASSERT_THAT(Snapshots(), SizeIs(2));
  for (const Snapshot& found : Snapshots()) {
    EXPECT_EQ(found.source_volume, volume.key.id);
    if (found.id == nameless.id) continue;
    EXPECT_EQ(found.name, "snap");
    EXPECT_EQ(found.description, "why");
    EXPECT_EQ(found.tags, spec.tags);
    EXPECT_EQ(found.created, snapshot.created);
  }
  EXPECT_TRUE(driver_->Get({}, copy.key.id)->needs_new_uuid);
  EXPECT_FALSE(driver_->Get({}, volume.key.id)->needs_new_uuid);
}

TEST_F(LocalSnapshotTest, ACatalogueOfTheFirstVersionIsTakenOver) {
  const Volume volume = MakeFilled("vol");
  driver_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(catalogue().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(
                db, "DROP TABLE snapshots; ALTER TABLE volumes DROP COLUMN new_uuid; PRAGMA user_version = 1",
                nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Listed().at(0).key.id, volume.key.id);
  Cut(volume, "snap");
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Snapshots(), SizeIs(1));
}

TEST_F(LocalSnapshotTest, TheTimeOfACopyIsBoundedAndLeavesNothing) {
  const Volume volume = MakeFilled("vol");
  if (driver_->Capabilities().cut == SnapshotCut::kInstant)
    GTEST_SKIP() << "SKIPPED: copies take no time here";
  CallContext late;
  late.deadline = Deadline::After(SystemClock::Get(), Duration::zero());
  const absl::Status refused = driver_->CreateSnapshot(late, volume.key.id, Named("late")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDeadlineExceeded) << refused;
  EXPECT_THAT(Snapshots(), IsEmpty());
  EXPECT_THAT(FilesIn(images()), ElementsAre(volume.key.id + ".img"));
}

TEST_F(LocalSnapshotTest, ACopySaysHowFarItIs) {
  const Volume volume = MakeFilled("vol");
  if (driver_->Capabilities().cut == SnapshotCut::kInstant)
    GTEST_SKIP() << "SKIPPED: copies take no time here";
  std::vector<std::string> texts;
  std::vector<Snapshot> seen;
  CallContext context;
  context.progress = [&](const std::string& text) {
    texts.push_back(text);
    seen = Snapshots();  // what `snapshot ls` shows meanwhile
  };
  ASSERT_TRUE(driver_->CreateSnapshot(context, volume.key.id, Named("snap")).ok());
  ASSERT_FALSE(texts.empty());
  EXPECT_THAT(texts.back(), HasSubstr("100 % of 16MiB are copied"));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].status, SnapshotStatus::kPending);
  EXPECT_GT(seen[0].progress_percent, 0);
  EXPECT_EQ(Snapshots().at(0).status, SnapshotStatus::kCompleted);
}

// --- data directories on file systems of their own ---

class LocalSnapshotOn : public LocalSnapshotTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
    const std::string image = scratch_.Image("pool.img", 512 * kMiB);
    real_.Run({std::string("mkfs.") + GetParam(), "-q", image});
    const auto loop = real_.devices->AttachLoop(image, false, real_.Soon());
    ASSERT_TRUE(loop.ok()) << loop.status();
    std::filesystem::create_directories(data());
    ASSERT_EQ(real_.mounter->Mount({loop->path, data(), GetParam(), {}, false}), absl::OkStatus());
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  void TearDown() override {
    driver_.reset();
    if (std::filesystem::exists(data())) {
      EXPECT_EQ(real_.mounter->Unmount(data()), absl::OkStatus());
    }
  }

  static bool SharesExtents(const std::string& path) {
    constexpr unsigned kExtents = 8;
    std::vector<uint64_t> memory((sizeof(fiemap) + kExtents * sizeof(fiemap_extent)) / sizeof(uint64_t) + 1);
    auto* map = reinterpret_cast<fiemap*>(memory.data());
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    map->fm_length = FIEMAP_MAX_OFFSET;
    map->fm_flags = FIEMAP_FLAG_SYNC;
    map->fm_extent_count = kExtents;
    EXPECT_EQ(::ioctl(fd.get(), FS_IOC_FIEMAP, map), 0);
    return map->fm_mapped_extents > 0 && (map->fm_extents[0].fe_flags & FIEMAP_EXTENT_SHARED) != 0;
  }

  host::RealHost real_;
  host::ScratchDirectory scratch_;
};

TEST_P(LocalSnapshotOn, SharesExtentsWhereItCan) {
  const bool can = std::string(GetParam()) != "ext4";
  EXPECT_EQ(driver_->Capabilities().cut, can ? SnapshotCut::kInstant : SnapshotCut::kCopy);
  const Volume volume = MakeFilled("vol");
  const uint64_t then = host::HashOf(ImageOf(volume.key.id));
  const Snapshot snapshot = Cut(volume, "snap");
  EXPECT_EQ(SharesExtents(ImageOf(snapshot.id)), can);
  host::WriteAt(ImageOf(volume.key.id), 0, "changed");
  EXPECT_EQ(host::HashOf(ImageOf(snapshot.id)), then);
  const absl::StatusOr<Volume> copy = driver_->Create({}, From(snapshot, "copy"));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(SharesExtents(ImageOf(copy->key.id)), can);
  EXPECT_EQ(host::HashOf(ImageOf(copy->key.id)), then);
  EXPECT_TRUE(driver_->RemoveSnapshot({}, snapshot.id).ok());
  EXPECT_EQ(host::HashOf(ImageOf(copy->key.id)), then);
}

TEST_P(LocalSnapshotOn, AFullPoolIsToldAndLeavesNothing) {
  const Pool pool = **driver_->PoolOf({});
  EXPECT_GT(pool.size, 300 * kMiB);
  EXPECT_LE(pool.size, 512 * kMiB);
  EXPECT_EQ(pool.name, data());
  if (driver_->Capabilities().cut == SnapshotCut::kInstant) return;  // a copy takes no room there
  CreateSpec spec = Spec("vol");
  spec.size = 1 * kGiB;
  const Volume volume = *driver_->Create({}, spec);
  const std::string piece(4 * kMiB, 'x');
  for (uint64_t at = 0; at < pool.available * 6 / 10; at += piece.size()) {
    host::WriteAt(ImageOf(volume.key.id), at, piece);
  }
  const absl::Status refused = driver_->CreateSnapshot({}, volume.key.id, Named("snap")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("is full"));
  EXPECT_THAT(Snapshots(), IsEmpty());
  EXPECT_THAT(FilesIn(images()), ElementsAre(volume.key.id + ".img"));
}

std::string NameOfFileSystem(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}
INSTANTIATE_TEST_SUITE_P(DataDirectory, LocalSnapshotOn, ::testing::Values("ext4", "xfs", "btrfs"),
                         NameOfFileSystem);

}  // namespace
}  // namespace rexray::drivers::local
