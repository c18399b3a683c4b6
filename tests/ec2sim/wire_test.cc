// Over real sockets: signatures, faults, the metadata service, control.

#include <fcntl.h>

#include "base/http/client.h"
#include "base/json.h"
#include "ec2sim/region_fixture.h"
#include "ec2sim/simulator_server.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

std::string AmzDateNow() {
  const std::string iso = FormatEc2Time(SystemClock::Get().WallNow());
  std::string out;
  for (const char c : iso.substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  return out + "Z";
}

class WireTest : public RegionTest {
 protected:
  WireTest() : server_(*SimulatorServer::Start(simulator_, clock_)) {
    address_.kind = http::Address::Kind::kTcp;
    address_.host = "127.0.0.1";
    address_.port = server_->port();
  }

  absl::StatusOr<http::ClientResponse> Send(const http::Request& request, Duration wait = seconds(20)) {
    SystemClock& clock = SystemClock::Get();
    return http::MakeClient(clock)->Send(address_, request, Deadline::After(clock, wait));
  }
  absl::StatusOr<http::ClientResponse> Ask(const std::string& form, const Principal& who,
                                           Duration wait = seconds(20)) {
    http::Request request{"POST", "/", {{"host", "ec2"}, {"x-amz-date", AmzDateNow()}}, form};
    if (!who.session_token.empty()) request.headers.emplace_back("x-amz-security-token", who.session_token);
    SignatureClaim claim{who.access_key,
                         AmzDateNow().substr(0, 8),
                         "us-east-1",
                         "ec2",
                         {"host", "x-amz-date"},
                         "",
                         request.headers[1].second,
                         who.session_token};
    if (!who.session_token.empty()) claim.signed_headers.emplace_back("x-amz-security-token");
    std::string names;
    for (const std::string& name : claim.signed_headers) names += (names.empty() ? "" : ";") + name;
    request.headers.emplace_back(
        "authorization",
        fmt::format("AWS4-HMAC-SHA256 Credential={}/{}/us-east-1/ec2/aws4_request, "
                    "SignedHeaders={}, Signature={}",
                    who.access_key, claim.date, names, ExpectedSignature(request, claim, who.secret_key)));
    return Send(request, wait);
  }
  absl::StatusOr<http::ClientResponse> Ask(const std::string& form, Duration wait = seconds(20)) {
    return Ask(form, kExample, wait);
  }
  nlohmann::json Control(const std::string& method, const std::string& path, const std::string& body = "") {
    const auto reply = Send({method, "/_sim/" + path, {}, body});
    EXPECT_TRUE(reply.ok()) << reply.status();
    if (!reply.ok()) return {};
    nlohmann::json answer = *ParseJson(reply->body);
    answer["status"] = reply->status;
    return answer;
  }
  absl::StatusOr<http::ClientResponse> Metadata(const std::string& instance, const std::string& path,
                                                http::Headers headers = {}, const char* method = "GET",
                                                Duration wait = seconds(20)) {
    return Send({method, "/_imds/" + instance + path, std::move(headers), ""}, wait);
  }

  const Principal kExample{
      Principals::kExampleAccessKey, Principals::kExampleSecretKey, "", std::nullopt, "", ""};
  static constexpr char kZones[] = "Action=DescribeAvailabilityZones&Version=2016-11-15";
  http::Address address_;
  std::unique_ptr<SimulatorServer> server_;
};

TEST_F(WireTest, ASignedCallIsAnsweredAndOthersAreNot) {
  auto reply = Ask(kZones);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(
      reply->body,
      HasSubstr("<DescribeAvailabilityZonesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"));
  EXPECT_THAT(reply->body, HasSubstr("<zoneName>us-east-1a</zoneName>"));
  EXPECT_NE(http::FindHeader(reply->headers, "date"), nullptr);

  Principal wrong = kExample;
  wrong.secret_key = "another";
  reply = Ask(kZones, wrong);
  EXPECT_EQ(reply->status, 403);
  EXPECT_EQ(Element(reply->body, "Code"), "SignatureDoesNotMatch");
  wrong.access_key = "AKIDNOBODY";
  reply = Ask(kZones, wrong);
  EXPECT_EQ(reply->status, 401);
  EXPECT_EQ(Element(reply->body, "Code"), "AuthFailure");
  reply = Send({"POST", "/", {}, kZones});
  EXPECT_EQ(Element(reply->body, "Code"), "MissingAuthenticationToken");

  simulator_.ChangeOptions([](Options& options) { options.clock_ahead = std::chrono::minutes(6); });
  EXPECT_EQ(Element(Ask(kZones)->body, "Code"), "RequestExpired");
}

TEST_F(WireTest, UnknownActionsAndVersions) {
  EXPECT_EQ(Element(Ask("Action=RunMoreInstances&Version=2016-11-15")->body, "Code"), "InvalidAction");
  EXPECT_EQ(Element(Ask("Action=DescribeVolumes&Version=2006-06-26")->body, "Code"), "InvalidAction");
  EXPECT_EQ(Element(Ask("Version=2016-11-15")->body, "Code"), "MissingAction");
  EXPECT_EQ(Element(Ask("Action=%zz")->body, "Code"), "MalformedQueryString");
}

TEST_F(WireTest, WhatAPolicyForbidsIsUnauthorized) {
  simulator_.Deny(Principals::kExampleAccessKey, {"Create*"});
  const auto reply =
      Ask("Action=CreateVolume&Version=2016-11-15&AvailabilityZone=us-east-1a&Size=1&DryRun=true");
  EXPECT_EQ(reply->status, 403);
  EXPECT_EQ(Element(reply->body, "Code"), "UnauthorizedOperation");
  EXPECT_EQ(Element(Ask(std::string(kZones) + "&DryRun=true")->body, "Code"), "DryRunOperation");
}

TEST_F(WireTest, TooManyCallsAreThrottledAndCounted) {
  simulator_.ChangeOptions([](Options& options) { options.throttle_scale = 0.05; });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(kZones)->status, 200);
  const auto reply = Ask(kZones);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(Element(reply->body, "Code"), "RequestLimitExceeded");
  const nlohmann::json counts = Control("GET", "counts");
  EXPECT_EQ(counts["DescribeAvailabilityZones"]["calls"], 6);
  EXPECT_EQ(counts["DescribeAvailabilityZones"]["throttled"], 1);
  Control("DELETE", "counts");
  EXPECT_TRUE(simulator_.Counts().empty());
}

