// Snapshots, copies, Modify, Adopt and pools, as the backend tells of them. That the data is right is tested
// where there are devices to write to: local/snapshot_test.cc, tests/integration/test_snapshots.py.

#include <algorithm>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "drivers/conformance/conformance.h"

namespace rexray::drivers::conformance {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

int LinkSnapshotTests() {
  return 0;
}

namespace {

constexpr char kNoSuchSnapshot[] = "ls-0000000000000000";

std::vector<std::string> IdsOf(const std::vector<Snapshot>& snapshots) {
  std::vector<std::string> ids;
  for (const Snapshot& snapshot : snapshots) ids.push_back(snapshot.id);
  return ids;
}

SnapshotSpec Named(const std::string& name) {
  SnapshotSpec spec;
  spec.name = name;
  return spec;
}

}  // namespace

/// A snapshot that volumes can be made from.
Snapshot Conformance::MakeSnapshot(const std::string& volume_id, const std::string& name) {
  absl::StatusOr<Snapshot> made = driver().CreateSnapshot(context_, volume_id, Named(name));
  EXPECT_OK(made);
  if (!made.ok()) return {};
  EXPECT_TRUE(backend().AwaitSnapshot(made->id));
  return *made;
}

std::vector<Snapshot> Conformance::ListedSnapshots() {
  absl::StatusOr<std::vector<Snapshot>> listed = driver().ListSnapshots(context_);
  EXPECT_OK(listed);
  return listed.ok() ? *listed : std::vector<Snapshot>{};
}

TEST_P(Conformance, ASnapshotIsListedWithWhatItWasMadeOf) {
  if (!can().snapshots) return;
  const Volume volume = Make("vol");
  SnapshotSpec spec = Named("before-upgrade");
  spec.description = "the day before";
  spec.tags = {{"team", "db"}};
  const absl::StatusOr<Snapshot> made = driver().CreateSnapshot(context_, volume.key.id, spec);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(backend().AwaitSnapshot(made->id));
  for (const bool reopened : {false, true}) {
    if (reopened) {
      ASSERT_TRUE(backend().Reopen().ok());
    }
    const std::vector<Snapshot> listed = ListedSnapshots();
    ASSERT_EQ(listed.size(), 1u) << (reopened ? "after a restart" : "");
    EXPECT_EQ(listed[0].id, made->id);
    EXPECT_EQ(listed[0].name, "before-upgrade");
    EXPECT_EQ(listed[0].description, "the day before");
    EXPECT_EQ(listed[0].source_volume, volume.key.id);
    EXPECT_EQ(listed[0].size, volume.size);
    EXPECT_EQ(listed[0].tags.at("team"), "db");
    EXPECT_EQ(listed[0].status, SnapshotStatus::kCompleted);
    EXPECT_EQ(listed[0].progress_percent, 100);
    EXPECT_TRUE(listed[0].created_by_us);
    EXPECT_TRUE(listed[0].created.has_value());
  }
  EXPECT_THAT(ListedIds(), ElementsAre(volume.key.id)) << "a snapshot is no volume";
}

TEST_P(Conformance, SnapshotsNeedNoNameAndMayShareOne) {
  if (!can().snapshots) return;
  const Volume volume = Make("vol");
  const Snapshot nameless = MakeSnapshot(volume.key.id, "");
  const Snapshot first = MakeSnapshot(volume.key.id, "daily");
  const Snapshot second = MakeSnapshot(volume.key.id, "daily");
  EXPECT_THAT(IdsOf(ListedSnapshots()), ::testing::UnorderedElementsAre(nameless.id, first.id, second.id));
}

TEST_P(Conformance, SnapshotsOfWhatIsNotThere) {
  if (!can().snapshots) return;
  EXPECT_STATUS(kNotFound, driver().CreateSnapshot(context_, "lv-0000000000000000", Named("x")));
  EXPECT_OK(driver().RemoveSnapshot(context_, kNoSuchSnapshot));
  CreateSpec spec = Spec("copy");
  spec.fs_type.reset();
  spec.source_snapshot = kNoSuchSnapshot;
  EXPECT_STATUS(kNotFound, driver().Create(context_, spec));
  EXPECT_THAT(ListedSnapshots(), IsEmpty());
  EXPECT_THAT(ListedIds(), IsEmpty());
}

TEST_P(Conformance, SnapshotsOutliveTheirVolumeAndVolumesTheirSnapshot) {
  if (!can().snapshots) return;
  const Volume volume = Make("vol");
  const Snapshot snapshot = MakeSnapshot(volume.key.id, "snap");
  EXPECT_OK(driver().Remove(context_, volume.key.id));
  EXPECT_THAT(IdsOf(ListedSnapshots()), ElementsAre(snapshot.id));
  CreateSpec spec = Spec("copy");
  spec.fs_type.reset();
  spec.size.reset();
  spec.source_snapshot = snapshot.id;
  const absl::StatusOr<Volume> copy = driver().Create(context_, spec);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->size, volume.size);
  EXPECT_EQ(copy->fs_type, "ext4") << "the file system is the source's";
  EXPECT_TRUE(copy->needs_new_uuid);
  EXPECT_TRUE(copy->blank) << "its source had no file system yet";
  EXPECT_OK(driver().RemoveSnapshot(context_, snapshot.id));
  EXPECT_OK(driver().RemoveSnapshot(context_, snapshot.id));
  EXPECT_THAT(ListedSnapshots(), IsEmpty());
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_THAT(ListedSnapshots(), IsEmpty());
  EXPECT_THAT(ListedIds(), ElementsAre(copy->key.id));
  Bring(copy->key.id);
}

