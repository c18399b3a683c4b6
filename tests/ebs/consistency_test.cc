// Views that lag, and answers that are lost: what one view does not know is there all the same, and what was
// asked for once is done once.

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

class ConsistencyTest : public EbsDriverTest {
 protected:
  ConsistencyTest() : a_(NewNode(kA)), b_(NewNode(kB)) {}

  void Lag(Duration lag) {
    simulator_.ChangeOptions([&](ec2sim::Options& options) { options.volume_view_lag = lag; });
  }
  void FailAll(const std::string& action) {
    ec2sim::Fault fault;
    fault.action = action;
    fault.kind = ec2sim::Fault::Kind::kUnavailable;
    fault.times = 0;
    simulator_.AddFault(fault);
  }
  /// Past the driver, as another node does.
  std::string MakeElsewhere() {
    const auto made = simulator_.Call(ec2sim::ApiRequest(
        "CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}, {"ClientToken", "elsewhere"}}));
    EXPECT_TRUE(made.ok()) << made.status();
    return VolumeIdIn(*made);
  }
  bool IsThere(const std::string& id) {
    const auto volumes = simulator_.Volumes();
    const auto found = volumes.find(id);
    return found != volumes.end() && found->second.state != "deleting";
  }

  static constexpr char kA[] = "i-0000000000000000a";
  static constexpr char kB[] = "i-0000000000000000b";
  StorageDriver& a_;
  StorageDriver& b_;
};

TEST_F(ConsistencyTest, WhatAnotherNodeMadeAMomentAgoIsRemovedAndNotOnlySaidToBe) {
  Lag(milliseconds(500));
  const std::string id = MakeElsewhere();
  ASSERT_TRUE(absl::IsNotFound(b_.Get(In(seconds(60)), id).status())) << "this view is behind";
  EXPECT_TRUE(b_.Remove(In(seconds(60)), id).ok());
  EXPECT_FALSE(IsThere(id));
}

TEST_F(ConsistencyTest, WhatNoViewKnowsIsGoneAndIsAskedForOnce) {
  EXPECT_TRUE(b_.Remove(In(seconds(60)), "vol-0123456789abcdef0").ok());
  const int calls = simulator_.Counts()["DescribeVolumes"].calls;
  EXPECT_TRUE(b_.Remove(In(seconds(60)), "vol-0123456789abcdef0").ok());
  EXPECT_LE(simulator_.Counts()["DescribeVolumes"].calls, calls + 1);
  const absl::Status late = b_.Remove(In(milliseconds(200)), "vol-0123456789abcdef1");
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << "not proven: " << late;
}

TEST_F(ConsistencyTest, AVolumeOfAnotherSetIsNotSaidToBeRemoved) {
  EbsOptions options = OptionsFor(kA);
  options.set = "prod";
  StorageDriver& prod = DriverOf(options);
  const std::string id = Make(a_, "theirs");
  const absl::Status refused = prod.Remove(In(seconds(60)), id);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("\"theirs\""));
  EXPECT_TRUE(IsThere(id));
}

TEST_F(ConsistencyTest, AnAttachmentThatThisViewDoesNotShowIsUndone) {
  const std::string id = Make(a_, "vol");
  Lag(milliseconds(500));
  while (!b_.Get(In(seconds(60)), id).ok()) {  // until the view knows the volume, and not yet what comes now
  }
  ASSERT_TRUE(simulator_
                  .Call(ec2sim::ApiRequest("AttachVolume",
                                           {{"VolumeId", id}, {"InstanceId", kA}, {"Device", "/dev/xvdba"}}))
                  .ok());
  ASSERT_THAT(b_.Get(In(seconds(60)), id)->attachments, IsEmpty()) << "this view is behind";
  ASSERT_TRUE(b_.Detach(In(seconds(60)), id, kA, false).ok());
  while (true) {
    const ec2sim::Volume volume = simulator_.Volumes().at(id);
    if (volume.attachments.empty()) break;
    ASSERT_EQ(volume.attachments[0].state, "detaching") << "EC2 has accepted, and is at it";
  }
  EXPECT_TRUE(b_.Detach(In(seconds(60)), id, kA, false).ok()) << "of what is not attached";
}

TEST_F(ConsistencyTest, ASnapshotWhoseAnswerWasLostIsTheOneThatARepeatGets) {
  const std::string id = Make(a_, "vol");
  Lag(milliseconds(300));
  Fault("CreateSnapshot", ec2sim::Fault::Kind::kCutShort);
  FailAll("DescribeSnapshots");
  SnapshotSpec spec;
  spec.name = "nightly";
  const absl::Status lost = a_.CreateSnapshot(In(seconds(1)), id, spec).status();
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  EXPECT_THAT(std::string(MessageOf(lost)), HasSubstr("not known whether a snapshot was made"));
  ASSERT_THAT(simulator_.Snapshots(), SizeIs(1));
  simulator_.ClearFaults();
  const absl::StatusOr<Snapshot> repeated = a_.CreateSnapshot(In(seconds(60)), id, spec);
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_EQ(repeated->id, simulator_.Snapshots().begin()->first);
  EXPECT_THAT(simulator_.Snapshots(), SizeIs(1));
  spec.name = "weekly";
  EXPECT_TRUE(a_.CreateSnapshot(In(seconds(60)), id, spec).ok());
  EXPECT_THAT(simulator_.Snapshots(), SizeIs(2)) << "another name is another request";
}

TEST_F(ConsistencyTest, ASnapshotThatIsMadeAndNotShownInTimeIsMade) {
  const std::string id = Make(a_, "vol");
  FailAll("DescribeSnapshots");
  SnapshotSpec spec;
  spec.name = "nightly";
  const absl::StatusOr<Snapshot> made = a_.CreateSnapshot(In(seconds(1)), id, spec);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->id, simulator_.Snapshots().begin()->first);
}

