#pragma once

#include <string>
#include <vector>

#include "drivers/fake/fake_cloud.h"

namespace rexray::drivers::fake {

/// A node's view of a FakeCloud: runs every call through the cloud's script. Made by FakeCloud::DriverFor.
class FakeDriver final : public StorageDriver {
 public:
  FakeDriver(FakeCloud& cloud, NodeId node) : cloud_(cloud), node_(std::move(node)) {}

  std::string Name() const override { return "fake"; }
  const DriverCapabilities& Capabilities() const override { return cloud_.options_.capabilities; }
  absl::StatusOr<Node> ThisNode(const CallContext& context) override;
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext& context) override;
  absl::StatusOr<std::vector<Volume>> FindByName(const CallContext& context,
                                                 const std::vector<std::string>& names) override;
  absl::StatusOr<Volume> Get(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Create(const CallContext& context, const CreateSpec& spec) override;
  absl::Status Remove(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Attachment> Attach(const CallContext& context, const std::string& id,
                                    const AttachOptions& options) override;
  absl::StatusOr<LocalResource> AwaitLocal(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext& context,
                                                         const std::string& id) override;
  absl::Status Detach(const CallContext& context, const std::string& id, const NodeId& node,
                      bool force) override;
  absl::StatusOr<Volume> Grow(const CallContext& context, const std::string& id, uint64_t size) override;
  absl::Status ClearBlankMark(const CallContext& context, const std::string& id) override;
  absl::Status OnStaged(const CallContext& context, const std::string& id) override;
  absl::StatusOr<HolderState> StateOfHolder(const CallContext& context, const NodeId& node) override;
  absl::Status ClearUuidMark(const CallContext& context, const std::string& id) override;
  absl::StatusOr<Volume> Modify(const CallContext& context, const std::string& id,
                                const ModifySpec& spec) override;
  absl::StatusOr<Volume> Adopt(const CallContext& context, const std::string& id) override;
  absl::StatusOr<std::optional<Pool>> PoolOf(const CallContext& context) override;
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const CallContext& context) override;
  absl::StatusOr<Snapshot> CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                          const SnapshotSpec& spec) override;
  absl::Status RemoveSnapshot(const CallContext& context, const std::string& id) override;
  std::vector<Diagnosis> Diagnose(const CallContext& context) override;

 private:
  FakeCloud& cloud_;
  const NodeId node_;
};

}  // namespace rexray::drivers::fake
