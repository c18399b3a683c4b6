// The driver where EC2 hurts. No devices: states and counts alone, so these need no root.

#include <atomic>
#include <thread>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "base/thread.h"
#include "drivers/ebs/cloud.h"
#include "drivers/ebs/ebs_driver.h"
#include "drivers/ebs/volume_tags.h"
#include "ebs/sim_transport.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EbsDriverTest : public ::testing::Test {
 protected:
  EbsDriverTest()
      : simulator_(SimOptions(), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)),
        timers_(StartThread("ec2sim-timers", [this] { simulator_.RunTimers(); })) {}
  ~EbsDriverTest() override {
    drivers_.clear();
    simulator_.EndTimers();
    timers_.join();
  }

  static ec2sim::Options SimOptions() {
    ec2sim::Options options;
    options.check_signatures = false;
    return options;
  }
  std::string Launch(const std::string& id, const std::string& zone = "us-east-1a") {
    ec2sim::InstanceSpec spec;
    spec.instance.id = id;
    spec.instance.zone = zone;
    EXPECT_TRUE(simulator_.AddInstance(spec).ok());
    return id;
  }
  EbsOptions OptionsFor(const std::string& instance, const std::string& zone = "us-east-1a") {
    EbsOptions options;
    options.service = "ebs";
    options.instance = instance;
    options.zone = zone;
    options.region = "us-east-1";
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    options.device_root = "/nonexistent";
    options.pace = {.first = milliseconds(20), .most = milliseconds(100)};
    options.consistency = seconds(2);
    return options;
  }
  StorageDriver& DriverOf(const EbsOptions& options, std::shared_ptr<Cloud> cloud = nullptr) {
    drivers_.push_back(MakeEbsDriver(
        options, {}, transport_, [](const std::string&) { return std::nullopt; }, std::move(cloud)));
    return *drivers_.back();
  }
  StorageDriver& NewNode(const std::string& id) { return DriverOf(OptionsFor(Launch(id))); }
  CallContext In(Duration wait) { return {Deadline::After(clock_, wait)}; }
  CreateSpec Spec(const std::string& name, uint64_t gib = 1) {
    CreateSpec spec;
    spec.name = name;
    spec.size = gib * kGiB;
    return spec;
  }
  std::string Make(StorageDriver& driver, const std::string& name) {
    const absl::StatusOr<Volume> made = driver.Create(In(seconds(60)), Spec(name));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->key.id : "";
  }
  void Fault(const std::string& action, ec2sim::Fault::Kind kind, int times = 1) {
    ec2sim::Fault fault;
    fault.action = action;
    fault.kind = kind;
    fault.times = times;
    simulator_.AddFault(fault);
  }

  Clock& clock_ = SystemClock::Get();
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::vector<std::unique_ptr<StorageDriver>> drivers_;
  std::thread timers_;
};

