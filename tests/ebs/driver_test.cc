// The driver where EC2 hurts. No devices: states and counts alone, so these need no root.

#include <thread>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "ebs/driver_fixture.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  const absl::StatusOr<Aged<std::vector<Volume>>> everything = b.ListEverything(In(seconds(60)));
  ASSERT_TRUE(everything.ok()) << everything.status();
  ASSERT_THAT(everything->value, SizeIs(3)) << "with the root volumes";
  EXPECT_EQ(everything->value[0].name, "");
  EXPECT_EQ(everything->value[2].name, "here");
  EXPECT_EQ(everything->value[2].zone, "us-east-1a");
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

}  // namespace
}  // namespace rexray::drivers::ebs