TEST_P(Conformance, ACopyIsMarkedUntilItsUuidIsItsOwn) {
  if (!can().clone) return;
  const Volume volume = Make("vol");
  EXPECT_OK(driver().ClearBlankMark(context_, volume.key.id));
  CreateSpec spec = Spec("copy");
  spec.fs_type.reset();
  spec.size = 2 * backend().minimum_size();
  spec.source_volume = volume.key.id;
  const absl::StatusOr<Volume> copy = driver().Create(context_, spec);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->size, 2 * backend().minimum_size());
  EXPECT_FALSE(copy->blank);
  EXPECT_TRUE(copy->needs_new_uuid);
  EXPECT_FALSE(driver().Get(context_, volume.key.id)->needs_new_uuid);
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_TRUE(driver().Get(context_, copy->key.id)->needs_new_uuid) << "the mark is durable";
  EXPECT_OK(driver().ClearUuidMark(context_, copy->key.id));
  EXPECT_OK(driver().ClearUuidMark(context_, copy->key.id));
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_FALSE(driver().Get(context_, copy->key.id)->needs_new_uuid);
  EXPECT_OK(driver().Remove(context_, volume.key.id));
  EXPECT_TRUE(driver().Get(context_, copy->key.id).ok());
}

TEST_P(Conformance, ACopyIsNotSmallerThanItsSource) {
  if (!can().clone) return;
  CreateSpec large = Spec("large");
  large.size = 2 * backend().minimum_size();
  const absl::StatusOr<Volume> volume = driver().Create(context_, large);
  ASSERT_TRUE(volume.ok()) << volume.status();
  CreateSpec spec = Spec("copy");
  spec.fs_type.reset();
  spec.source_volume = volume->key.id;
  EXPECT_STATUS(kInvalidArgument, driver().Create(context_, spec));
  EXPECT_THAT(ListedIds(), ElementsAre(volume->key.id));
}

TEST_P(Conformance, AdoptIsIdempotentAndKnowsNoStrangers) {
  const Volume volume = Make("vol");
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<Volume> adopted = driver().Adopt(context_, volume.key.id);
    ASSERT_TRUE(adopted.ok()) << adopted.status();
    EXPECT_TRUE(adopted->created_by_us);
    EXPECT_EQ(adopted->key.id, volume.key.id);
  }
  EXPECT_STATUS(kNotFound, driver().Adopt(context_, "lv-0000000000000000"));
}

TEST_P(Conformance, ModifyNeedsTheCapability) {
  const Volume volume = Make("vol");
  ModifySpec spec;
  spec.type = "other";
  if (!can().modify) {
    EXPECT_STATUS(kUnimplemented, driver().Modify(context_, volume.key.id, spec));
    return;
  }
  spec.type = backend().OtherType();
  for (int i = 0; i < 2; ++i) {  // what is so already is OK
    const absl::StatusOr<Volume> modified = driver().Modify(context_, volume.key.id, spec);
    ASSERT_TRUE(modified.ok()) << modified.status();
    EXPECT_EQ(modified->type, *spec.type);
    EXPECT_EQ(modified->size, volume.size);
  }
  EXPECT_STATUS(kNotFound, driver().Modify(context_, "lv-0000000000000000", spec));
}

TEST_P(Conformance, APoolHasRoomForWhatItSays) {
  Make("vol");
  const absl::StatusOr<std::optional<Pool>> pool = driver().PoolOf(context_);
  ASSERT_TRUE(pool.ok()) << pool.status();
  if (!*pool) return;
  EXPECT_FALSE((*pool)->name.empty());
  EXPECT_GT((*pool)->size, 0u);
  EXPECT_LE((*pool)->available, (*pool)->size);
  EXPECT_EQ((*pool)->promised, backend().minimum_size());
}

}  // namespace rexray::drivers::conformance