TEST_F(EbsDriverTest, SnapshotsAndCopies) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  const std::string id = Make(driver, "source");
  ASSERT_TRUE(driver.ClearBlankMark(In(seconds(60)), id).ok());
  SnapshotSpec spec;
  spec.name = "before";
  spec.description = "why";
  spec.tags = {{"k", "v"}};
  Fault("CreateSnapshot", ec2sim::Fault::Kind::kCutShort);  // made, and the answer is lost
  absl::StatusOr<Snapshot> cut = driver.CreateSnapshot(In(seconds(60)), id, spec);
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(cut->name, "before");
  EXPECT_EQ(cut->description, "why");
  EXPECT_EQ(cut->tags.at("k"), "v");
  EXPECT_TRUE(cut->created_by_us);
  EXPECT_THAT(simulator_.Snapshots(), SizeIs(1)) << "one, though it was asked for twice";

  absl::StatusOr<Volume> copy = absl::UnknownError("");
  while (true) {
    CreateSpec restore = Spec("restored", 2);
    restore.source_snapshot = cut->id;
    copy = driver.Create(In(seconds(60)), restore);
    if (!absl::IsFailedPrecondition(copy.status())) break;  // not completed yet
    std::this_thread::yield();
  }
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->size, 2 * kGiB);
  EXPECT_TRUE(copy->needs_new_uuid);
  EXPECT_FALSE(copy->blank);
  ASSERT_TRUE(driver.ClearUuidMark(In(seconds(60)), copy->key.id).ok());
  EXPECT_FALSE(driver.Get(In(seconds(60)), copy->key.id)->needs_new_uuid);

  CreateSpec clone;
  clone.name = "clone";
  clone.source_volume = id;
  copy = driver.Create(In(seconds(60)), clone);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->size, kGiB);
  EXPECT_TRUE(copy->needs_new_uuid);
  const absl::StatusOr<std::vector<Snapshot>> listed = driver.ListSnapshots(In(seconds(60)));
  ASSERT_TRUE(listed.ok());
  ASSERT_THAT(*listed, SizeIs(1)) << "the temporary one is gone";
  EXPECT_EQ(listed->front().status, SnapshotStatus::kCompleted);
  EXPECT_TRUE(driver.RemoveSnapshot(In(seconds(60)), cut->id).ok());
  EXPECT_TRUE(driver.RemoveSnapshot(In(seconds(60)), cut->id).ok());
  EXPECT_THAT(*driver.ListSnapshots(In(seconds(60))), IsEmpty());
  clone.name = "none";
  clone.source_volume = "vol-0123456789abcdef0";
  EXPECT_TRUE(absl::IsNotFound(driver.Create(In(seconds(60)), clone).status()));
}

TEST_F(EbsDriverTest, ModifyIsOneCallAndTheLimitSaysUntilWhen) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  const std::string id = Make(driver, "vol");
  simulator_.ResetCounts();
  ModifySpec spec;
  spec.size = 8 * kGiB;
  spec.iops = 4000;
  absl::StatusOr<Volume> changed = driver.Modify(In(seconds(60)), id, spec);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->size, 8 * kGiB);
  EXPECT_EQ(changed->iops, 4000u);
  EXPECT_TRUE(driver.Modify(In(seconds(60)), id, spec).ok()) << "it is so already";
  EXPECT_EQ(simulator_.Counts()["ModifyVolume"].calls, 1);
  simulator_.ChangeOptions([](ec2sim::Options& options) { options.modifications_per_day = 1; });
  absl::Status refused = driver.Grow(In(seconds(60)), id, 9 * kGiB).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), ::testing::ContainsRegex("20[0-9][0-9]-.*T.*Z")) << "a time";
  spec.size = kGiB;
  EXPECT_TRUE(absl::IsInvalidArgument(driver.Modify(In(seconds(60)), id, spec).status()));
}

TEST_F(EbsDriverTest, TwoHostsThatRaceMakeOneVolume) {
  StorageDriver& a = NewNode("i-0000000000000000a");
  StorageDriver& b = NewNode("i-0000000000000000b");
  simulator_.ChangeOptions([](ec2sim::Options& options) {
    options.volume_view_lag = milliseconds(300);
    options.flicker = true;
  });
  for (int round = 0; round < 5; ++round) {
    const std::string name = fmt::format("race{}", round);
    std::thread other([&] { (void)b.Create(In(seconds(60)), Spec(name)); });
    (void)a.Create(In(seconds(60)), Spec(name));
    other.join();
  }
  int named = 0;
  for (const auto& [id, volume] : simulator_.Volumes()) named += volume.tags.contains("Name") ? 1 : 0;
  EXPECT_EQ(named, 5);
}

TEST_F(EbsDriverTest, ABadKmsKeyIsReportedAndLeavesNothing) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  CreateSpec spec = Spec("secret");
  spec.encrypted = true;
  spec.kms_key = "arn:aws:kms:us-east-1:1:key/disabled";
  const absl::Status status = driver.Create(In(seconds(60)), spec).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("key/disabled"));
  EXPECT_TRUE(driver.Create(In(seconds(60)), Spec("secret")).ok()) << "the name is free";
}

