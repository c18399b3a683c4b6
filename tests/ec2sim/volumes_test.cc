// Volumes, client tokens, paging, views that lag, throttling.

#include <set>

#include "ec2sim/region_fixture.h"

namespace rexray::ec2sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class VolumesTest : public RegionTest {};

TEST_F(VolumesTest, AVolumeIsCreatingBeforeItIsAvailable) {
  const auto made = Call("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "3"}});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(Element(*made, "status"), "creating");
  EXPECT_EQ(Element(*made, "volumeType"), "gp2");  // the API's default
  const std::string id = Element(*made, "volumeId");
  EXPECT_EQ(Failure("DeleteVolume", {{"VolumeId", id}}), "IncorrectState");
  Pass();
  EXPECT_EQ(StateOf(id), "available");
  EXPECT_EQ(Failure("DeleteVolume", {{"VolumeId", id}}), "");
  EXPECT_EQ(StateOf(id), "deleting");
  Pass();
  EXPECT_EQ(StateOf(id), "gone");
  EXPECT_EQ(Failure("DescribeVolumes", {{"VolumeId.1", id}}), "InvalidVolume.NotFound");
}

TEST_F(VolumesTest, WhatATypeDoesNotTakeIsRefused) {
  const auto create = [&](Parameters parameters) {
    parameters.try_emplace("AvailabilityZone", "us-east-1a");
    return Failure("CreateVolume", std::move(parameters));
  };
  EXPECT_EQ(create({}), "MissingParameter");
  EXPECT_EQ(create({{"Size", "0"}}), "InvalidParameterValue");
  EXPECT_EQ(create({{"Size", "one"}}), "InvalidParameterValue");
  EXPECT_EQ(create({{"Size", "1"}, {"VolumeType", "gp9"}}), "UnknownVolumeType");
  EXPECT_EQ(create({{"Size", "124"}, {"VolumeType", "st1"}}), "InvalidParameterValue");
  EXPECT_EQ(create({{"Size", "10"}, {"VolumeType", "io2"}}), "MissingParameter");
  EXPECT_EQ(create({{"Size", "10"}, {"VolumeType", "gp2"}, {"Iops", "3000"}}), "InvalidParameterCombination");
  EXPECT_EQ(create({{"Size", "1"}, {"VolumeType", "gp3"}, {"Iops", "3001"}}), "InvalidParameterCombination");
  EXPECT_EQ(create({{"Size", "1"}, {"VolumeType", "gp3"}, {"Throughput", "751"}}), "InvalidParameterValue");
  EXPECT_EQ(create({{"Size", "1"}, {"AvailabilityZone", "us-east-1z"}}), "InvalidZone.NotFound");
  EXPECT_EQ(create({{"Size", "1"}, {"KmsKeyId", "alias/aws/ebs"}}), "InvalidParameterDependency");
  EXPECT_EQ(create({{"SnapshotId", "snap-0123"}}), "InvalidSnapshot.NotFound");
  EXPECT_TRUE(simulator_.Volumes().empty());
  // How a client finds the ceiling of its account.
  const auto ceiling = Call("CreateVolume", {{"AvailabilityZone", "us-east-1a"},
                                             {"Size", "65536"},
                                             {"VolumeType", "gp3"},
                                             {"Iops", "2147483647"},
                                             {"DryRun", "true"}});
  EXPECT_THAT(std::string(ceiling.status().message()), HasSubstr("maximum is 80000"));
}

TEST_F(VolumesTest, ADryRunChangesNothing) {
  EXPECT_EQ(Failure("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}, {"DryRun", "true"}}),
            "DryRunOperation");
  EXPECT_TRUE(simulator_.Volumes().empty());
  const std::string id = Volume();
  EXPECT_EQ(Failure("DeleteVolume", {{"VolumeId", id}, {"DryRun", "true"}}), "DryRunOperation");
  EXPECT_EQ(StateOf(id), "available");
}

TEST_F(VolumesTest, AClientTokenMakesOneVolume) {
  const Parameters first = {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}, {"ClientToken", "abc"}};
  const std::string id = Volume(first);
  EXPECT_EQ(Volume(first), id);
  EXPECT_EQ(simulator_.Volumes().size(), 1);
  Parameters other = first;
  other["Size"] = "2";
  EXPECT_EQ(Failure("CreateVolume", other), "IdempotentParameterMismatch");
  other = first;
  other["ClientToken"] = std::string(65, 'x');
  EXPECT_EQ(Failure("CreateVolume", other), "InvalidParameterValue");
}

TEST_F(VolumesTest, ATokenOfADeletedVolumeStaysBurned) {
  const Parameters parameters = {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}, {"ClientToken", "abc"}};
  const std::string id = Volume(parameters);
  EXPECT_EQ(Failure("DeleteVolume", {{"VolumeId", id}}), "");
  Pass();
  EXPECT_EQ(Volume(parameters), id);  // answered, not made
  EXPECT_EQ(StateOf(id), "gone");
  Pass(hours(25));
  EXPECT_NE(Volume(parameters), id);
}