TEST_F(WireTest, TheFaultScript) {
  const auto with = [&](const char* kind) {
    EXPECT_EQ(Control("POST", "faults",
                      fmt::format(R"({{"action": "DescribeAvail*", "do": "{}"}})", kind))["status"],
              200);
    return Ask(kZones);
  };
  EXPECT_EQ(with("refuse").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(with("close").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(with("503")->status, 503);
  EXPECT_THAT(with("html500")->body, HasSubstr("<html>"));
  EXPECT_THAT(with("corrupt")->body, testing::Not(HasSubstr("</DescribeAvailabilityZonesResponse>")));
  EXPECT_EQ(Element(with("throttle")->body, "Code"), "RequestLimitExceeded");
  EXPECT_EQ(Element(with("error")->body, "Code"), "InternalError");
  EXPECT_EQ(Ask(kZones)->status, 200);  // each was for one call
  Control("POST", "faults", R"({"do": "hang"})");
  EXPECT_EQ(Ask(kZones, std::chrono::milliseconds(50)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Control("POST", "faults", R"({"do": "explode"})")["status"], 400);
}

TEST_F(WireTest, AFaultForTheNthCallOrForSome) {
  Control("POST", "faults", R"({"nth": 2, "do": "error", "code": "Unavailable"})");
  EXPECT_EQ(Ask(kZones)->status, 200);
  EXPECT_EQ(Element(Ask(kZones)->body, "Code"), "Unavailable");
  EXPECT_EQ(Ask(kZones)->status, 200);
  Control("POST", "faults", R"({"times": 0, "do": "503"})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(kZones)->status, 503);
  Control("DELETE", "faults");
  EXPECT_EQ(Ask(kZones)->status, 200);
}

TEST_F(WireTest, FaultsByChanceMeetEachTheirShare) {
  simulator_.ChangeOptions([](Options& options) { options.throttle_scale = 0; });
  Control("POST", "faults", R"({"times": 0, "percent": 20, "do": "503"})");
  Control("POST", "faults", R"({"times": 0, "percent": 20, "do": "error", "code": "InternalError"})");
  std::map<int, int> seen;
  for (int i = 0; i < 200; ++i) ++seen[Ask(kZones)->status];
  EXPECT_GT(seen[503], 10);
  EXPECT_GT(seen[500], 10);
  EXPECT_GT(seen[200], 80);
}

TEST_F(WireTest, AnAnswerThatIsLostWasCarriedOutAll) {
  Control("POST", "faults", R"({"action": "CreateVolume", "do": "close"})");
  const std::string create = "Action=CreateVolume&Version=2016-11-15&AvailabilityZone=us-east-1a&Size=1";
  EXPECT_FALSE(Ask(create).ok());
  EXPECT_EQ(simulator_.Volumes().size(), 1);
  Control("POST", "faults", R"({"action": "CreateVolume", "do": "close", "carried_out": false})");
  EXPECT_FALSE(Ask(create).ok());
  EXPECT_EQ(simulator_.Volumes().size(), 1);
}

TEST_F(WireTest, TheMetadataServiceInBothVersions) {
  const std::string instance = Instance();
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/instance-id")->body, instance);
  const auto token =
      Metadata(instance, "/latest/api/token", {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}}, "PUT");
  ASSERT_EQ(token->status, 200);
  const http::Headers with = {{"x-aws-ec2-metadata-token", token->body}};
  const auto document = Metadata(instance, "/latest/dynamic/instance-identity/document", with);
  EXPECT_EQ((*ParseJson(document->body))["availabilityZone"], "us-east-1a");
  clock_.Advance(seconds(61));
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/instance-id", with)->status, 401);
  EXPECT_EQ(Metadata(instance, "/latest/api/token", {}, "PUT")->status, 400);
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/outpost-arn")->status, 404);
}

TEST_F(WireTest, AnInstanceThatRequiresATokenAndOneThatHasNone) {
  InstanceSpec strict;
  strict.instance.imds = Imds::kRequired;
  EXPECT_EQ(Metadata(Instance(strict), "/latest/meta-data/instance-id")->status, 401);
  InstanceSpec old;
  old.instance.imds = Imds::kV1Only;
  const std::string instance = Instance(old);
  EXPECT_EQ(Metadata(instance, "/latest/api/token", {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}}, "PUT")
                ->status,
            404);
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/instance-id")->status, 200);
  InstanceSpec container;
  container.instance.imds = Imds::kTokenLost;
  EXPECT_EQ(Metadata(Instance(container), "/latest/api/token",
                     {{"x-aws-ec2-metadata-token-ttl-seconds", "60"}}, "PUT", std::chrono::milliseconds(50))
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(WireTest, KeysOfARoleExpireAndAreReplaced) {
  const std::string instance = Instance();
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/iam/security-credentials/")->body, "rexray-node");
  const auto keys = [&] {
    const nlohmann::json j =
        *ParseJson(Metadata(instance, "/latest/meta-data/iam/security-credentials/rexray-node")->body);
    return Principal{j["AccessKeyId"], j["SecretAccessKey"], j["Token"], std::nullopt, "", ""};
  };
  const Principal first = keys();
  EXPECT_EQ(Ask(kZones, first)->status, 200);
  EXPECT_EQ(keys().access_key, first.access_key);
  Principal without = first;
  without.session_token.clear();
  EXPECT_EQ(Element(Ask(kZones, without)->body, "Code"), "AuthFailure");
  clock_.Advance(hours(6));
  EXPECT_EQ(Element(Ask(kZones, first)->body, "Code"), "RequestExpired");
  EXPECT_EQ(Ask(kZones, keys())->status, 200);
}

TEST_F(WireTest, AnInstanceThatIsCutOffHearsNothing) {
  const std::string instance = Instance();
  const nlohmann::json j =
      *ParseJson(Metadata(instance, "/latest/meta-data/iam/security-credentials/rexray-node")->body);
  const Principal keys{j["AccessKeyId"], j["SecretAccessKey"], j["Token"], std::nullopt, "", ""};
  EXPECT_EQ(Control("POST", "instances/" + instance + "/cut")["status"], 200);
  const Duration wait = std::chrono::milliseconds(50);
  EXPECT_EQ(Ask(kZones, keys, wait).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Metadata(instance, "/latest/meta-data/instance-id", {}, "GET", wait).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  // The others see it run.
  EXPECT_EQ(Control("GET", "state")["instances"][instance]["state"], "running");
  EXPECT_EQ(Ask(kZones)->status, 200);
  EXPECT_EQ(Control("POST", "instances/" + instance + "/reconnect")["status"], 200);
  EXPECT_EQ(Ask(kZones, keys)->status, 200);
}

TEST_F(WireTest, TheTimersRunByThemselves) {
  const std::string id =
      Element(*Call("CreateVolume", {{"AvailabilityZone", "us-east-1a"}, {"Size", "1"}}), "volumeId");
  clock_.Advance(seconds(5));
  EXPECT_EQ(Control("GET", "state")["volumes"][id]["state"], "available");
  EXPECT_EQ(Control("POST", "clock", R"({"advance_ms": 5})")["status"], 400);  // this clock is the test's
}

TEST_F(WireTest, BadControlChangesNothing) {
  EXPECT_EQ(Control("POST", "instances", R"({"id": "worker"})")["status"], 400);
  EXPECT_EQ(Control("POST", "instances", R"({"imds": "v3"})")["status"], 400);
  EXPECT_EQ(Control("POST", "instances", R"({"id": 7})")["status"], 400);
  EXPECT_EQ(Control("POST", "instances", "[]")["status"], 400);
  EXPECT_EQ(Control("POST", "instances", "{")["status"], 400);
  EXPECT_TRUE(simulator_.Instances().empty());
  EXPECT_EQ(Control("POST", "options", R"({"flicker": true, "latency": {"attach": [5, 1]}})")["status"], 400);
  EXPECT_EQ(Control("POST", "nothing", "{}")["status"], 400);
  EXPECT_EQ(Control("POST", "instances/i-0dead/stop")["status"], 400);
}

}  // namespace
}  // namespace rexray::ec2sim
