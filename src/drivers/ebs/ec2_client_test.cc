#include "drivers/ebs/ec2_client.h"

#include <optional>

#include "gmock/gmock.h"

#include "base/status.h"
#include "base/testing/virtual_time.h"
#include "drivers/ebs/ec2_error.h"
#include "drivers/ebs/testing/scripted_transport.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;

class Ec2ClientTest : public ::testing::Test {
 protected:
  Deadline In(Duration wait) { return Deadline::After(clock_, wait); }

  /// Runs `call` while time passes, so that back-offs end.
  template <typename Call>
  auto WithTime(Call call) -> decltype(call()) {
    std::optional<decltype(call())> result;
    RunInVirtualTime(clock_, std::chrono::milliseconds(100), {[&] { result = call(); }});
    return *std::move(result);
  }

  SimulatedClock clock_;
  ScriptedTransport transport_;
  CredentialChain credentials_{clock_, {ConfiguredCredentials("AKID", Secret("s3cr3t"), Secret("tok"))}};
  Ec2Caller caller_{clock_, transport_, credentials_,
                    CallerOptions{.region = "eu-west-1",
                                  .endpoint = "https://ec2.eu-west-1.amazonaws.com",
                                  .retries = std::nullopt,
                                  .seed = 7}};
  Ec2Client client_{caller_};
};

TEST_F(Ec2ClientTest, ARequestIsASignedForm) {
  transport_.Expect("Action=DescribeVolumes", 200, XmlAnswer("DescribeVolumes", "<volumeSet/>"));
  Selection selection;
  selection.filters.push_back({"tag:Name", {"a b&c", "é"}});
  ASSERT_TRUE(client_.DescribeVolumes(selection, In(seconds(10))).ok());
  const HttpRequest request = transport_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://ec2.eu-west-1.amazonaws.com/");
  EXPECT_THAT(request.body, HasSubstr("Filter.1.Value.1=a+b%26c")) << "a space is a plus";
  EXPECT_THAT(FormOf(request), IsSupersetOf({Pair("Version", "2016-11-15"), Pair("Filter.1.Name", "tag:Name"),
                                             Pair("Filter.1.Value.2", "é"), Pair("MaxResults", "1000")}));
  ASSERT_TRUE(request.signature.has_value());
  EXPECT_EQ(request.signature->region, "eu-west-1");
  EXPECT_EQ(request.signature->access_key, "AKID");
  EXPECT_EQ(request.signature->secret_key.Reveal(), "s3cr3t");
  EXPECT_EQ(request.signature->session_token.Reveal(), "tok");
}

TEST_F(Ec2ClientTest, PagesAreFollowedToTheEnd) {
  const auto page = [](const char* id, const char* next) {
    return XmlAnswer("DescribeVolumes",
                     fmt::format("<volumeSet><item><volumeId>{}</volumeId></item></volumeSet>"
                                 "<nextToken>{}</nextToken>",
                                 id, next));
  };
  transport_.Expect("DescribeVolumes", 200, page("vol-1", "t/1="));
  transport_.Expect("NextToken=t%2F1%3D", 200, page("vol-2", "t2"));
  transport_.Expect("NextToken=t2", 200, page("vol-3", ""));
  auto volumes = client_.DescribeVolumes({}, In(seconds(10)));
  ASSERT_TRUE(volumes.ok()) << volumes.status();
  ASSERT_EQ(volumes->size(), 3u);
  EXPECT_EQ(volumes->at(2).id, "vol-3");
}

TEST_F(Ec2ClientTest, IdsAndMaxResultsExcludeEachOther) {
  transport_.Expect("DescribeVolumes", 200, XmlAnswer("DescribeVolumes", "<volumeSet/>"));
  ASSERT_TRUE(client_.DescribeVolumes({{"vol-1"}, {}}, In(seconds(10))).ok());
  EXPECT_THAT(FormOf(transport_.requests()[0]), Not(Contains(Pair("MaxResults", ::testing::_))));
}