TEST_F(VolumesTest, ABadKeyFailsLaterAndBurnsTheToken) {
  const Parameters parameters = {{"AvailabilityZone", "us-east-1a"},
                                 {"Size", "1"},
                                 {"Encrypted", "true"},
                                 {"KmsKeyId", "alias/missing"},
                                 {"ClientToken", "abc"}};
  const auto made = Call("CreateVolume", parameters);
  ASSERT_TRUE(made.ok());  // it looks well at first
  const std::string id = Element(*made, "volumeId");
  Pass();
  EXPECT_EQ(StateOf(id), "gone");
  EXPECT_EQ(Failure("CreateVolume", parameters), "IdempotentParameterMismatch");

  simulator_.ChangeOptions([](Options& options) { options.bad_kms_vanishes = false; });
  Parameters again = parameters;
  again["ClientToken"] = "def";
  EXPECT_EQ(StateOf(Volume(again)), "error");
}

TEST_F(VolumesTest, PagesCoverEverythingOnce) {
  std::set<std::string> made;
  for (int i = 0; i < 23; ++i) made.insert(Volume());
  std::set<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    Parameters parameters = {{"MaxResults", "5"}};
    if (!token.empty()) parameters["NextToken"] = token;
    const auto page = Call("DescribeVolumes", parameters);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(CountOf(*page, "<volumeId>"), 5);
    for (const std::string& id : made) {
      if (page->find("<volumeId>" + id) == std::string::npos) continue;
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
    token = Element(*page, "nextToken");
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(pages, 5);
}

TEST_F(VolumesTest, PagesHaveBounds) {
  EXPECT_EQ(Failure("DescribeVolumes", {{"MaxResults", "4"}}), "InvalidParameterValue");
  EXPECT_EQ(Failure("DescribeVolumes", {{"MaxResults", "1001"}}), "InvalidParameterValue");
  EXPECT_EQ(Failure("DescribeVolumes", {{"MaxResults", "5"}, {"NextToken", "made-up"}}), "InvalidNextToken");
  const std::string instance = Instance();
  EXPECT_EQ(Failure("DescribeInstances", {{"InstanceId.1", instance}, {"MaxResults", "5"}}),
            "InvalidParameterCombination");
}

TEST_F(VolumesTest, FiltersAreAnded) {
  const std::string id = Volume({{"TagSpecification.1.ResourceType", "volume"},
                                 {"TagSpecification.1.Tag.1.Key", "Name"},
                                 {"TagSpecification.1.Tag.1.Value", "pgdata-7"}});
  Volume();
  const auto named = [&](const std::string& value, const std::string& status) {
    const auto found = Call("DescribeVolumes", {{"Filter.1.Name", "tag:Name"},
                                                {"Filter.1.Value.1", value},
                                                {"Filter.2.Name", "status"},
                                                {"Filter.2.Value.1", status}});
    return Element(found.value_or("error"), "volumeId");
  };
  EXPECT_EQ(named("pgdata-7", "available"), id);
  EXPECT_EQ(named("pg*-?", "available"), id);
  EXPECT_EQ(named("pgdata", "available"), "");
  EXPECT_EQ(named("pgdata-7", "in-use"), "");
  EXPECT_EQ(Failure("DescribeVolumes", {{"Filter.1.Name", "colour"}, {"Filter.1.Value.1", "red"}}),
            "InvalidParameterValue");
}

TEST_F(VolumesTest, OneUnknownIdFailsTheWholeCall) {
  const std::string id = Volume();
  const auto both = Call("DescribeVolumes", {{"VolumeId.1", id}, {"VolumeId.2", "vol-0dead"}});
  EXPECT_EQ(Ec2CodeOf(both.status()), "InvalidVolume.NotFound");
  EXPECT_THAT(std::string(both.status().message()), HasSubstr("vol-0dead"));
  EXPECT_EQ(Failure("DescribeVolumes", {{"VolumeId.1", "pgdata"}}), "InvalidVolumeID.Malformed");
}

TEST_F(VolumesTest, ANewVolumeIsUnknownForAWhileAndAViewLags) {
  simulator_.ChangeOptions([](Options& options) {
    options.volume_view_lag = seconds(2);
    options.instance_view_lag = seconds(4);
  });
  const std::string instance = Instance();
  const auto made = Call("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}});
  const std::string id = Element(*made, "volumeId");
  EXPECT_EQ(Failure("DescribeVolumes", {{"VolumeId.1", id}}), "InvalidVolume.NotFound");
  EXPECT_EQ(Failure("AttachVolume", {{"VolumeId", id}, {"InstanceId", instance}, {"Device", "/dev/xvdba"}}),
            "InvalidVolume.NotFound");
  Pass(seconds(3));
  Attach(id, instance, "/dev/xvdba");
  Pass();
  EXPECT_EQ(Failure("DetachVolume", {{"VolumeId", id}}), "");
  Pass(seconds(3));
  // DescribeVolumes knows that it is free, DescribeInstances does not yet.
  EXPECT_EQ(Element(*Call("DescribeVolumes", {{"VolumeId.1", id}}), "attachmentSet"), "");
  EXPECT_THAT(*Call("DescribeInstances"), HasSubstr(id));
  Pass();
  EXPECT_THAT(*Call("DescribeInstances"), testing::Not(HasSubstr(id)));
}

TEST_F(VolumesTest, AViewThatFlickersGoesBackAndForth) {
  simulator_.ChangeOptions([](Options& options) {
    options.volume_view_lag = hours(1);
    options.flicker = true;
  });
  const auto made = Call("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}});
  const std::string id = Element(*made, "volumeId");
  int known = 0;
  for (int i = 0; i < 40; ++i) known += Failure("DescribeVolumes", {{"VolumeId.1", id}}).empty() ? 1 : 0;
  EXPECT_GT(known, 0);
  EXPECT_LT(known, 40);
}

TEST_F(VolumesTest, QuotasAreKept) {
  simulator_.ChangeOptions([](Options& options) {
    options.volume_quota = 2;
    options.snapshot_quota = 1;
  });
  const std::string id = Volume();
  Volume();
  EXPECT_EQ(Failure("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}}),
            "VolumeLimitExceeded");
  EXPECT_EQ(Failure("CreateSnapshot", {{"VolumeId", id}}), "");
  EXPECT_EQ(Failure("CreateSnapshot", {{"VolumeId", id}}), "SnapshotLimitExceeded");
}

TEST_F(VolumesTest, TagsAreSetOverwrittenAndRemoved) {
  const std::string id = Volume();
  const auto tags = [&] { return simulator_.Volumes().at(id).tags; };
  EXPECT_EQ(Failure("CreateTags", {{"ResourceId.1", id}, {"Tag.1.Key", "a"}, {"Tag.1.Value", "1"}}), "");
  EXPECT_EQ(Failure("CreateTags", {{"ResourceId.1", id}, {"Tag.1.Key", "a"}, {"Tag.1.Value", "2"}}), "");
  EXPECT_EQ(tags(), (Tags{{"a", "2"}}));
  EXPECT_EQ(Failure("DeleteTags", {{"ResourceId.1", id}, {"Tag.1.Key", "a"}, {"Tag.1.Value", "1"}}), "");
  EXPECT_EQ(tags(), (Tags{{"a", "2"}}));  // another value: it stays
  EXPECT_EQ(Failure("DeleteTags", {{"ResourceId.1", id}, {"Tag.1.Key", "a"}}), "");
  EXPECT_EQ(tags(), Tags{});
  EXPECT_EQ(Failure("CreateTags", {{"ResourceId.1", id}, {"Tag.1.Key", "aws:x"}, {"Tag.1.Value", ""}}),
            "InvalidParameterValue");
  EXPECT_EQ(Failure("CreateTags", {{"ResourceId.1", id}, {"Tag.1.Key", std::string(129, 'k')}}),
            "InvalidParameterValue");
}

TEST_F(VolumesTest, AModificationGoesThroughItsStates) {
  simulator_.ChangeOptions([](Options& options) {
    options.modify = {seconds(2), seconds(2)};
    options.optimize = {hours(1), hours(1)};
  });
  const std::string id = Volume();
  const auto state = [&] {
    return Element(Call("DescribeVolumesModifications", {{"VolumeId.1", id}}).value_or(""),
                   "modificationState");
  };
  EXPECT_EQ(Failure("DescribeVolumesModifications", {{"VolumeId.1", id}}),
            "InvalidVolumeModification.NotFound");
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "8"}, {"Iops", "4000"}}), "");
  EXPECT_EQ(state(), "modifying");
  EXPECT_EQ(simulator_.Volumes().at(id).size, 1);
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "9"}}), "IncorrectModificationState");
  Pass(seconds(3));
  EXPECT_EQ(state(), "optimizing");
  EXPECT_EQ(simulator_.Volumes().at(id).size, 8);
  EXPECT_EQ(simulator_.Volumes().at(id).iops, 4000);
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "9"}}), "IncorrectModificationState");
  Pass(hours(1));
  EXPECT_EQ(state(), "completed");
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "4"}}), "InvalidParameterValue");
}