TEST_F(EbsDriverTest, AFullNodeSaysSoBeforehand) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  std::vector<std::string> ids;
  for (int i = 0; i < 27; ++i) ids.push_back(Make(driver, fmt::format("vol{}", i)));
  absl::Status last;
  int attached = 0;
  for (const std::string& id : ids) {
    last = driver.Attach(In(seconds(60)), id, {}).status();
    attached += last.ok() ? 1 : 0;
  }
  EXPECT_EQ(attached, 26) << "the root volume has a slot, too";
  EXPECT_TRUE(absl::IsResourceExhausted(last)) << last;
  EXPECT_THAT(std::string(MessageOf(last)), HasSubstr("node full: 27 of 27"));
  EXPECT_EQ(simulator_.Counts()["AttachVolume"].calls, 26);
}

TEST_F(EbsDriverTest, NamesThatTheAmiTookAreRemembered) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  ASSERT_TRUE(simulator_.SetDeviceNames("i-0000000000000000a", {}, {"/dev/xvdaa", "/dev/xvdab"}).ok());
  for (const char* name : {"one", "two"}) {
    EXPECT_TRUE(driver.Attach(In(seconds(60)), Make(driver, name), {}).ok());
  }
  EXPECT_EQ(simulator_.Counts()["AttachVolume"].calls, 4);
}

TEST_F(EbsDriverTest, OtherZonesAndNamelessVolumesAreNotListedAndTheirNamesAreTaken) {
  StorageDriver& a = NewNode("i-0000000000000000a");
  StorageDriver& b = DriverOf(OptionsFor(Launch("i-0000000000000000b", "us-east-1b"), "us-east-1b"));
  const std::string id = Make(a, "here");
  EXPECT_THAT(b.List(In(seconds(60)))->value, IsEmpty());
  EXPECT_THAT(a.List(In(seconds(60)))->value, SizeIs(1)) << "the root volume has no name";
  EXPECT_TRUE(absl::IsAlreadyExists(b.Create(In(seconds(60)), Spec("here")).status()));
  const absl::Status refused = b.Attach(In(seconds(60)), id, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("us-east-1b"));
}