TEST_F(Ec2ClientTest, AVolumeIsReadWhole) {
  transport_.Expect("DescribeVolumes", 200, XmlAnswer("DescribeVolumes", R"(<volumeSet><item>
      <volumeId>vol-0a</volumeId><size>8</size><snapshotId>snap-1</snapshotId>
      <availabilityZone>eu-west-1a</availabilityZone><status>in-use</status>
      <createTime>2026-01-31T23:59:59.250Z</createTime><volumeType>gp3</volumeType><iops>3000</iops>
      <throughput>125</throughput><encrypted>true</encrypted><kmsKeyId>arn:k</kmsKeyId>
      <tagSet><item><key>Name</key><value>a &amp; b</value></item><item><key>e</key><value/></item></tagSet>
      <attachmentSet><item><volumeId>vol-0a</volumeId><instanceId>i-1</instanceId><device>/dev/xvdba</device>
      <status>attaching</status><attachTime>2026-01-31T23:59:59Z</attachTime></item></attachmentSet>
      </item></volumeSet>)"));
  auto volumes = client_.DescribeVolumes({{"vol-0a"}, {}}, In(seconds(10)));
  ASSERT_TRUE(volumes.ok()) << volumes.status();
  const Ec2Volume& volume = volumes->at(0);
  EXPECT_EQ(volume.size_gib, 8u);
  EXPECT_EQ(volume.state, "in-use");
  EXPECT_EQ(volume.iops, 3000u);
  EXPECT_EQ(volume.throughput, 125u);
  EXPECT_TRUE(volume.encrypted);
  EXPECT_EQ(volume.tags, (Ec2Tags{{"Name", "a & b"}, {"e", ""}}));
  ASSERT_EQ(volume.attachments.size(), 1u);
  EXPECT_EQ(volume.attachments[0].instance, "i-1");
  EXPECT_EQ(volume.attachments[0].state, "attaching");
  ASSERT_TRUE(volume.created.has_value());
  EXPECT_EQ(*volume.created - *volume.attachments[0].since, std::chrono::milliseconds(250));
}

TEST_F(Ec2ClientTest, AnErrorKeepsItsCodeMessageAndRequestId) {
  transport_.Expect("AttachVolume", 400,
                    XmlError("VolumeInUse", "vol-1 is already attached to an instance."));
  const absl::Status status = client_.AttachVolume("vol-1", "i-1", "/dev/xvdba", In(seconds(10))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Ec2CodeOf(status), "VolumeInUse");
  EXPECT_EQ(MessageOf(status),
            "AttachVolume: vol-1 is already attached to an instance (VolumeInUse, request req-7)");
  EXPECT_EQ(transport_.requests().size(), 1u) << "not tried again";
}

TEST_F(Ec2ClientTest, ThrottlesAndFaultsAreTriedAgain) {
  transport_.Expect("AttachVolume", 503, XmlError("RequestLimitExceeded", "Request limit exceeded."));
  transport_.Expect("AttachVolume", 500, "<!doctype html><title>500</title><h1>Internal Server Error</h1>");
  transport_.Fail("AttachVolume", absl::UnavailableError("connection reset"));
  transport_.Expect("AttachVolume", 200, "<AttachVolumeResponse><volumeId>vol");
  transport_.Expect("AttachVolume", 200, XmlAnswer("AttachVolume", "<status>attaching</status>"));
  auto attached =
      WithTime([&] { return client_.AttachVolume("vol-1", "i-1", "/dev/xvdba", In(seconds(100))); });
  ASSERT_TRUE(attached.ok()) << attached.status();
  EXPECT_EQ(attached->state, "attaching");
  EXPECT_EQ(caller_.limiter().Reports()["AttachVolume"].throttled, 1u);
}

TEST_F(Ec2ClientTest, WhenTimeRunsOutTheLastRealAnswerIsInTheMessage) {
  transport_.Otherwise([](const HttpRequest&) -> absl::StatusOr<HttpReply> {
    return HttpReply{503, XmlError("RequestLimitExceeded", "Request limit exceeded."), std::nullopt};
  });
  const Deadline deadline = In(seconds(30));
  const absl::Status status = WithTime([&] { return client_.DeleteVolume("vol-1", deadline); });
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("Request limit exceeded (RequestLimitExceeded"));
  EXPECT_EQ(Ec2CodeOf(status), "RequestLimitExceeded");
}