TEST_F(VolumesTest, FourModificationsADay) {
  const std::string id = Volume();
  for (int size = 2; size <= 5; ++size) {
    EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", std::to_string(size)}}), "");
    Pass(hours(1));
  }
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "6"}}), "VolumeModificationRateExceeded");
  Pass(hours(21));
  EXPECT_EQ(Failure("ModifyVolume", {{"VolumeId", id}, {"Size", "6"}}), "");
}

TEST_F(VolumesTest, ASnapshotIsPendingAndGrows) {
  simulator_.ChangeOptions([](Options& options) { options.snapshot = {seconds(40), seconds(40)}; });
  const std::string id = Volume({{"Size", "4"}});
  const auto made = Call("CreateSnapshot", {{"VolumeId", id}, {"Description", "before"}});
  const std::string snapshot = Element(*made, "snapshotId");
  EXPECT_EQ(Element(*made, "status"), "pending");
  const Parameters from = {{"AvailabilityZone", "us-east-1b"}, {"SnapshotId", snapshot}};
  EXPECT_EQ(Failure("CreateVolume", from), "IncorrectState");
  Pass(seconds(21));
  EXPECT_EQ(Element(*Call("DescribeSnapshots", {{"SnapshotId.1", snapshot}}), "progress"), "50%");
  Pass(seconds(20));
  const auto done =
      Call("DescribeSnapshots",
           {{"Owner.1", "self"}, {"Filter.1.Name", "status"}, {"Filter.1.Value.1", "completed"}});
  EXPECT_EQ(Element(*done, "snapshotId"), snapshot);
  EXPECT_EQ(Element(*Call("CreateVolume", from), "size"), "4");
  Parameters smaller = from;
  smaller["Size"] = "3";
  EXPECT_EQ(Failure("CreateVolume", smaller), "InvalidParameterValue");
  EXPECT_EQ(Failure("DeleteSnapshot", {{"SnapshotId", snapshot}}), "");
  EXPECT_EQ(Failure("DeleteSnapshot", {{"SnapshotId", snapshot}}), "InvalidSnapshot.NotFound");
}

