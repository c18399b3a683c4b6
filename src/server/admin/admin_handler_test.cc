#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/code_table.h"
#include "base/http/testing/fake_exchange.h"
#include "base/json.h"
#include "base/size.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"
#include "engine/testing/mock_engine.h"
#include "server/admin/admin_api.h"

namespace rexray::server::admin {
namespace {

using engine::MountDone;
using engine::StageState;
using engine::VolumeRef;
using engine::VolumeView;
using http::FakeExchange;
using nlohmann::json;
using std::chrono::seconds;
using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::InvokeArgument;
using ::testing::NiceMock;
using ::testing::Pair;
using ::testing::Return;
using ::testing::SaveArg;

class FixedConfig final : public config::Config {
 public:
  const config::Settings& settings() const override { return settings_; }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<config::EffectiveValue> Effective() const override {
    return {{.key = "aws.secretKey",
             .value = "********",
             .origin = {config::Origin::Kind::kFile, "/etc/rexray/config.yml:3"},
             .secret = true},
            {.key = "docker.size", .value = "16", .origin = {config::Origin::Kind::kDefault, "default"}}};
  }

 private:
  config::Settings settings_;
  std::vector<std::string> warnings_ = {"unknown key \"dokcer.size\""};
};

class AdminHandlerTest : public ::testing::Test {
 protected:
  AdminHandlerTest() {
    options_.version = "1.2.3";
    options_.started = clock_.Now();
    options_.started_wall = clock_.WallNow();
    options_.warnings = {"not root"};
    options_.services = {{.name = "rexray", .driver = "local", .docker_socket = "unix:///x.sock"},
                         {.name = "pool", .driver = "local"},
                         {.name = "broken", .driver = "zfs"}};
    ON_CALL(engine_, Services).WillByDefault(Return(std::vector<std::string>{"rexray", "pool"}));
    ON_CALL(engine_, ReadinessOf).WillByDefault(Return(Readiness()));
    ON_CALL(engine_, ReadinessOf("broken"))
        .WillByDefault(Return(Readiness{Readiness::Phase::kDown, "no driver \"zfs\""}));
    ON_CALL(engine_, CapabilitiesOf).WillByDefault(Return(DriverCapabilities{.grow = true}));
    ON_CALL(engine_, List).WillByDefault(InvokeArgument<2>(std::vector<VolumeView>()));
    Make();
  }

  void Make() { handler_ = MakeHandler({&engine_, &events_, &config_, &clock_}, options_); }

  std::shared_ptr<FakeExchange> Send(const std::string& method, const std::string& target,
                                     const std::string& body = "") {
    auto exchange = std::make_shared<FakeExchange>(
        http::Request{.method = method, .target = target, .headers = {}, .body = body});
    handler_(exchange);
    return exchange;
  }

  json Call(int status, const std::string& method, const std::string& target, const std::string& body = "") {
    const auto exchange = Send(method, target, body);
    EXPECT_EQ(exchange->responses(), 1) << method << " " << target;
    if (!exchange->Answered()) return {};
    const http::Response response = exchange->Await();
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    const auto parsed = ParseJson(response.body);
    EXPECT_TRUE(parsed.ok()) << response.body;
    return parsed.ok() ? *parsed : json();
  }
  json Succeed(const std::string& method, const std::string& target, const std::string& body = "") {
    return Call(200, method, target, body);
  }
  /// "CODE: message"
  std::string Fail(const std::string& method, const std::string& target, const std::string& body = "") {
    const auto exchange = Send(method, target, body);
    EXPECT_EQ(exchange->responses(), 1) << method << " " << target;
    if (!exchange->Answered()) return "";
    const http::Response response = exchange->Await();
    const auto parsed = ParseJson(response.body);
    EXPECT_TRUE(parsed.ok()) << response.body;
    const json error = parsed.ok() ? parsed->value("error", json::object()) : json::object();
    const std::string code = error.value("code", "");
    EXPECT_EQ(response.status, RowOf(CodeFromName(code).value_or(absl::StatusCode::kOk)).http_status) << code;
    return code + ": " + error.value("message", "");
  }

  static auto Ref(const std::string& service, const std::string& name, const std::string& id = "") {
    return AllOf(Field(&VolumeRef::service, service), Field(&VolumeRef::name, name),
                 Field(&VolumeRef::id, id));
  }
  auto Until(int wait) const {
    return ::testing::Property("at", &Deadline::at, Deadline::After(clock_, seconds(wait)).at());
  }

