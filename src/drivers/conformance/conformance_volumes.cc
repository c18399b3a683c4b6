// Create, List, FindByName, Get, Remove.

#include <algorithm>
#include <tuple>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "drivers/conformance/conformance.h"

namespace rexray::drivers::conformance {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

int LinkVolumeTests() {
  return 0;
}

constexpr char kNoSuchId[] = "lv-0000000000000000";

TEST_P(Conformance, CreateKeepsWhatWasAskedFor) {
  CreateSpec spec = Spec("pgdata");
  spec.mkfs_options = {"-O", "^metadata_csum"};
  spec.mount_options = {"noatime", "data=journal"};
  spec.tags = {{"team", "a & b"}, {"empty", ""}};
  absl::StatusOr<Volume> made = driver().Create(context_, spec);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->key.id.empty());
  EXPECT_FALSE(made->key.service.empty());
  EXPECT_EQ(made->name, "pgdata");
  if (can().sizes) {
    EXPECT_GE(made->size, *spec.size);
  }
  EXPECT_EQ(made->fs_type, "ext4");
  EXPECT_EQ(made->mkfs_options, spec.mkfs_options);
  EXPECT_EQ(made->mount_options, spec.mount_options);
  for (const auto& tag : spec.tags) EXPECT_THAT(made->tags, Contains(tag));
  EXPECT_EQ(made->status, VolumeStatus::kAvailable);
  EXPECT_THAT(made->attachments, IsEmpty());
  EXPECT_TRUE(made->created_by_us);
  EXPECT_EQ(made->blank, can().kind == DriverCapabilities::Kind::kBlock);
  ASSERT_TRUE(made->created.has_value());

  absl::StatusOr<Volume> got = driver().Get(context_, made->key.id);
  ASSERT_TRUE(got.ok()) << got.status();
  got->allocated = made->allocated;  // may be measured at any time
  EXPECT_EQ(*got, *made);
}

TEST_P(Conformance, OwnChangesAreInTheNextList) {
  EXPECT_THAT(ListedIds(), IsEmpty());
  const Volume a = Make("a");
  EXPECT_THAT(ListedIds(), ElementsAre(a.key.id));
  const Volume b = Make("b");
  EXPECT_THAT(ListedIds(), ElementsAre(a.key.id, b.key.id));
  EXPECT_OK(driver().Remove(context_, a.key.id));
  EXPECT_THAT(ListedIds(), ElementsAre(b.key.id));
}

TEST_P(Conformance, ListIsSortedAndSaysFromWhen) {
  for (const char* name : {"m", "z", "a", "B", "a1"}) Make(name);
  const TimePoint before = backend().clock().Now();
  auto listed = driver().List(context_);
  ASSERT_TRUE(listed.ok()) << listed.status();
  const auto less = [](const Volume& x, const Volume& y) {
    return std::tie(x.name, x.key.id) < std::tie(y.name, y.key.id);
  };
  EXPECT_TRUE(std::is_sorted(listed->value.begin(), listed->value.end(), less));
  EXPECT_EQ(listed->value.size(), 5u);
  EXPECT_LE(listed->as_of, backend().clock().Now());
  EXPECT_GE(listed->as_of, before - std::chrono::minutes(10));
}

TEST_P(Conformance, TakenNameIsAlreadyExists) {
  const Volume first = Make("taken");
  CreateSpec again = Spec("taken");
  again.size = *again.size * 2;
  EXPECT_STATUS(kAlreadyExists, driver().Create(context_, again));
  EXPECT_THAT(ListedIds(), ElementsAre(first.key.id));
  absl::StatusOr<Volume> still = driver().Get(context_, first.key.id);
  ASSERT_TRUE(still.ok());
  EXPECT_EQ(still->size, first.size);
}

TEST_P(Conformance, BadSpecsAreRefusedAndLeaveNothing) {
  for (const char* name : {"", ".", "../x", "a/b", "-a", "a b"}) {
    EXPECT_STATUS(kInvalidArgument, driver().Create(context_, Spec(name))) << name;
  }
  EXPECT_STATUS(kInvalidArgument, driver().Create(context_, Spec(std::string("a\0b", 3))));
  EXPECT_STATUS(kInvalidArgument, driver().Create(context_, Spec(std::string(129, 'x'))));
  if (can().sizes) {
    CreateSpec small = Spec("small");
    small.size = backend().minimum_size() - 1;
    EXPECT_STATUS(kInvalidArgument, driver().Create(context_, small));
    small.size = 0;
    EXPECT_STATUS(kInvalidArgument, driver().Create(context_, small));
    CreateSpec huge = Spec("huge");
    huge.size = uint64_t{1} << 63;
    const absl::Status refused = StatusOf(driver().Create(context_, huge));
    EXPECT_TRUE(absl::IsInvalidArgument(refused) || absl::IsResourceExhausted(refused)) << refused;
  }
  EXPECT_THAT(ListedIds(), IsEmpty());
}