TEST_F(ConsistencyTest, ACopyWhoseTemporarySnapshotsAnswerWasLostLeavesNone) {
  const std::string id = Make(a_, "vol");
  Lag(milliseconds(300));
  Fault("CreateSnapshot", ec2sim::Fault::Kind::kCutShort);
  Fault("DescribeSnapshots", ec2sim::Fault::Kind::kError);  // until the caller's time is over
  CreateSpec copy;
  copy.name = "copy";
  copy.source_volume = id;
  EXPECT_FALSE(a_.Create(In(milliseconds(100)), copy).ok());
  EXPECT_THAT(simulator_.Snapshots(), IsEmpty());
}

TEST_F(ConsistencyTest, AModificationWhoseAnswerWasLostIsJoined) {
  simulator_.ChangeOptions([](ec2sim::Options& options) {
    options.optimize = {seconds(600), seconds(600)};  // so that EC2 refuses another one
  });
  const std::string id = Make(a_, "vol");
  Fault("ModifyVolume", ec2sim::Fault::Kind::kCutShort);
  const absl::StatusOr<Volume> grown = a_.Grow(In(seconds(60)), id, 2 * kGiB);
  ASSERT_TRUE(grown.ok()) << grown.status();
  EXPECT_EQ(grown->size, 2 * kGiB);
  const absl::Status other = a_.Grow(In(seconds(60)), id, 3 * kGiB).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_THAT(std::string(MessageOf(other)), HasSubstr("\"optimizing\", 50 % done"));
}

TEST_F(ConsistencyTest, AChangeThatThisViewHasNotHeardOfIsUndoneAndNotOnlySaidToBe) {
  const std::string id = Make(a_, "vol");
  ASSERT_EQ(simulator_.Volumes().at(id).throughput, 125);
  Lag(milliseconds(500));
  while (!b_.Get(In(seconds(60)), id).ok()) {
  }
  ASSERT_TRUE(
      simulator_.Call(ec2sim::ApiRequest("ModifyVolume", {{"VolumeId", id}, {"Throughput", "200"}})).ok());
  while (simulator_.Volumes().at(id).throughput != 200) simulator_.Settle();
  ASSERT_EQ(b_.Get(In(seconds(60)), id)->throughput, 125u) << "this view is behind";
  ModifySpec spec;
  spec.throughput = 125;
  const absl::StatusOr<Volume> modified = b_.Modify(In(seconds(60)), id, spec);
  ASSERT_TRUE(modified.ok()) << modified.status();
  EXPECT_EQ(simulator_.Volumes().at(id).throughput, 125);
}

}  // namespace
}  // namespace rexray::drivers::ebs
