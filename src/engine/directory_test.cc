// Directory drivers (vfs): the stage is a bind mount where we may mount, and the directory itself where we
// may not.

#include "base/testing/virtual_time.h"
#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

/// The least that a directory driver can be: one directory per volume.
class FolderDriver final : public StorageDriver {
 public:
  explicit FolderDriver(std::string root) : root_(std::move(root)) {
    capabilities_.kind = DriverCapabilities::Kind::kDirectory;
    capabilities_.sizes = false;
    capabilities_.needs_root = false;
    std::filesystem::create_directories(root_);
  }
  std::string Name() const override { return "folder"; }
  const DriverCapabilities& Capabilities() const override { return capabilities_; }
  absl::StatusOr<Node> ThisNode(const CallContext&) override { return Node{"here", "", "", {}}; }
  absl::StatusOr<Aged<std::vector<Volume>>> List(const CallContext&) override {
    Aged<std::vector<Volume>> all;
    for (const auto& entry : std::filesystem::directory_iterator(root_)) {
      all.value.push_back(VolumeOf(entry.path().filename().string()));
    }
    return all;
  }
  absl::StatusOr<std::vector<Volume>> FindByName(const CallContext&,
                                                 const std::vector<std::string>& names) override {
    std::vector<Volume> found;
    for (const std::string& name : names) {
      if (std::filesystem::exists(root_ + "/" + name)) found.push_back(VolumeOf(name));
    }
    return found;
  }
  absl::StatusOr<Volume> Get(const CallContext&, const std::string& id) override {
    if (!std::filesystem::exists(root_ + "/" + id)) return absl::NotFoundError("no such folder");
    return VolumeOf(id);
  }
  absl::StatusOr<Volume> Create(const CallContext&, const CreateSpec& spec) override {
    EXPECT_FALSE(spec.size.has_value()) << "a driver without sizes is given none";
    std::filesystem::create_directory(root_ + "/" + spec.name);
    return VolumeOf(spec.name);
  }
  absl::Status Remove(const CallContext&, const std::string& id) override {
    std::filesystem::remove_all(root_ + "/" + id);
    return absl::OkStatus();
  }
  absl::StatusOr<Attachment> Attach(const CallContext&, const std::string&, const AttachOptions&) override {
    return Attachment{"here", AttachmentState::kAttached, ""};
  }
  absl::StatusOr<LocalResource> AwaitLocal(const CallContext&, const std::string& id) override {
    return LocalResource{root_ + "/" + id, id};
  }
  absl::StatusOr<std::optional<LocalResource>> FindLocal(const CallContext&, const std::string& id) override {
    return LocalResource{root_ + "/" + id, id};
  }
  absl::Status Detach(const CallContext&, const std::string&, const NodeId&, bool) override {
    return absl::OkStatus();
  }
  absl::StatusOr<Volume> Grow(const CallContext&, const std::string&, uint64_t) override {
    return absl::UnimplementedError("no sizes");
  }
  absl::Status ClearBlankMark(const CallContext&, const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<HolderState> StateOfHolder(const CallContext&, const NodeId&) override {
    return HolderState::kUnknown;
  }
  std::vector<Diagnosis> Diagnose(const CallContext&) override { return {}; }

 private:
  static Volume VolumeOf(const std::string& name) {
    Volume volume;
    volume.key.id = name;
    volume.name = name;
    volume.created_by_us = true;
    return volume;
  }
  const std::string root_;
  DriverCapabilities capabilities_;
};

class DirectoryTest : public EngineFixture {
 protected:
  DirectoryTest() {
    Service service;
    service.name = "vfs";
    service.driver = std::make_shared<FolderDriver>(directory_ + "/folders");
    more_services_ = {service};
  }
  Path MountFolder() {
    Pending<absl::StatusOr<CreateResult>> made;
    CreateSpec spec;
    spec.name = "v";
    engine().CreateVolume("vfs", spec, Soon(), made.Done());
    EXPECT_TRUE(made.Wait().ok());
    Pending<Path> path;
    engine().Mount({"vfs", "v", ""}, CliConsumer(), {}, Soon(), Received(path));
    return path.Wait();
  }
  absl::Status UnmountFolder() {
    Pending<absl::Status> answer;
    engine().Unmount({"vfs", "v", ""}, CliConsumer(), false, Soon(), answer.Done());
    return answer.Wait();
  }
  std::string Stage() const { return directory_ + "/volumes/.services/vfs/v"; }
};

TEST_F(DirectoryTest, AStageIsABindMount) {
  const Path path = MountFolder();
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, Stage() + "/data");
  ASSERT_TRUE(host().MountAt(Stage()).has_value());
  EXPECT_EQ(host().MountAt(Stage())->root, directory_ + "/folders/v");
  EXPECT_EQ(host().calls().Count("Probe"), 0);
  Restart();
  EXPECT_EQ(UnmountFolder(), absl::OkStatus());
  EXPECT_FALSE(host().MountAt(Stage()).has_value());
}

TEST_F(DirectoryTest, WithoutMountsTheDirectoryItselfIsHandedOut) {
  options_.can_mount = false;
  const Path path = MountFolder();
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, directory_ + "/folders/v/data");
  EXPECT_TRUE(std::filesystem::is_directory(*path));
  Restart();
  EXPECT_EQ(UnmountFolder(), absl::OkStatus());
  EXPECT_TRUE(std::filesystem::is_directory(*path)) << "what it holds stays";
  EXPECT_EQ(host().calls().Count("Mount"), 0);
}

TEST_F(DirectoryTest, AStaleConsumerIsNeverReleased) {
  options_.stale_poll = std::chrono::minutes(5);
  for (const bool can_mount : {true, false}) {
    options_.can_mount = can_mount;
    Start();
    ASSERT_TRUE(MountFolder().ok());
    Pending<Path> path;
    engine().Mount({"vfs", "v", ""}, DockerConsumer('a'), {}, Soon(), Received(path));
    ASSERT_TRUE(path.Wait().ok());
    ASSERT_EQ(UnmountFolder(), absl::OkStatus());
    host().calls().ForgetCalls();
    for (int minute = 0; minute < 60; ++minute) {
      Advance(std::chrono::minutes(1));
      AwaitOthersAsleep();  // a search that began has ended
    }
    EXPECT_EQ(host().calls().Count("Count"), 0) << "not even looked for";
    Pending<absl::StatusOr<ConsumerReport>> answer;
    engine().Consumers({"vfs", "v", ""}, Soon(), answer.Done());
    const auto report = answer.Wait();
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->consumers.size(), 1u);
    EXPECT_EQ(report->consumers.front().verdict, ConsumerEvidence::Verdict::kUnknown);
    Pending<absl::Status> released;
    engine().ReleaseConsumer({"vfs", "v", ""}, std::string(64, 'a'), Soon(), released.Done());
    ASSERT_EQ(released.Wait(), absl::OkStatus());
    Stop();
  }
}

TEST_F(DirectoryTest, AMountWithoutARowIsAdopted) {
  ASSERT_TRUE(MountFolder().ok());
  Stop();
  std::filesystem::remove(directory_ + "/journal-boot.db");
  std::filesystem::remove(directory_ + "/journal-boot.db-wal");
  Start();
  Until([&] { return EventsOfKind("adopted") == 1; });
}

}  // namespace
}  // namespace rexray::engine