TEST_F(Ec2ClientTest, ExpiredCredentialsAreFetchedOnceMore) {
  transport_.Expect("DeleteVolume", 403, XmlError("ExpiredToken", "The security token is expired"));
  transport_.Expect("DeleteVolume", 200, XmlAnswer("DeleteVolume", "<return>true</return>"));
  EXPECT_TRUE(client_.DeleteVolume("vol-1", In(seconds(10))).ok());
  transport_.Otherwise([](const HttpRequest&) -> absl::StatusOr<HttpReply> {
    return HttpReply{401, XmlError("AuthFailure", "AWS was not able to validate the credentials"),
                     std::nullopt};
  });
  const absl::Status status = client_.DeleteVolume("vol-1", In(seconds(10)));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  EXPECT_EQ(transport_.requests().size(), 4u);
  EXPECT_THAT(std::string(MessageOf(status)), Not(HasSubstr("s3cr3t")));
}

TEST_F(Ec2ClientTest, ASnapshotWhoseAnswerWasLostIsNotAskedForAgain) {
  for (const absl::Status& lost :
       {absl::UnavailableError("connection reset"), absl::DeadlineExceededError("no answer in time")}) {
    transport_.Fail("CreateSnapshot", lost);
    const absl::Status status = client_.CreateSnapshot("vol-1", "", {}, In(seconds(10))).status();
    EXPECT_EQ(status.code(), lost.code());
    EXPECT_TRUE(WasUnsure(status)) << status;
  }
  EXPECT_EQ(transport_.Count("Action=CreateSnapshot"), 2);
  transport_.Expect("CreateSnapshot", 400, XmlError("SnapshotLimitExceeded", "too many"));
  EXPECT_FALSE(WasUnsure(client_.CreateSnapshot("vol-1", "", {}, In(seconds(10))).status()));
}

TEST_F(Ec2ClientTest, DryRun) {
  transport_.Expect("DryRun=true", 412, XmlError("DryRunOperation", "Request would have succeeded"));
  EXPECT_TRUE(client_.DryRun(Query("AttachVolume"), In(seconds(10))).ok());
  transport_.Expect(
      "DryRun=true", 403,
      XmlError("UnauthorizedOperation",
               "You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not "
               "authorized to perform: ec2:AttachVolume on resource: arn:aws:ec2:r:1:volume/* because "
               "no identity-based policy allows it. Encoded authorization failure message: AbC"));
  const absl::Status status = client_.DryRun(Query("AttachVolume"), In(seconds(10)));
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(
      std::string(MessageOf(status)),
      HasSubstr(
          "the IAM policy of arn:aws:iam::1:user/x lacks ec2:AttachVolume on arn:aws:ec2:r:1:volume/*"));
}