TEST_F(EbsDriverTest, SetsSeeTheirOwnAndAdoptTakesWhatHasNone) {
  EbsOptions options = OptionsFor(Launch("i-0000000000000000a"));
  StorageDriver& plain = DriverOf(options);
  options.set = "prod";
  StorageDriver& prod = DriverOf(options);
  const std::string id = Make(prod, "mine");
  EXPECT_EQ(simulator_.Volumes()[id].tags["rexraySet"], "prod");
  const std::string other = Make(plain, "other");
  EXPECT_THAT(prod.List(In(seconds(60)))->value, SizeIs(1));
  EXPECT_TRUE(absl::IsNotFound(prod.Get(In(seconds(60)), other).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(prod.Adopt(In(seconds(60)), other).status()));
  auto foreign = simulator_.Call(
      ec2sim::ApiRequest("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}}));
  ASSERT_TRUE(foreign.ok());
  std::string foreign_id;
  for (const auto& [key, volume] : simulator_.Volumes()) {
    if (volume.tags.empty() && volume.attachments.empty()) foreign_id = key;
  }
  EXPECT_FALSE(plain.Get(In(seconds(60)), foreign_id)->created_by_us);
  absl::StatusOr<Volume> adopted = prod.Adopt(In(seconds(60)), foreign_id);
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  EXPECT_TRUE(adopted->created_by_us);
}

TEST_F(EbsDriverTest, HolderStates) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  Launch("i-0000000000000000b");
  EXPECT_EQ(*driver.StateOfHolder(In(seconds(60)), "i-0000000000000000b"), HolderState::kRunning);
  ASSERT_TRUE(simulator_.Terminate("i-0000000000000000b").ok());
  HolderState state = HolderState::kRunning;
  while (state == HolderState::kRunning)
    state = *driver.StateOfHolder(In(seconds(60)), "i-0000000000000000b");
  EXPECT_EQ(state, HolderState::kGone);
  EXPECT_EQ(*driver.StateOfHolder(In(seconds(60)), "i-0123456789abcdef0"), HolderState::kGone);
}

TEST_F(EbsDriverTest, DoctorNamesTheMissingAction) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  for (const char* action : {"AttachVolume", "CreateSnapshot"}) {
    ec2sim::Fault fault;
    fault.action = action;
    fault.code = "UnauthorizedOperation";
    fault.message = "You are not authorized to perform this operation.";
    fault.times = 0;
    simulator_.AddFault(fault);
  }
  std::string evidence;
  for (const Diagnosis& one : driver.Diagnose(In(seconds(60)))) {
    if (one.check == "IAM permissions") evidence = one.evidence;
  }
  EXPECT_THAT(evidence, HasSubstr("ec2:AttachVolume"));
  EXPECT_THAT(evidence, HasSubstr("ec2:CreateSnapshot"));
  EXPECT_THAT(evidence, ::testing::Not(HasSubstr("DeleteVolume")));
}

TEST_F(EbsDriverTest, AHundredAttachesOnTenNodesAreAHundredCallsAndOnePollForAll) {
  simulator_.ChangeOptions([](ec2sim::Options& options) {
    options.attach = options.attach_report = {milliseconds(150), milliseconds(300)};
    options.throttle_scale = 0;
  });
  Cloud::Options cloud_options;
  cloud_options.caller.region = "us-east-1";
  cloud_options.caller.endpoint = "http://ec2";
  cloud_options.pace = {.first = milliseconds(100), .most = milliseconds(100)};
  auto credentials = std::make_shared<CredentialChain>(
      clock_, std::vector<CredentialSource>{ConfiguredCredentials("AKIDEXAMPLE", Secret("s"), Secret())});
  auto cloud = std::make_shared<Cloud>(clock_, transport_, credentials, cloud_options);
  std::vector<StorageDriver*> nodes;
  for (int i = 0; i < 10; ++i) {
    nodes.push_back(&DriverOf(OptionsFor(Launch(fmt::format("i-000000000000000{:02}", i))), cloud));
  }
  std::vector<std::string> ids(100);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ids.size(); ++i) {
    threads.emplace_back([&, i] { ids[i] = Make(*nodes[0], fmt::format("vol{}", i)); });
  }
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  simulator_.ResetCounts();
  const TimePoint begun = clock_.Now();
  std::atomic<int> attached{0};
  for (size_t i = 0; i < ids.size(); ++i) {
    threads.emplace_back([&, i] {
      StorageDriver& node = *nodes[i % nodes.size()];
      const absl::Status asked = node.Attach(In(seconds(60)), ids[i], {}).status();
      EXPECT_TRUE(asked.ok()) << asked;
      const absl::Status waited =
          cloud->volume_poll().Wait(ids[i], "the attachment", Deadline::After(clock_, seconds(60)),
                                    [](const Ec2Volume* seen) -> std::optional<absl::Status> {
                                      const bool done = seen != nullptr && !seen->attachments.empty() &&
                                                        seen->attachments[0].state == "attached";
                                      return done ? std::optional(absl::OkStatus()) : std::nullopt;
                                    });
      attached += waited.ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto intervals = static_cast<int>((clock_.Now() - begun) / milliseconds(100)) + 1;
  EXPECT_EQ(attached, 100);
  auto counts = simulator_.Counts();
  EXPECT_EQ(counts["AttachVolume"].calls, 100);
  // Before the attaches look-ups of 10 ms share a call; then one poll for each interval. On a slow machine
  // the hundred threads come late, and then in more batches.
  EXPECT_LE(counts["DescribeVolumes"].calls, 2 * intervals + 10);
  EXPECT_LE(counts["DescribeInstances"].calls, 2 * intervals + 10);
}

TEST_F(EbsDriverTest, FiveThousandVolumesAreAFewPagesForAnyNumberOfCallers) {
  StorageDriver& driver = NewNode("i-0000000000000000a");
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(simulator_
                    .Call(ec2sim::ApiRequest("CreateVolume",
                                             {{"AvailabilityZone", "us-east-1a"},
                                              {"Size", "1"},
                                              {"TagSpecification.1.ResourceType", "volume"},
                                              {"TagSpecification.1.Tag.1.Key", "Name"},
                                              {"TagSpecification.1.Tag.1.Value", fmt::format("v{}", i)}}))
                    .ok());
  }
  simulator_.ResetCounts();
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(driver.List(In(seconds(100)))->value.size(), 5000u); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(simulator_.Counts()["DescribeVolumes"].calls, 10);
}

}  // namespace
}  // namespace rexray::drivers::ebs
