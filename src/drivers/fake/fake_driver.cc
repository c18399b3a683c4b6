#include "drivers/fake/fake_driver.h"

#include "base/status.h"

namespace rexray::drivers::fake {

absl::StatusOr<Node> FakeDriver::ThisNode(const CallContext& context) {
  return cloud_.calls_.Run("ThisNode", "", context.deadline,
                           [&]() -> absl::StatusOr<Node> { return cloud_.Describe(node_); });
}

absl::StatusOr<Aged<std::vector<Volume>>> FakeDriver::List(const CallContext& context) {
  return cloud_.calls_.Run("List", "", context.deadline, [&] { return cloud_.List(node_); });
}

absl::StatusOr<std::vector<Volume>> FakeDriver::FindByName(const CallContext& context,
                                                           const std::vector<std::string>& names) {
  return cloud_.calls_.Run("FindByName", names.size() == 1 ? names[0] : "", context.deadline,
                           [&] { return cloud_.FindByName(names); });
}

absl::StatusOr<Volume> FakeDriver::Get(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("Get", id, context.deadline, [&] { return cloud_.Get(id); });
}

absl::StatusOr<Volume> FakeDriver::Create(const CallContext& context, const CreateSpec& spec) {
  return cloud_.calls_.Run("Create", spec.name, context.deadline, [&] { return cloud_.Create(node_, spec); });
}

absl::Status FakeDriver::Remove(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("Remove", id, context.deadline, [&] { return cloud_.Remove(node_, id); });
}

absl::StatusOr<Attachment> FakeDriver::Attach(const CallContext& context, const std::string& id,
                                              const AttachOptions& options) {
  return cloud_.calls_.Run("Attach", id, context.deadline,
                           [&] { return cloud_.Attach(node_, id, options, context.deadline); });
}

absl::StatusOr<LocalResource> FakeDriver::AwaitLocal(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("AwaitLocal", id, context.deadline,
                           [&] { return cloud_.AwaitLocal(node_, id, context.deadline); });
}

absl::StatusOr<std::optional<LocalResource>> FakeDriver::FindLocal(const CallContext& context,
                                                                   const std::string& id) {
  return cloud_.calls_.Run("FindLocal", id, context.deadline, [&] { return cloud_.FindLocal(node_, id); });
}

absl::Status FakeDriver::Detach(const CallContext& context, const std::string& id, const NodeId& node,
                                bool force) {
  return cloud_.calls_.Run("Detach", id, context.deadline, [&] {
    return cloud_.Detach(node_, id, node.empty() ? node_ : node, force, context.deadline);
  });
}

absl::StatusOr<Volume> FakeDriver::Grow(const CallContext& context, const std::string& id, uint64_t size) {
  return cloud_.calls_.Run("Grow", id, context.deadline, [&] { return cloud_.Grow(node_, id, size); });
}

absl::Status FakeDriver::ClearBlankMark(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("ClearBlankMark", id, context.deadline,
                           [&] { return cloud_.ClearBlankMark(node_, id); });
}

absl::Status FakeDriver::OnStaged(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("OnStaged", id, context.deadline, [&] { return cloud_.OnStaged(node_, id); });
}

absl::StatusOr<HolderState> FakeDriver::StateOfHolder(const CallContext& context, const NodeId& node) {
  return cloud_.calls_.Run("StateOfHolder", node, context.deadline,
                           [&]() -> absl::StatusOr<HolderState> { return cloud_.StateOf(node); });
}

absl::Status FakeDriver::ClearUuidMark(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("ClearUuidMark", id, context.deadline,
                           [&] { return cloud_.ClearUuidMark(node_, id); });
}

absl::StatusOr<Volume> FakeDriver::Modify(const CallContext& context, const std::string& id,
                                          const ModifySpec& spec) {
  return cloud_.calls_.Run("Modify", id, context.deadline, [&] { return cloud_.Modify(node_, id, spec); });
}

absl::StatusOr<Volume> FakeDriver::Adopt(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("Adopt", id, context.deadline, [&] { return cloud_.Adopt(node_, id); });
}

absl::StatusOr<std::optional<Pool>> FakeDriver::PoolOf(const CallContext& context) {
  return cloud_.calls_.Run("PoolOf", "", context.deadline, [&] { return cloud_.PoolNow(); });
}

absl::StatusOr<std::vector<Snapshot>> FakeDriver::ListSnapshots(const CallContext& context) {
  return cloud_.calls_.Run("ListSnapshots", "", context.deadline, [&] { return cloud_.ListSnapshots(); });
}

absl::StatusOr<Snapshot> FakeDriver::CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                    const SnapshotSpec& spec) {
  return cloud_.calls_.Run("CreateSnapshot", volume_id, context.deadline,
                           [&] { return cloud_.CreateSnapshot(volume_id, spec); });
}

absl::Status FakeDriver::RemoveSnapshot(const CallContext& context, const std::string& id) {
  return cloud_.calls_.Run("RemoveSnapshot", id, context.deadline, [&] { return cloud_.RemoveSnapshot(id); });
}

std::vector<Diagnosis> FakeDriver::Diagnose(const CallContext& context) {
  Diagnosis diagnosis;
  diagnosis.check = "backend";
  const absl::Status status =
      cloud_.calls_.Run("Diagnose", "", context.deadline, []() -> absl::Status { return absl::OkStatus(); });
  diagnosis.verdict = status.ok() ? Diagnosis::Verdict::kOk : Diagnosis::Verdict::kBroken;
  diagnosis.evidence = status.ok() ? "the fake cloud answers" : std::string(MessageOf(status));
  if (!status.ok()) diagnosis.fix = "tell the test to clear its faults";
  return {diagnosis};
}

}  // namespace rexray::drivers::fake