TEST_F(Ec2ClientTest, EveryDocumentedCodeHasItsMeaning) {
  using enum absl::StatusCode;
  const std::vector<std::tuple<const char*, int, absl::StatusCode>> codes = {
      {"InvalidVolume.NotFound", 400, kNotFound},
      {"InvalidVolumeID.Malformed", 400, kNotFound},
      {"InvalidSnapshot.NotFound", 400, kNotFound},
      {"InvalidInstanceID.NotFound", 400, kNotFound},
      {"InvalidInstanceID.Malformed", 400, kNotFound},
      {"InvalidAttachment.NotFound", 400, kNotFound},
      {"InvalidParameterValue", 400, kInvalidArgument},
      {"VolumeInUse", 400, kFailedPrecondition},
      {"IncorrectState", 400, kFailedPrecondition},
      {"IncorrectModificationState", 400, kFailedPrecondition},
      {"VolumeModificationRateExceeded", 400, kFailedPrecondition},
      {"InvalidVolume.ZoneMismatch", 400, kFailedPrecondition},
      {"InvalidSnapshot.InUse", 400, kFailedPrecondition},
      {"AttachmentLimitExceeded", 400, kResourceExhausted},
      {"VolumeLimitExceeded", 400, kResourceExhausted},
      {"MaxIOPSLimitExceeded", 400, kResourceExhausted},
      {"VolumeModificationSizeLimitExceeded", 400, kResourceExhausted},
      {"SnapshotLimitExceeded", 400, kResourceExhausted},
      {"ResourceLimitExceeded", 400, kResourceExhausted},
      {"InsufficientVolumeCapacity", 500, kResourceExhausted},
      {"UnauthorizedOperation", 403, kPermissionDenied},
      {"AuthFailure", 401, kUnauthenticated},
      {"SignatureDoesNotMatch", 403, kUnauthenticated},
      {"IdempotentParameterMismatch", 400, kAlreadyExists},
      {"RequestLimitExceeded", 503, kUnavailable},
      {"InternalError", 500, kUnavailable},
      {"Unavailable", 503, kUnavailable},
      {"NeverHeardOf", 400, kInvalidArgument},
      {"NeverHeardOf", 503, kUnavailable},
  };
  for (const auto& [code, http_status, canonical] : codes) {
    const absl::Status status = ToStatus({"X", http_status, code, "why", "r"});
    EXPECT_EQ(status.code(), canonical) << code;
    EXPECT_EQ(Ec2CodeOf(status), code);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(code));
  }
}

TEST_F(Ec2ClientTest, IdsInMessages) {
  EXPECT_THAT(IdsNamedIn("The volumes 'vol-1, vol-0ab2' do not exist."), ElementsAre("vol-1", "vol-0ab2"));
  EXPECT_THAT(IdsNamedIn("The instance ID 'i-1' does not exist"), ElementsAre("i-1"));
  EXPECT_THAT(IdsNamedIn("snap-, multi-attach, i-"), ElementsAre());
}

TEST_F(Ec2ClientTest, TheRateIsKeptOnOurSide) {
  transport_.Otherwise([](const HttpRequest&) -> absl::StatusOr<HttpReply> {
    return HttpReply{200, XmlAnswer("AttachVolume", ""), std::nullopt};
  });
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client_.AttachVolume("vol-1", "i-1", "d", In(seconds(1))).ok());
  }
  const absl::Status late =
      client_.AttachVolume("vol-1", "i-1", "d", In(std::chrono::milliseconds(100))).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  EXPECT_EQ(transport_.requests().size(), 50u) << "the burst, and no more";
  clock_.Advance(seconds(1));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(client_.AttachVolume("vol-1", "i-1", "d", In(std::chrono::milliseconds(1))).ok());
  }
}

TEST_F(Ec2ClientTest, TheRateFallsWithRefusalsAndGrowsBack) {
  ActionLimiter limiter(clock_);
  for (int i = 0; i < 10; ++i) limiter.OnThrottled("AttachVolume");  // together: one cut
  EXPECT_DOUBLE_EQ(limiter.Reports()["AttachVolume"].rate, 2.5);
  clock_.Advance(seconds(2));
  limiter.OnThrottled("AttachVolume");
  EXPECT_DOUBLE_EQ(limiter.Reports()["AttachVolume"].rate, 1.25);
  for (int i = 0; i < 100; ++i) limiter.OnSuccess("AttachVolume");
  EXPECT_DOUBLE_EQ(limiter.Reports()["AttachVolume"].rate, 5);
}

}  // namespace
}  // namespace rexray::drivers::ebs