  SimulatedClock clock_;
  NiceMock<engine::MockEngine> engine_;
  engine::EventLog events_{clock_};
  FixedConfig config_;
  Options options_;
  http::Handler handler_;
};

VolumeView Everything(const SimulatedClock& clock) {
  VolumeView view;
  view.volume.key = {"rexray", "lv-1"};
  view.volume.name = "pgdata";
  view.volume.size = 16 * kGiB;
  view.volume.allocated = kMiB;
  view.volume.fs_type = "ext4";
  view.volume.type = "gp3";
  view.volume.iops = 3000;
  view.volume.zone = "eu-1a";
  view.volume.encrypted = true;
  view.volume.tags = {{"team", "db"}};
  view.volume.status = VolumeStatus::kInUse;
  view.volume.attachments = {{.node = "n1", .state = AttachmentState::kAttached, .device = "/dev/xvdf"}};
  view.volume.created = WallTime(seconds(1'767'225'600));
  view.volume.created_by_us = true;
  view.volume.mkfs_options = {"-m", "0"};
  view.volume.mount_options = {"noatime"};
  view.state = StageState::kInUse;
  view.device = "/dev/loop3";
  view.mount_point = "/v/pgdata/data";
  view.consumers = {
      {.consumer = {Consumer::Api::kCli, "cli:0", false}, .count = 1, .since = WallTime(seconds(60))}};
  view.waiting_for = "grow";
  view.as_of = clock.Now() - std::chrono::milliseconds(1500);
  return view;
}

TEST_F(AdminHandlerTest, AVolumeIsToldWhole) {
  EXPECT_CALL(engine_, Get(Ref("rexray", "pgdata"), Until(110), _))
      .WillOnce(InvokeArgument<2>(Everything(clock_)));
  const json wanted = json::parse(R"({"volume":{
      "service":"rexray","id":"lv-1","name":"pgdata","size":17179869184,"allocated":1048576,"type":"gp3",
      "fsType":"ext4","iops":3000,"throughput":null,"zone":"eu-1a","encrypted":true,"tags":{"team":"db"},
      "status":"in-use","statusDetail":"","attachments":[{"node":"n1","state":"attached","device":"/dev/xvdf"}],
      "created":"2026-01-01T00:00:00Z","createdByUs":true,"blank":false,"mkfsOptions":["-m","0"],
      "mountOptions":["noatime"],"state":"in use","device":"/dev/loop3","mountPoint":"/v/pgdata/data",
      "consumers":[{"api":"cli","id":"cli:0","counted":false,"count":1,"since":"1970-01-01T00:01:00Z"}],
      "waitingFor":"grow","ageMilliseconds":1500}})");
  EXPECT_EQ(Succeed("GET", "/v1/volume?name=pgdata"), wanted);
}

TEST_F(AdminHandlerTest, VolumesAreFoundByServiceNameAndId) {
  EXPECT_CALL(engine_, Get(Ref("pool", "a b"), Until(5), _)).WillOnce(InvokeArgument<2>(VolumeView()));
  EXPECT_CALL(engine_, Get(Ref("rexray", "", "vol-1"), Until(110), _))
      .WillOnce(InvokeArgument<2>(VolumeView()));
  EXPECT_CALL(engine_, Get(Ref("rexray", "17"), _, _))
      .WillOnce(InvokeArgument<2>(absl::NotFoundError("no volume \"17\"")));
  Succeed("GET", "/v1/volume?service=pool&name=a%20b&timeout=5");
  Succeed("GET", "/v1/volume?id=vol-1");
  EXPECT_EQ(Fail("GET", "/v1/volume?name=17"), "NOT_FOUND: no volume \"17\"");
  EXPECT_THAT(Fail("GET", "/v1/volume"), HasSubstr("INVALID_ARGUMENT: which volume?"));
}

TEST_F(AdminHandlerTest, AServiceThatIsStartingKeepsBackNobodyElsesAnswer) {
  ON_CALL(engine_, ReadinessOf("pool"))
      .WillByDefault(Return(Readiness{Readiness::Phase::kStarting, "its driver is being opened"}));
  EXPECT_CALL(engine_, List("rexray", Until(110), _)).WillOnce(InvokeArgument<2>(std::vector<VolumeView>(1)));
  EXPECT_CALL(engine_, List("pool", Until(2), _))
      .WillOnce(InvokeArgument<2>(absl::DeadlineExceededError("service \"pool\" is starting")));
  const json all = Succeed("GET", "/v1/volumes");
  EXPECT_EQ(all["volumes"].size(), 1u);
  EXPECT_EQ(all["errors"][0]["message"], "service \"pool\" is starting");
  // Who asks for that one alone waits as long as he likes.
  EXPECT_CALL(engine_, List("pool", Until(110), _)).WillOnce(InvokeArgument<2>(std::vector<VolumeView>(2)));
  EXPECT_EQ(Succeed("GET", "/v1/volumes?service=pool")["volumes"].size(), 2u);
}

TEST_F(AdminHandlerTest, StatusTellsWhatAServiceWaitsFor) {
  ON_CALL(engine_, ReadinessOf("pool"))
      .WillByDefault(Return(Readiness{Readiness::Phase::kStarting, "its driver is being opened"}));
  const json status = Succeed("GET", "/v1/status");
  EXPECT_EQ(status["services"][1]["state"], "starting");
  EXPECT_EQ(status["services"][1]["error"], "its driver is being opened");
  EXPECT_EQ(status["services"][1]["capabilities"]["grow"], true);
}

TEST_F(AdminHandlerTest, ListOfAllServicesKeepsWhatAnswered) {
  VolumeView one;
  one.volume.name = "one";
  EXPECT_CALL(engine_, List("rexray", _, _)).WillOnce(InvokeArgument<2>(std::vector<VolumeView>{one}));
  EXPECT_CALL(engine_, List("pool", _, _)).WillOnce(InvokeArgument<2>(absl::UnavailableError("away")));
  ON_CALL(engine_, Services).WillByDefault(Return(std::vector<std::string>{"rexray", "pool", "broken"}));
  EXPECT_CALL(engine_, List("broken", Until(2), _))
      .WillOnce(InvokeArgument<2>(absl::UnavailableError("service \"broken\" is down: no driver \"zfs\"")));
  const json answer = Succeed("GET", "/v1/volumes");
  ASSERT_EQ(answer["volumes"].size(), 1u);
  EXPECT_EQ(answer["volumes"][0]["name"], "one");
  EXPECT_EQ(answer["errors"], json::parse(R"([{"service":"pool","code":"UNAVAILABLE","message":"away"},
      {"service":"broken","code":"UNAVAILABLE","message":"service \"broken\" is down: no driver \"zfs\""}])"));
}

TEST_F(AdminHandlerTest, NodesAreToldForEachServiceThatAnswers) {
  EXPECT_CALL(engine_, ThisNode("rexray", Until(110), _))
      .WillOnce(
          InvokeArgument<2>(Node{.id = "i-0a1", .zone = "eu-1a", .region = "eu-1", .attach_limit = {}}));
  EXPECT_CALL(engine_, ThisNode("pool", _, _)).WillOnce(InvokeArgument<2>(absl::UnavailableError("away")));
  ON_CALL(engine_, Services).WillByDefault(Return(std::vector<std::string>{"rexray", "pool", "broken"}));
  EXPECT_CALL(engine_, ThisNode("broken", Until(2), _))
      .WillOnce(InvokeArgument<2>(absl::UnavailableError("service \"broken\" is down: no driver \"zfs\"")));
  const json answer = Succeed("GET", "/v1/nodes");
  ASSERT_EQ(answer["nodes"].size(), 1u);
  const json node = answer["nodes"][0];
  EXPECT_EQ(node["service"], "rexray");
  EXPECT_EQ(node["driver"], "local");
  EXPECT_EQ(node["id"], "i-0a1");
  EXPECT_EQ(node["region"], "eu-1");
  EXPECT_EQ(answer["errors"], json::parse(R"([{"service":"pool","code":"UNAVAILABLE","message":"away"},
      {"service":"broken","code":"UNAVAILABLE","message":"service \"broken\" is down: no driver \"zfs\""}])"));
}

TEST_F(AdminHandlerTest, ListOfOneServiceFailsWithIt) {
  EXPECT_CALL(engine_, List("pool", _, _))
      .WillOnce(InvokeArgument<2>(absl::UnavailableError("away")))
      .WillOnce(InvokeArgument<2>(std::vector<VolumeView>()));
  EXPECT_EQ(Fail("GET", "/v1/volumes?service=pool"), "UNAVAILABLE: away");
  EXPECT_EQ(Succeed("GET", "/v1/volumes?service=pool"), json::parse(R"({"volumes":[],"errors":[]})"));
}

TEST_F(AdminHandlerTest, CreateHandsEveryFieldOver) {
  CreateSpec spec;
  EXPECT_CALL(engine_, CreateVolume("pool", _, Until(110), _))
      .WillOnce(::testing::DoAll(
          SaveArg<1>(&spec), InvokeArgument<3>(engine::CreateResult{.view = VolumeView(), .existed = true})));
  const json answer = Succeed("POST", "/v1/volumes?service=pool", R"({
      "name":"pgdata","size":1073741824,"fsType":"xfs","type":"gp3","iops":100,"throughput":200,"zone":"z",
      "encrypted":false,"kmsKey":"k","sourceSnapshot":"s","sourceVolume":"v","freezeSource":true,"thick":true,
      "overwriteFs":true,"mkfsOptions":["-m","0"],"mountOptions":["noatime","data=journal"],
      "tags":{"team":"db"}})");
  EXPECT_EQ(answer["existed"], true);
  EXPECT_TRUE(answer["volume"].is_object());
  EXPECT_EQ(spec.name, "pgdata");
  EXPECT_EQ(spec.size, kGiB);
  EXPECT_EQ(spec.fs_type, "xfs");
  EXPECT_EQ(spec.type, "gp3");
  EXPECT_EQ(spec.iops, 100u);
  EXPECT_EQ(spec.throughput, 200u);
  EXPECT_EQ(spec.zone, "z");
  EXPECT_EQ(spec.encrypted, false);
  EXPECT_EQ(spec.kms_key, "k");
  EXPECT_EQ(spec.source_snapshot, "s");
  EXPECT_EQ(spec.source_volume, "v");
  EXPECT_TRUE(spec.freeze_source);
  EXPECT_TRUE(spec.thick);
  EXPECT_TRUE(spec.overwrite_fs);
  EXPECT_THAT(spec.mkfs_options, ElementsAre("-m", "0"));
  EXPECT_THAT(spec.mount_options, ElementsAre("noatime", "data=journal"));
  EXPECT_THAT(spec.tags, ElementsAre(Pair("team", "db")));
}

TEST_F(AdminHandlerTest, CreateLeavesOutWhatWasNotSaid) {
  CreateSpec spec;
  EXPECT_CALL(engine_, CreateVolume("rexray", _, _, _))
      .WillOnce(::testing::DoAll(SaveArg<1>(&spec), InvokeArgument<3>(engine::CreateResult())));
  Succeed("POST", "/v1/volumes", R"({"name":"x"})");
  EXPECT_EQ(spec.size, std::nullopt);
  EXPECT_EQ(spec.encrypted, std::nullopt);
  EXPECT_FALSE(spec.thick);
}

TEST_F(AdminHandlerTest, BadCreatesNeverReachTheEngine) {
  EXPECT_CALL(engine_, CreateVolume).Times(0);
  for (const char* body :
       {"", "{}", R"({"name":"../x"})", R"({"name":1})", R"({"name":"x","size":"1"})",
        R"({"name":"x","size":-1})", R"({"name":"x","fsType":"ntfs"})", R"({"name":"x","sise":1})",
        R"({"name":"x","mountOptions":["bind"]})", R"({"name":"x","mountOptions":"noatime"})",
        R"({"name":"x","tags":["a"]})", "rubbish", "[]"}) {
    EXPECT_THAT(Fail("POST", "/v1/volumes", body), HasSubstr("INVALID_ARGUMENT: ")) << body;
  }
}

TEST_F(AdminHandlerTest, RemoveTakesForeignVolumesToo) {
  EXPECT_CALL(engine_, Remove(Ref("rexray", "v"), Field(&engine::RemoveOptions::only_ours, false), _, _))
      .WillOnce(InvokeArgument<3>(absl::OkStatus()));
  EXPECT_CALL(engine_, Remove(Ref("rexray", "v"), Field(&engine::RemoveOptions::only_ours, true), _, _))
      .WillOnce(InvokeArgument<3>(absl::FailedPreconditionError("not ours")));
  EXPECT_EQ(Succeed("DELETE", "/v1/volume?name=v"), json::object());
  EXPECT_EQ(Fail("DELETE", "/v1/volume?name=v&onlyOurs=true"), "FAILED_PRECONDITION: not ours");
  EXPECT_THAT(Fail("DELETE", "/v1/volume?name=v&onlyOurs=maybe"), HasSubstr("onlyOurs"));
}

TEST_F(AdminHandlerTest, MountIsForTheCallersConsumer) {
  Consumer consumer;
  MountSpec spec;
  EXPECT_CALL(engine_, Mount(Ref("rexray", "v"), _, _, Until(110), _))
      .WillOnce(
          [&](const VolumeRef&, const Consumer& who, const MountSpec& how, Deadline, const MountDone& done) {
            consumer = who;
            spec = how;
            EXPECT_TRUE(done("/v/v/data"));
          });
  EXPECT_EQ(
      Succeed(
          "POST", "/v1/volume/mount?name=v",
          R"({"consumer":"backup","fsType":"xfs","mountOptions":["noatime"],"readOnly":true,"preempt":true})"),
      json::parse(R"({"path":"/v/v/data"})"));
  EXPECT_EQ(consumer, (Consumer{Consumer::Api::kCli, "cli:backup", false}));
  EXPECT_EQ(spec.fs_type, "xfs");
  EXPECT_THAT(spec.mount_options, ElementsAre("noatime"));
  EXPECT_TRUE(spec.read_only);
  EXPECT_EQ(spec.preempt, Preempt::kAlways);
}

TEST_F(AdminHandlerTest, WithoutAConsumerItIsTheCallersUid) {
  EXPECT_CALL(engine_, Mount(_, Consumer{Consumer::Api::kCli, "cli:1000", false}, _, _, _))
      .WillOnce(InvokeArgument<4>("/p"));
  EXPECT_CALL(engine_, Unmount(_, Consumer{Consumer::Api::kCli, "cli:1000", false}, false, _, _))
      .WillOnce(InvokeArgument<4>(absl::OkStatus()));
  EXPECT_CALL(engine_, Unmount(_, Consumer{Consumer::Api::kCli, "cli:backup", false}, true, _, _))
      .WillOnce(InvokeArgument<4>(absl::OkStatus()));
  Succeed("POST", "/v1/volume/mount?name=v");
  Succeed("POST", "/v1/volume/unmount?name=v", "{}");
  Succeed("POST", "/v1/volume/unmount?name=v", R"({"consumer":"cli:backup","now":true})");
}

TEST_F(AdminHandlerTest, AMountWhoseCallerHungUpIsTakenBack) {
  MountDone done;
  EXPECT_CALL(engine_, Mount).WillOnce(SaveArg<4>(&done));
  const auto exchange = Send("POST", "/v1/volume/mount?name=v");
  exchange->HangUp();
  EXPECT_FALSE(done("/p"));
}

TEST_F(AdminHandlerTest, BadConsumersAreRefused) {
  EXPECT_CALL(engine_, Mount).Times(0);
  for (const std::string& body :
       {std::string(R"({"consumer":""})"), std::string(R"({"consumer":"a\nb"})"),
        R"({"consumer":")" + std::string(300, 'x') + R"("})", std::string(R"({"consumer":1})")}) {
    EXPECT_THAT(Fail("POST", "/v1/volume/mount?name=v", body), HasSubstr("INVALID_ARGUMENT"));
  }
}

TEST_F(AdminHandlerTest, TheOtherChanges) {
  EXPECT_CALL(engine_, Attach(Ref("rexray", "v"), true, _, _))
      .WillOnce(InvokeArgument<3>(Everything(clock_)));
  EXPECT_CALL(engine_, Detach(Ref("rexray", "v"), false, _, _)).WillOnce(InvokeArgument<3>(absl::OkStatus()));
  EXPECT_CALL(engine_, Grow(Ref("rexray", "v"), 2 * kGiB, _, _))
      .WillOnce(InvokeArgument<3>(Everything(clock_)));
  EXPECT_CALL(engine_, ReleaseConsumer(Ref("rexray", "v"), "abc", _, _))
      .WillOnce(InvokeArgument<3>(absl::OkStatus()));
  EXPECT_CALL(engine_, Path(Ref("rexray", "v"), _, _)).WillOnce(InvokeArgument<2>("/p"));
  EXPECT_EQ(Succeed("POST", "/v1/volume/attach?name=v", R"({"force":true})")["volume"]["name"], "pgdata");
  EXPECT_EQ(Succeed("POST", "/v1/volume/detach?name=v"), json::object());
  EXPECT_EQ(Succeed("POST", "/v1/volume/grow?name=v", R"({"size":2147483648})")["volume"]["size"], 16 * kGiB);
  EXPECT_EQ(Succeed("POST", "/v1/volume/release?name=v", R"({"consumer":"abc"})"), json::object());
  EXPECT_EQ(Succeed("GET", "/v1/volume/path?name=v"), json::parse(R"({"path":"/p"})"));
  EXPECT_THAT(Fail("POST", "/v1/volume/grow?name=v"), HasSubstr("\"size\" in bytes"));
  EXPECT_THAT(Fail("POST", "/v1/volume/release?name=v"), HasSubstr("which consumer?"));
}

TEST_F(AdminHandlerTest, ConsumersAlone) {
  engine::ConsumerReport report;
  report.view = Everything(clock_);
  report.consumers = {
      {report.view.consumers.front(), engine::ConsumerEvidence::Verdict::kAlive, "process 7"}};
  report.uses = {{.pid = 7, .command = "sh", .mount_namespace = 42, .target = "/data", .container = "cc"}};
  EXPECT_CALL(engine_, Consumers).WillOnce(InvokeArgument<2>(report));
  EXPECT_EQ(Succeed("GET", "/v1/volume/consumers?name=v"), json::parse(R"({
      "consumers":[{"api":"cli","id":"cli:0","counted":false,"count":1,"since":"1970-01-01T00:01:00Z",
                    "verdict":"alive","why":"process 7"}],
      "uses":[{"pid":7,"command":"sh","mountNamespace":42,"target":"/data","how":"","container":"cc"}]})"));
}

TEST_F(AdminHandlerTest, PreemptIsAWordOrABool) {
  MountSpec spec;
  EXPECT_CALL(engine_, Mount)
      .WillRepeatedly(
          [&](const VolumeRef&, const Consumer&, const MountSpec& how, Deadline, const MountDone& done) {
            spec = how;
            (void)done("/p");
          });
  Succeed("POST", "/v1/volume/mount?name=v", R"({"preempt":"when-dead"})");
  EXPECT_EQ(spec.preempt, Preempt::kWhenDead);
  Succeed("POST", "/v1/volume/mount?name=v", R"({"preempt":false})");
  EXPECT_EQ(spec.preempt, Preempt::kNever);
  Succeed("POST", "/v1/volume/mount?name=v", "{}");
  EXPECT_EQ(spec.preempt, std::nullopt) << "the service's";
  EXPECT_THAT(Fail("POST", "/v1/volume/mount?name=v", R"({"preempt":"maybe"})"), HasSubstr("when-dead"));
}

TEST_F(AdminHandlerTest, StatusTellsOfEveryService) {
  clock_.Advance(seconds(90));
  EXPECT_CALL(engine_, List("rexray", Until(2), _)).WillOnce(InvokeArgument<2>(std::vector<VolumeView>(3)));
  EXPECT_CALL(engine_, List("pool", Until(2), _))
      .WillOnce(InvokeArgument<2>(absl::DeadlineExceededError("slow")));
  const json status = Succeed("GET", "/v1/status");
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["pid"], getpid());
  EXPECT_EQ(status["startedAt"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(status["uptimeSeconds"], 90);
  EXPECT_EQ(status["defaultService"], "rexray");
  EXPECT_EQ(status["runDirectory"], "/run/rexray");
  EXPECT_EQ(status["warnings"], json::parse(R"(["unknown key \"dokcer.size\"","not root"])"));
  ASSERT_EQ(status["services"].size(), 3u);
  EXPECT_EQ(status["services"][0]["state"], "ready");
  EXPECT_EQ(status["services"][0]["volumes"], 3);
  EXPECT_EQ(status["services"][0]["dockerSocket"], "unix:///x.sock");
  EXPECT_EQ(status["services"][0]["capabilities"]["grow"], true);
  EXPECT_EQ(status["services"][0]["capabilities"]["scope"], "local");
  EXPECT_EQ(status["services"][1]["volumes"], nullptr);
  EXPECT_EQ(status["services"][1]["volumesError"], "slow");
  EXPECT_EQ(status["services"][2]["state"], "down");
  EXPECT_EQ(status["services"][2]["error"], "no driver \"zfs\"");
  EXPECT_EQ(status["services"][2]["capabilities"], nullptr);
}

TEST_F(AdminHandlerTest, StatusWithoutAnyService) {
  options_.services.clear();
  Make();
  EXPECT_EQ(Succeed("GET", "/v1/status")["services"], json::array());
}

TEST_F(AdminHandlerTest, AnswersOutliveTheHandler) {
  engine::Done<std::vector<VolumeView>> done;
  options_.services.resize(1);
  ON_CALL(engine_, Services).WillByDefault(Return(std::vector<std::string>{"rexray"}));
  Make();
  EXPECT_CALL(engine_, List).WillOnce(SaveArg<2>(&done));
  const auto exchange = Send("GET", "/v1/status");
  handler_ = nullptr;
  done(std::vector<VolumeView>());
  EXPECT_EQ(exchange->Await().status, 200);
}

TEST_F(AdminHandlerTest, EventsComeFromWhereTheCallerStopped) {
  events_.Add(LogLevel::kInfo, "mounted", {"rexray", "lv-1"}, "v", "first");
  events_.Add(LogLevel::kWarn, "lost", {"rexray", "lv-1"}, "v", "second");
  const json all = Succeed("GET", "/v1/events");
  ASSERT_EQ(all["events"].size(), 2u);
  EXPECT_EQ(all["events"][0]["text"], "first");
  EXPECT_EQ(all["events"][1]["level"], "warn");
  EXPECT_EQ(all["events"][1]["id"], "lv-1");
  EXPECT_EQ(all["last"], all["events"][1]["sequence"]);
  const std::string after = std::to_string(all["last"].get<int>());
  EXPECT_EQ(Succeed("GET", "/v1/events?after=" + after),
            json({{"events", json::array()}, {"last", all["last"]}}));
}

TEST_F(AdminHandlerTest, ConfigSaysWhereValuesComeFrom) {
  const json answer = Succeed("GET", "/v1/config");
  EXPECT_EQ(answer["values"][0], json::parse(R"({"key":"aws.secretKey","value":"********","origin":"file",
      "where":"/etc/rexray/config.yml:3","secret":true})"));
  EXPECT_EQ(answer["values"][1]["origin"], "default");
  EXPECT_EQ(answer["warnings"].size(), 1u);
}

TEST_F(AdminHandlerTest, UnknownPathsMethodsAndParameters) {
  EXPECT_THAT(Fail("GET", "/"), HasSubstr("NOT_FOUND: "));
  EXPECT_THAT(Fail("GET", "/v1/volumes/"), HasSubstr("NOT_FOUND: "));
  EXPECT_THAT(Fail("POST", "/Plugin.Activate"), HasSubstr("NOT_FOUND: "));
  EXPECT_THAT(Fail("PUT", "/v1/volumes"), HasSubstr("UNIMPLEMENTED: "));
  EXPECT_THAT(Fail("GET", "/v1/status?verbose=1"), HasSubstr("unknown query parameter \"verbose\""));
  EXPECT_THAT(Fail("GET", "/v1/volume?name=%"), HasSubstr("percent-encoded"));
  for (const char* timeout : {"0", "-1", "1s", "86401", "99999999999999999999", ""}) {
    EXPECT_THAT(Fail("GET", std::string("/v1/volume?name=v&timeout=") + timeout),
                HasSubstr("INVALID_ARGUMENT"))
        << timeout;
  }
}

// --- snapshots, changes, space ---

Snapshot Daily() {
  Snapshot snapshot;
  snapshot.service = "rexray";
  snapshot.id = "ls-1";
  snapshot.name = "daily";
  snapshot.description = "why";
  snapshot.source_volume = "lv-1";
  snapshot.size = kGiB;
  snapshot.fs_type = "ext4";
  snapshot.tags = {{"team", "db"}};
  snapshot.created = WallTime(seconds(60));
  snapshot.status = SnapshotStatus::kPending;
  snapshot.progress_percent = 34;
  snapshot.created_by_us = true;
  return snapshot;
}

const char kDaily[] =
    R"({"service":"rexray","id":"ls-1","name":"daily","description":"why","sourceVolume":"lv-1","size":1073741824,
        "allocated":0,"fsType":"ext4","tags":{"team":"db"},"created":"1970-01-01T00:01:00Z","status":"pending",
        "statusDetail":"","progressPercent":34,"encrypted":false,"createdByUs":true})";