TEST_P(Conformance, SourcesNeedTheCapability) {
  const Volume source = Make("source");
  CreateSpec spec = Spec("copy");
  if (!can().clone) {
    spec.source_volume = source.key.id;
    EXPECT_STATUS(kUnimplemented, driver().Create(context_, spec));
  }
  if (!can().snapshots) {
    spec.source_volume.reset();
    spec.source_snapshot = "snap-1";
    EXPECT_STATUS(kUnimplemented, driver().Create(context_, spec));
    EXPECT_STATUS(kUnimplemented, driver().CreateSnapshot(context_, source.key.id, {.name = "snap"}));
    EXPECT_STATUS(kUnimplemented, driver().ListSnapshots(context_));
    EXPECT_STATUS(kUnimplemented, driver().RemoveSnapshot(context_, "snap-1"));
    EXPECT_THAT(ListedIds(), ElementsAre(source.key.id));
  }
}

TEST_P(Conformance, NoRoomIsResourceExhaustedAndLeavesNothing) {
  const std::optional<CreateSpec> spec = backend().SpecWithoutRoom();
  if (!spec) return;  // this backend cannot be filled up
  EXPECT_STATUS(kResourceExhausted, driver().Create(context_, *spec));
  EXPECT_THAT(ListedIds(), IsEmpty());
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_THAT(ListedIds(), IsEmpty());
  CreateSpec fits = Spec(spec->name);  // the name is free
  EXPECT_OK(driver().Create(context_, fits));
}

TEST_P(Conformance, GetOfAnUnknownIdIsNotFound) {
  EXPECT_STATUS(kNotFound, driver().Get(context_, kNoSuchId));
  EXPECT_STATUS(kNotFound, driver().Get(context_, ""));
  EXPECT_STATUS(kNotFound, driver().Get(context_, "../../etc/passwd"));
}

TEST_P(Conformance, FindByNameIsBatched) {
  const Volume a = Make("a");
  Make("b");
  const Volume c = Make("c");
  auto found = driver().FindByName(context_, {"c", "missing", "a", "c"});
  ASSERT_TRUE(found.ok()) << found.status();
  std::vector<std::string> ids;
  for (const Volume& volume : *found) ids.push_back(volume.key.id);
  EXPECT_THAT(ids, UnorderedElementsAre(a.key.id, c.key.id));
  auto none = driver().FindByName(context_, {"missing"});
  ASSERT_TRUE(none.ok());
  EXPECT_THAT(*none, IsEmpty());
  auto nothing = driver().FindByName(context_, {});
  ASSERT_TRUE(nothing.ok());
  EXPECT_THAT(*nothing, IsEmpty());
}

TEST_P(Conformance, FindByNameGivesNamesakesBoth) {
  const Volume first = Make("twin");
  if (!backend().AddNamesake("twin")) return;  // names are unique on this backend
  auto found = driver().FindByName(context_, {"twin"});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_NE((*found)[0].key.id, (*found)[1].key.id);
}

TEST_P(Conformance, RemoveIsIdempotentAndFreesTheName) {
  const Volume gone = Make("phoenix");
  EXPECT_OK(driver().Remove(context_, gone.key.id));
  EXPECT_OK(driver().Remove(context_, gone.key.id));
  EXPECT_OK(driver().Remove(context_, kNoSuchId));
  EXPECT_STATUS(kNotFound, driver().Get(context_, gone.key.id));
  const Volume again = Make("phoenix");
  EXPECT_NE(again.key.id, gone.key.id);
  EXPECT_TRUE(again.blank || can().kind == DriverCapabilities::Kind::kDirectory);
}

TEST_P(Conformance, RemoveOfAnAttachedVolumeIsRefused) {
  const Volume volume = Make("inuse");
  Bring(volume.key.id);
  const absl::Status refused = driver().Remove(context_, volume.key.id);
  EXPECT_STATUS(kFailedPrecondition, refused);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr(this_node())) << "it names the holder";
  EXPECT_THAT(ListedIds(), Contains(volume.key.id));
  absl::StatusOr<std::optional<LocalResource>> local = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(local.ok());
  EXPECT_TRUE(local->has_value());
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  EXPECT_OK(driver().Remove(context_, volume.key.id));
}

TEST_P(Conformance, VolumesSurviveARestart) {
  CreateSpec spec = Spec("kept");
  spec.tags = {{"k", "v"}};
  spec.mount_options = {"noatime"};
  absl::StatusOr<Volume> made = driver().Create(context_, spec);
  ASSERT_TRUE(made.ok()) << made.status();
  const Volume removed = Make("removed");
  EXPECT_OK(driver().Remove(context_, removed.key.id));
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_THAT(ListedIds(), ElementsAre(made->key.id));
  absl::StatusOr<Volume> got = driver().Get(context_, made->key.id);
  ASSERT_TRUE(got.ok()) << got.status();
  got->allocated = made->allocated;
  EXPECT_EQ(*got, *made);
}

TEST_P(Conformance, ThisNodeIsStable) {
  const std::string node = this_node();
  EXPECT_FALSE(node.empty());
  ASSERT_TRUE(backend().Reopen().ok());
  EXPECT_EQ(this_node(), node);
}

TEST_P(Conformance, DiagnoseSaysWhatIsAndWhatToDo) {
  const std::vector<Diagnosis> all = driver().Diagnose(context_);
  EXPECT_THAT(all, Not(IsEmpty()));
  for (const Diagnosis& one : all) {
    EXPECT_FALSE(one.check.empty());
    EXPECT_FALSE(one.evidence.empty()) << one.check;
    const bool well = one.verdict == Diagnosis::Verdict::kOk;
    EXPECT_EQ(one.fix.empty(), well) << one.check << ": " << one.fix;
  }
}

}  // namespace rexray::drivers::conformance
