// Attach, AwaitLocal, FindLocal, Detach, OnStaged, on one node and on two.

#include <algorithm>

#include "gmock/gmock.h"

#include "base/status.h"
#include "drivers/conformance/conformance.h"

namespace rexray::drivers::conformance {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

int LinkAttachTests() {
  return 0;
}

namespace {

constexpr char kNoSuchId[] = "lv-0000000000000000";

bool Holds(const Volume& volume, const NodeId& node) {
  return std::any_of(volume.attachments.begin(), volume.attachments.end(),
                     [&](const Attachment& attachment) { return attachment.node == node; });
}

}  // namespace

TEST_P(Conformance, AttachBringsADevice) {
  const Volume volume = Make("vol");
  absl::StatusOr<std::optional<LocalResource>> before = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_FALSE(before->has_value());

  absl::StatusOr<Attachment> attachment = driver().Attach(context_, volume.key.id, {});
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_EQ(attachment->node, this_node());
  absl::StatusOr<LocalResource> local = driver().AwaitLocal(context_, volume.key.id);
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_THAT(local->path, ::testing::StartsWith("/"));
  EXPECT_FALSE(local->identity.empty());

  absl::StatusOr<std::optional<LocalResource>> found = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->path, local->path);
  EXPECT_EQ((*found)->identity, local->identity);

  absl::StatusOr<Volume> shown = driver().Get(context_, volume.key.id);
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->status, VolumeStatus::kInUse);
  ASSERT_EQ(shown->attachments.size(), 1u);
  EXPECT_EQ(shown->attachments[0].node, this_node());
  EXPECT_EQ(shown->attachments[0].state, AttachmentState::kAttached);
  auto listed = driver().List(context_);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->value.size(), 1u);
  EXPECT_TRUE(Holds(listed->value[0], this_node()));
}

TEST_P(Conformance, AttachIsIdempotent) {
  const Volume volume = Make("vol");
  const LocalResource first = Bring(volume.key.id);
  const LocalResource second = Bring(volume.key.id);
  EXPECT_EQ(first.path, second.path);
  EXPECT_EQ(first.identity, second.identity);
  absl::StatusOr<Volume> shown = driver().Get(context_, volume.key.id);
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->attachments.size(), 1u);
}

TEST_P(Conformance, DetachIsIdempotent) {
  const Volume volume = Make("vol");
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));  // was never attached
  Bring(volume.key.id);
  EXPECT_OK(driver().Detach(context_, volume.key.id, this_node(), false));
  absl::StatusOr<std::optional<LocalResource>> after = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after->has_value());
  absl::StatusOr<Volume> shown = driver().Get(context_, volume.key.id);
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->status, VolumeStatus::kAvailable);
  EXPECT_THAT(shown->attachments, IsEmpty());
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  EXPECT_OK(driver().Detach(context_, volume.key.id, "no-such-node", false));
}

TEST_P(Conformance, DetachFromAnotherNodeLeavesOursAlone) {
  const Volume volume = Make("vol");
  Bring(volume.key.id);
  EXPECT_OK(driver().Detach(context_, volume.key.id, "no-such-node", false));
  absl::StatusOr<std::optional<LocalResource>> local = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(local.ok());
  EXPECT_TRUE(local->has_value());
}

TEST_P(Conformance, UnknownIds) {
  EXPECT_STATUS(kNotFound, driver().Attach(context_, kNoSuchId, {}));
  EXPECT_STATUS(kNotFound, driver().AwaitLocal(context_, kNoSuchId));
  if (can().grow) {
    EXPECT_STATUS(kNotFound, driver().Grow(context_, kNoSuchId, backend().minimum_size()));
  }
  EXPECT_STATUS(kNotFound, driver().ClearBlankMark(context_, kNoSuchId));
  EXPECT_OK(driver().Detach(context_, kNoSuchId, "", false));
  absl::StatusOr<std::optional<LocalResource>> local = driver().FindLocal(context_, kNoSuchId);
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_FALSE(local->has_value());
}

TEST_P(Conformance, AwaitLocalNeedsAnAttach) {
  const Volume volume = Make("vol");
  EXPECT_STATUS(kFailedPrecondition, driver().AwaitLocal(Soon(std::chrono::seconds(10)), volume.key.id));
}

TEST_P(Conformance, TwoVolumesAreTwoDevices) {
  const LocalResource a = Bring(Make("a").key.id);
  const LocalResource b = Bring(Make("b").key.id);
  EXPECT_NE(a.path, b.path);
  EXPECT_NE(a.identity, b.identity);
}

TEST_P(Conformance, IdentityStaysWithTheVolume) {
  const Volume volume = Make("vol");
  const LocalResource first = Bring(volume.key.id);
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  const LocalResource second = Bring(volume.key.id);
  EXPECT_EQ(first.identity, second.identity);
}

