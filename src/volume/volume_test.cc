#include "volume/volume.h"

#include "gtest/gtest.h"

#include "base/status.h"
#include "volume/storage_driver.h"

namespace rexray {
namespace {

TEST(ToString, IsWhatPeopleAndApisRead) {
  EXPECT_STREQ(ToString(VolumeStatus::kCreating), "creating");
  EXPECT_STREQ(ToString(VolumeStatus::kAvailable), "available");
  EXPECT_STREQ(ToString(VolumeStatus::kInUse), "in-use");
  EXPECT_STREQ(ToString(VolumeStatus::kDeleting), "deleting");
  EXPECT_STREQ(ToString(VolumeStatus::kError), "error");
  EXPECT_STREQ(ToString(SnapshotStatus::kPending), "pending");
  EXPECT_STREQ(ToString(SnapshotStatus::kCompleted), "completed");
  EXPECT_STREQ(ToString(SnapshotStatus::kError), "error");
  EXPECT_STREQ(ToString(AttachmentState::kAttaching), "attaching");
  EXPECT_STREQ(ToString(AttachmentState::kAttached), "attached");
  EXPECT_STREQ(ToString(AttachmentState::kDetaching), "detaching");
  EXPECT_STREQ(ToString(AttachmentState::kBusy), "busy");
  EXPECT_STREQ(ToString(Consumer::Api::kDocker), "docker");
  EXPECT_STREQ(ToString(Consumer::Api::kDvdcli), "dvdcli");
  EXPECT_STREQ(ToString(Consumer::Api::kPodman), "podman");
  EXPECT_STREQ(ToString(Consumer::Api::kCsi), "csi");
  EXPECT_STREQ(ToString(Consumer::Api::kCli), "cli");
  EXPECT_STREQ(ToString(Consumer::Api::kUnknown), "unknown");
}

// A driver without snapshots, and nothing else of interest.
class PlainDriver final : public StorageDriver {
 public:
  std::string Name() const override { return "plain"; }
  const DriverCapabilities& Capabilities() const override { return capabilities_; }
  absl::StatusOr<Node> ThisNode(const CallContext&) override { return Node{}; }
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext&) override {
    return Aged<std::vector<Volume>>{};
  }
  absl::StatusOr<std::vector<Volume>> FindByName(const CallContext&,
                                                 const std::vector<std::string>&) override {
    return std::vector<Volume>{};
  }
  absl::StatusOr<Volume> Get(const CallContext&, const std::string&) override { return Volume{}; }
  absl::StatusOr<Volume> Create(const CallContext&, const CreateSpec&) override { return Volume{}; }
  absl::Status Remove(const CallContext&, const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<Attachment> Attach(const CallContext&, const std::string&, const AttachOptions&) override {
    return Attachment{};
  }
  absl::StatusOr<LocalResource> AwaitLocal(const CallContext&, const std::string&) override {
    return LocalResource{};
  }
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext&, const std::string&) override {
    return std::optional<LocalResource>{};
  }
  absl::Status Detach(const CallContext&, const std::string&, const NodeId&, bool) override {
    return absl::OkStatus();
  }
  absl::StatusOr<Volume> Grow(const CallContext&, const std::string&, uint64_t) override { return Volume{}; }
  absl::Status ClearBlankMark(const CallContext&, const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<HolderState> StateOfHolder(const CallContext&, const NodeId&) override {
    return HolderState::kUnknown;
  }
  std::vector<Diagnosis> Diagnose(const CallContext&) override { return {}; }

 private:
  DriverCapabilities capabilities_;
};

TEST(StorageDriver, WithoutSnapshotsSaysSo) {
  PlainDriver driver;
  const CallContext context;
  EXPECT_EQ(driver.ListSnapshots(context).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(driver.RemoveSnapshot(context, "x").code(), absl::StatusCode::kUnimplemented);
  const auto made = driver.CreateSnapshot(context, "v", {.name = "s"});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(MessageOf(made.status()), "the plain driver has no snapshots");
}

TEST(StorageDriver, WithoutModifyAndCopiesSaysSo) {
  PlainDriver driver;
  const CallContext context;
  EXPECT_EQ(driver.Modify(context, "v", {.size = 1}).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(driver.ClearUuidMark(context, "v").code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(driver.Adopt(context, "v").ok());  // all of its volumes are ours
  const auto pool = driver.PoolOf(context);
  ASSERT_TRUE(pool.ok());
  EXPECT_FALSE(pool->has_value());
}

}  // namespace
}  // namespace rexray