TEST(ThrottleTest, TheDocumentedBuckets) {
  struct Case {
    ApiRequest request;
    int burst;
    int per_second;
  };
  const std::vector<Case> cases = {
      {ApiRequest("DescribeVolumes", {}), 50, 10},
      {ApiRequest("DescribeVolumes", {{"MaxResults", "500"}}), 100, 20},
      {ApiRequest("DescribeVolumes", {{"Filter.1.Name", "status"}}), 100, 20},
      {ApiRequest("DescribeAvailabilityZones", {}), 100, 20},
      {ApiRequest("AttachVolume", {}), 50, 5},
      {ApiRequest("ModifyVolume", {}), 50, 5},
      {ApiRequest("CreateVolume", {}), 100, 5},
      {ApiRequest("CreateTags", {}), 100, 10},
  };
  for (const Case& c : cases) {
    Throttle throttle(1);
    TimePoint now = TimePoint() + hours(1);
    int taken = 0;
    while (throttle.Take(c.request, now)) ++taken;
    EXPECT_EQ(taken, c.burst) << c.request.action();
    now += seconds(1);
    for (taken = 0; throttle.Take(c.request, now);) ++taken;
    EXPECT_EQ(taken, c.per_second) << c.request.action();
    // Another action has a bucket of its own.
    EXPECT_TRUE(throttle.Take(ApiRequest("DescribeTags", {}), now));
  }
}

TEST(ThrottleTest, ScaledAndOff) {
  Throttle half(0.5);
  int taken = 0;
  while (half.Take(ApiRequest("AttachVolume", {}), TimePoint())) ++taken;
  EXPECT_EQ(taken, 25);
  Throttle none(0);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(none.Take(ApiRequest("AttachVolume", {}), TimePoint()));
}

}  // namespace
}  // namespace rexray::ec2sim
