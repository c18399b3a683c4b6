// Attach and detach as the API sees them (no devices), and instances that stop.

#include "ec2sim/region_fixture.h"

namespace rexray::ec2sim {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

class AttachmentsTest : public RegionTest {
 protected:
  std::string AttachFailure(const std::string& volume, const std::string& instance,
                            const std::string& device) {
    return Failure("AttachVolume", {{"VolumeId", volume}, {"InstanceId", instance}, {"Device", device}});
  }
  std::string AttachmentState(const std::string& volume) {
    const auto attachments = simulator_.Volumes().at(volume).attachments;
    return attachments.empty() ? "none" : attachments.front().state;
  }
};

TEST_F(AttachmentsTest, AttachingThenAttachedThenDetachingThenAvailable) {
  const std::string instance = Instance();
  const std::string volume = Volume();
  EXPECT_EQ(AttachFailure(volume, instance, "/dev/xvdba"), "");
  EXPECT_EQ(StateOf(volume), "in-use");
  EXPECT_EQ(AttachmentState(volume), "attaching");
  Pass();
  EXPECT_EQ(AttachmentState(volume), "attached");
  EXPECT_EQ(Failure("DeleteVolume", {{"VolumeId", volume}}), "VolumeInUse");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "");
  EXPECT_EQ(AttachmentState(volume), "detaching");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "IncorrectState");
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "IncorrectState");
}

TEST_F(AttachmentsTest, TheChecksOfAttach) {
  InstanceSpec elsewhere;
  elsewhere.instance.zone = "us-east-1b";
  const std::string near = Instance();
  const std::string far = Instance(elsewhere);
  const std::string volume = Volume();
  EXPECT_EQ(AttachFailure("vol-0dead", near, "/dev/xvdba"), "InvalidVolume.NotFound");
  EXPECT_EQ(AttachFailure("pgdata", near, "/dev/xvdba"), "InvalidVolumeID.Malformed");
  EXPECT_EQ(AttachFailure(volume, "i-0dead", "/dev/xvdba"), "InvalidInstanceID.NotFound");
  EXPECT_EQ(AttachFailure(volume, "worker", "/dev/xvdba"), "InvalidInstanceID.Malformed");
  EXPECT_EQ(AttachFailure(volume, far, "/dev/xvdba"), "InvalidVolume.ZoneMismatch");
  EXPECT_EQ(AttachFailure(volume, near, "/dev/nvme1n1"), "InvalidParameterValue");
  EXPECT_EQ(AttachFailure(volume, near, "/dev/xvdea"), "InvalidParameterValue");
  EXPECT_EQ(AttachFailure(volume, near, "/dev/xvda"), "InvalidParameterValue");  // the root volume's
  Attach(volume, near, "/dev/xvdba");
  EXPECT_EQ(AttachFailure(volume, near, "/dev/xvdbb"), "VolumeInUse");
  EXPECT_EQ(AttachFailure(volume, far, "/dev/xvdba"), "VolumeInUse");
  EXPECT_EQ(AttachFailure(Volume(), near, "/dev/xvdba"), "InvalidParameterValue");
  ASSERT_TRUE(simulator_.Terminate(near).ok());
  EXPECT_EQ(AttachFailure(Volume(), near, "/dev/xvdbc"), "IncorrectState");
}

TEST_F(AttachmentsTest, AnInstanceHasALimit) {
  InstanceSpec spec;
  spec.instance.type = "d3.8xlarge";  // 3, of which the root volume is one
  const std::string instance = Instance(spec);
  Attach(Volume(), instance, "/dev/xvdba");
  Attach(Volume(), instance, "/dev/xvdbb");
  const std::string volume = Volume();
  EXPECT_EQ(AttachFailure(volume, instance, "/dev/xvdbc"), "AttachmentLimitExceeded");
  EXPECT_EQ(StateOf(volume), "available");
  // Older instances say nothing, and hang.
  simulator_.ChangeOptions([](Options& options) { options.full_instance_hangs = true; });
  Attach(volume, instance, "/dev/xvdbc");
  Pass(hours(1));
  EXPECT_EQ(AttachmentState(volume), "attaching");
}

