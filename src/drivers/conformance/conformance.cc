#include "drivers/conformance/conformance.h"

#include <algorithm>
#include <ostream>

#include "base/status.h"

namespace rexray::drivers::conformance {

// A static library gives a program only the objects that something names: each file of tests has one such
// name.
int LinkVolumeTests();
int LinkAttachTests();
int LinkChangeTests();
int LinkParallelTests();
int LinkSnapshotTests();

::testing::AssertionResult HasCode(const absl::Status& status, absl::StatusCode code) {
  if (status.code() != code) {
    return ::testing::AssertionFailure()
           << "expected " << absl::StatusCodeToString(code) << ", got " << status;
  }
  if (!status.ok() && status.message().size() < 10) {
    return ::testing::AssertionFailure() << "no message for people: " << status;
  }
  return ::testing::AssertionSuccess();
}

std::string NameOfParam(const ::testing::TestParamInfo<ConformanceParam>& info) {
  return info.param.name;
}

void PrintTo(const ConformanceParam& param, std::ostream* out) {
  *out << param.name;
}

Conformance::Conformance() {
  (void)(LinkVolumeTests() + LinkAttachTests() + LinkChangeTests() + LinkParallelTests() +
         LinkSnapshotTests());
}

void Conformance::SetUp() {
  const std::string why_not = GetParam().why_not ? GetParam().why_not() : "";
  if (!why_not.empty()) GTEST_SKIP() << "SKIPPED: " << why_not;
  backend_ = GetParam().make();
  ASSERT_NE(backend_, nullptr) << "the backend could not be made";
}

void Conformance::TearDown() {
  if (backend_ == nullptr) return;
  backend_->HangAttach(false);
  auto volumes = driver().List(context_);
  if (!volumes.ok()) return;
  for (const Volume& volume : volumes->value) {  // no loop device stays behind
    for (const Attachment& attachment : volume.attachments) {
      EXPECT_OK(driver().Detach(context_, volume.key.id, attachment.node, /*force=*/true));
    }
  }
}

CreateSpec Conformance::Spec(const std::string& name) {
  CreateSpec spec;
  spec.name = name;
  spec.size = backend_->minimum_size();
  spec.fs_type = "ext4";
  return spec;
}

Volume Conformance::Make(const std::string& name) {
  absl::StatusOr<Volume> volume = driver().Create(context_, Spec(name));
  EXPECT_OK(volume);
  return volume.ok() ? *volume : Volume{};
}

LocalResource Conformance::Bring(const std::string& id) {
  EXPECT_OK(driver().Attach(context_, id, {}));
  absl::StatusOr<LocalResource> local = driver().AwaitLocal(context_, id);
  EXPECT_OK(local);
  return local.ok() ? *local : LocalResource{};
}

std::vector<std::string> Conformance::ListedIds() {
  auto volumes = driver().List(context_);
  EXPECT_OK(volumes);
  std::vector<std::string> ids;
  if (!volumes.ok()) return ids;
  for (const Volume& volume : volumes->value) ids.push_back(volume.key.id);
  return ids;
}

std::string Conformance::this_node() {
  absl::StatusOr<Node> node = driver().ThisNode(context_);
  EXPECT_OK(node);
  return node.ok() ? node->id : "";
}

CallContext Conformance::Soon(Duration wait) {
  return {Deadline::After(backend_->clock(), wait)};
}

}  // namespace rexray::drivers::conformance