TEST_P(Conformance, AttachmentsSurviveARestart) {
  const Volume volume = Make("vol");
  const LocalResource before = Bring(volume.key.id);
  ASSERT_TRUE(backend().Reopen().ok());
  auto listed = driver().List(context_);  // before a call that looks
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->value.size(), 1u);
  EXPECT_TRUE(Holds(listed->value[0], this_node()));
  absl::StatusOr<std::optional<LocalResource>> after = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(after.ok()) << after.status();
  ASSERT_TRUE(after->has_value());
  EXPECT_EQ((*after)->path, before.path);
  EXPECT_EQ((*after)->identity, before.identity);
  EXPECT_STATUS(kFailedPrecondition, driver().Remove(context_, volume.key.id));
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  after = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after->has_value());
}

TEST_P(Conformance, OnStagedOfAnAttachedVolume) {
  const Volume volume = Make("vol");
  Bring(volume.key.id);
  EXPECT_OK(driver().OnStaged(context_, volume.key.id));
  // What is not in use any more may have gone by itself now.
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  EXPECT_OK(driver().Remove(context_, volume.key.id));
}

TEST_P(Conformance, ThisNodeIsRunning) {
  absl::StatusOr<HolderState> state = driver().StateOfHolder(context_, this_node());
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, HolderState::kRunning);
  state = driver().StateOfHolder(context_, "no-such-node");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_NE(*state, HolderState::kRunning);
}

// --- two nodes ---

TEST_P(Conformance, AVolumeOfAnotherNodeIsRefusedByNameOfItsHolder) {
  if (!can().network) return;
  StorageDriver* other = backend().other_node();
  ASSERT_NE(other, nullptr) << "a network backend is tested with two nodes";
  const Volume volume = Make("vol");
  ASSERT_TRUE(other->Attach(context_, volume.key.id, {}).ok());
  ASSERT_TRUE(other->AwaitLocal(context_, volume.key.id).ok());
  const std::string holder = other->ThisNode(context_)->id;
  const absl::Status refused = StatusOf(driver().Attach(context_, volume.key.id, {}));
  EXPECT_STATUS(kFailedPrecondition, refused);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr(holder));
  EXPECT_STATUS(kFailedPrecondition, driver().AwaitLocal(Soon(std::chrono::seconds(10)), volume.key.id));
  EXPECT_STATUS(kFailedPrecondition, driver().Remove(context_, volume.key.id));
  absl::StatusOr<std::optional<LocalResource>> local = driver().FindLocal(context_, volume.key.id);
  ASSERT_TRUE(local.ok());
  EXPECT_FALSE(local->has_value());
  // A detach here is not a detach there.
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
  EXPECT_TRUE(Holds(*driver().Get(context_, volume.key.id), holder));
}

TEST_P(Conformance, ForceTakesAVolumeFromItsHolder) {
  if (!can().network) return;
  StorageDriver* other = backend().other_node();
  ASSERT_NE(other, nullptr) << "a network backend is tested with two nodes";
  const Volume volume = Make("vol");
  ASSERT_TRUE(other->Attach(context_, volume.key.id, {}).ok());
  AttachOptions force;
  force.force = true;
  ASSERT_TRUE(driver().Attach(context_, volume.key.id, force).ok());
  EXPECT_OK(driver().AwaitLocal(context_, volume.key.id));
  absl::StatusOr<Volume> shown = driver().Get(context_, volume.key.id);
  ASSERT_TRUE(shown.ok());
  ASSERT_EQ(shown->attachments.size(), 1u);
  EXPECT_EQ(shown->attachments[0].node, this_node());
  EXPECT_FALSE((*other->FindLocal(context_, volume.key.id)).has_value());
}

TEST_P(Conformance, DetachFromANamedNode) {
  if (!can().network) return;
  StorageDriver* other = backend().other_node();
  ASSERT_NE(other, nullptr) << "a network backend is tested with two nodes";
  const Volume volume = Make("vol");
  ASSERT_TRUE(other->Attach(context_, volume.key.id, {}).ok());
  EXPECT_OK(driver().Detach(context_, volume.key.id, other->ThisNode(context_)->id, true));
  EXPECT_THAT(driver().Get(context_, volume.key.id)->attachments, IsEmpty());
  Bring(volume.key.id);
}

TEST_P(Conformance, AVolumeMadeOnAnotherNodeIsFoundByName) {
  if (!can().network) return;
  StorageDriver* other = backend().other_node();
  ASSERT_NE(other, nullptr) << "a network backend is tested with two nodes";
  EXPECT_OK(driver().List(context_));  // a cache, if there is one, is warm and does not know it
  absl::StatusOr<Volume> made = other->Create(context_, Spec("elsewhere"));
  ASSERT_TRUE(made.ok()) << made.status();
  auto found = driver().FindByName(context_, {"elsewhere"});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].key.id, made->key.id);
  EXPECT_OK(driver().Get(context_, made->key.id));
}

}  // namespace rexray::drivers::conformance