TEST_F(AttachmentsTest, ABadNameHangsAndAMappedNameIsTaken) {
  const std::string instance = Instance();
  ASSERT_TRUE(simulator_.SetDeviceNames(instance, {"/dev/xvdba"}, {"/dev/xvdbb"}).ok());
  const std::string volume = Volume();
  EXPECT_EQ(AttachFailure(volume, instance, "/dev/xvdbb"), "InvalidParameterValue");
  EXPECT_EQ(AttachFailure(volume, instance, "/dev/xvdba"), "");
  Pass(hours(1));
  EXPECT_EQ(AttachmentState(volume), "attaching");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "");
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
  Attach(volume, instance, "/dev/xvdbc");
  EXPECT_EQ(AttachmentState(volume), "attached");
}

TEST_F(AttachmentsTest, DetachNamesItsAttachment) {
  const std::string instance = Instance();
  const std::string other = Instance();
  const std::string volume = Volume();
  Attach(volume, instance, "/dev/xvdba");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}, {"InstanceId", other}}),
            "InvalidAttachment.NotFound");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}, {"Device", "/dev/xvdbb"}}),
            "InvalidAttachment.NotFound");
  EXPECT_EQ(AttachmentState(volume), "attached");
}

TEST_F(AttachmentsTest, ARootVolumeStaysOnARunningInstance) {
  const std::string instance = Instance();
  const std::string root = simulator_.Volumes().begin()->first;
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", root}}), "OperationNotPermitted");
}

TEST_F(AttachmentsTest, AStoppedInstanceKeepsItsVolumesATerminatedOneDoesNot) {
  const std::string instance = Instance();
  const std::string root = simulator_.Volumes().begin()->first;
  const std::string volume = Volume();
  Attach(volume, instance, "/dev/xvdba");
  ASSERT_TRUE(simulator_.Stop(instance).ok());
  Pass();
  EXPECT_EQ(simulator_.Instances().at(instance).state, "stopped");
  EXPECT_EQ(AttachmentState(volume), "attached");
  EXPECT_FALSE(simulator_.Stop(instance).ok());
  ASSERT_TRUE(simulator_.Start(instance).ok());
  Pass();
  EXPECT_EQ(simulator_.Instances().at(instance).state, "running");
  ASSERT_TRUE(simulator_.Terminate(instance).ok());
  Pass();
  EXPECT_EQ(StateOf(volume), "available");
  EXPECT_EQ(StateOf(root), "gone");
  EXPECT_THAT(*Call("DescribeInstances"), HasSubstr("terminated"));
  Pass(hours(2));
  EXPECT_EQ(Failure("DescribeInstances", {{"InstanceId.1", instance}}), "InvalidInstanceID.NotFound");
}

TEST_F(AttachmentsTest, MultiAttachIsForTheTypesThatHaveIt) {
  EXPECT_EQ(Failure("CreateVolume", {{"AvailabilityZone", "us-east-1a"},
                                     {"Size", "1"},
                                     {"VolumeType", "gp3"},
                                     {"MultiAttachEnabled", "true"}}),
            "InvalidParameterCombination");
  const std::string volume =
      Volume({{"Size", "4"}, {"VolumeType", "io2"}, {"Iops", "100"}, {"MultiAttachEnabled", "true"}});
  const std::string a = Instance();
  const std::string b = Instance();
  Attach(volume, a, "/dev/xvdba");
  Attach(volume, b, "/dev/xvdba");
  EXPECT_EQ(simulator_.Volumes().at(volume).attachments.size(), 2);
  EXPECT_EQ(AttachFailure(volume, a, "/dev/xvdbb"), "VolumeInUse");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}}), "InvalidParameterCombination");
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", volume}, {"InstanceId", a}}), "");
  Pass();
  EXPECT_EQ(StateOf(volume), "in-use");
}

}  // namespace
}  // namespace rexray::ec2sim