TEST_F(AdminHandlerTest, SnapshotsOfOneServiceAndOfAll) {
  DriverCapabilities with;
  with.snapshots = true;
  ON_CALL(engine_, CapabilitiesOf("pool")).WillByDefault(Return(with));
  EXPECT_CALL(engine_, ListSnapshots("pool", Until(110), _))
      .WillOnce(InvokeArgument<2>(std::vector<Snapshot>{Daily()}))
      .WillOnce(InvokeArgument<2>(absl::UnavailableError("away")));
  EXPECT_EQ(Succeed("GET", "/v1/snapshots"),
            json::parse(std::string(R"({"snapshots":[)") + kDaily + R"(],"errors":[]})"))
      << "rexray has none";
  EXPECT_EQ(Fail("GET", "/v1/snapshots?service=pool"), "UNAVAILABLE: away");
}

TEST_F(AdminHandlerTest, ASnapshotIsMadeAndRemoved) {
  const auto spec = AllOf(Field(&SnapshotSpec::name, "daily"), Field(&SnapshotSpec::description, "why"),
                          Field(&SnapshotSpec::tags, ElementsAre(Pair("team", "db"))));
  EXPECT_CALL(engine_, CreateSnapshot(Ref("rexray", "v"), spec, true, Until(110), _))
      .WillOnce(InvokeArgument<4>(Daily()));
  EXPECT_EQ(Succeed("POST", "/v1/snapshots?name=v",
                    R"({"name":"daily","description":"why","tags":{"team":"db"},"freeze":true})"),
            json::parse(std::string(R"({"snapshot":)") + kDaily + "}"));
  EXPECT_CALL(engine_, RemoveSnapshot("rexray", "ls-1", _, _, _))
      .WillOnce(InvokeArgument<4>(absl::OkStatus()));
  Succeed("DELETE", "/v1/snapshot?id=ls-1");
  EXPECT_THAT(Fail("DELETE", "/v1/snapshot"), HasSubstr("INVALID_ARGUMENT: which snapshot?"));
  EXPECT_THAT(Fail("POST", "/v1/snapshots?name=v", R"({"nmae":"daily"})"), HasSubstr("nmae"));
}

TEST_F(AdminHandlerTest, ModifyAdoptAndUsage) {
  ModifySpec spec;
  spec.type = "gp3";
  spec.iops = 5000;
  EXPECT_CALL(engine_, Modify(Ref("rexray", "v"), spec, _, _))
      .WillOnce(InvokeArgument<3>(Everything(clock_)));
  Succeed("POST", "/v1/volume/modify?name=v", R"({"type":"gp3","iops":5000})");
  EXPECT_CALL(engine_, Adopt(Ref("rexray", "v"), _, _)).WillOnce(InvokeArgument<2>(Everything(clock_)));
  Succeed("POST", "/v1/volume/adopt?name=v");
  engine::VolumeUsage usage;
  usage.file_system = host::FileSystemUsage{10, 5, 3, 2};
  Pool pool;
  pool.name = "/pool";
  pool.size = 20;
  usage.pool = pool;
  usage.problem = "the pool is full";
  EXPECT_CALL(engine_, Usage(Ref("rexray", "v"), Until(5), _)).WillOnce(InvokeArgument<2>(usage));
  json told = Succeed("GET", "/v1/volume/usage?name=v&timeout=5");
  told.erase("volume");
  EXPECT_EQ(told, json::parse(R"({"fileSystem":{"size":10,"available":5,"files":3,"filesAvailable":2},
      "pool":{"name":"/pool","size":20,"available":0,"promised":0},"problem":"the pool is full"})"));
}

TEST_F(AdminHandlerTest, TheEnginesWarningsAreInTheStatus) {
  ON_CALL(engine_, Warnings).WillByDefault(Return(std::vector<std::string>{"the pool is filling"}));
  EXPECT_THAT(Succeed("GET", "/v1/status")["warnings"].dump(), HasSubstr("the pool is filling"));
}

}  // namespace
}  // namespace rexray::server::admin
