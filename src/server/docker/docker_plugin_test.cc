#include "server/docker/docker_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http/testing/fake_exchange.h"
#include "base/json.h"
#include "base/size.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"
#include "engine/testing/mock_engine.h"

namespace rexray::server::docker {
namespace {

using engine::CreateResult;
using engine::MockEngine;
using engine::MountDone;
using engine::StageState;
using engine::VolumeRef;
using engine::VolumeView;
using http::FakeExchange;
using std::chrono::seconds;
using ::testing::_;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::InvokeArgument;
using ::testing::NiceMock;
using ::testing::Return;
using ::testing::SaveArg;
using ::testing::StrictMock;

const std::string kId(64, 'a');

class DockerPluginTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeExchange> Send(const std::string& call, const std::string& body,
                                     http::Headers headers = {}) {
    auto exchange = std::make_shared<FakeExchange>(
        http::Request{.method = "POST", .target = call, .headers = std::move(headers), .body = body});
    handler_(exchange);
    return exchange;
  }

  http::Response Call(const std::string& call, const std::string& body) {
    auto exchange = Send(call, body);
    EXPECT_EQ(exchange->responses(), 1) << call;
    return exchange->Answered() ? exchange->Await() : http::Response{};
  }

  nlohmann::json Succeed(const std::string& call, const std::string& body) {
    const http::Response response = Call(call, body);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/vnd.docker.plugins.v1.2+json");
    return Parsed(response.body);
  }

  std::string Fail(const std::string& call, const std::string& body) {
    const http::Response response = Call(call, body);
    EXPECT_EQ(response.status, 500) << response.body;
    return Parsed(response.body).value("Err", "");
  }

  static nlohmann::json Parsed(const std::string& body) {
    const auto json = ParseJson(body);
    EXPECT_TRUE(json.ok()) << json.status() << "\n" << body;
    return json.ok() ? *json : nlohmann::json();
  }

  Deadline In(int wait) const { return Deadline::After(clock_, seconds(wait)); }
  static auto Until(Deadline deadline) { return ::testing::Property("at", &Deadline::at, deadline.at()); }
  static auto Named(const std::string& name) {
    return ::testing::AllOf(Field(&VolumeRef::service, "pool"), Field(&VolumeRef::name, name),
                            Field(&VolumeRef::id, ""));
  }

  SimulatedClock clock_;
  StrictMock<MockEngine> engine_;
  http::Handler handler_ = MakePluginHandler(engine_, clock_, {.service = "pool"});
};

VolumeView PgData() {
  VolumeView view;
  view.volume.key = {"pool", "lv-1"};
  view.volume.name = "pgdata";
  view.volume.size = 16 * kGiB;
  view.volume.fs_type = "ext4";
  view.volume.created = WallTime(seconds(1'767'225'600));
  return view;
}

TEST_F(DockerPluginTest, ActivateTakesAnyBody) {
  for (const char* body : {"", "{}", "rubbish"}) {
    EXPECT_EQ(Succeed("/Plugin.Activate", body), nlohmann::json::parse(R"({"Implements":["VolumeDriver"]})"));
  }
}

TEST_F(DockerPluginTest, CapabilitiesSayWhereVolumesCanGo) {
  EXPECT_CALL(engine_, CapabilitiesOf("pool"))
      .WillOnce(Return(DriverCapabilities{.network = false}))
      .WillOnce(Return(DriverCapabilities{.network = true}))
      .WillOnce(Return(absl::UnavailableError("no backend")));
  EXPECT_EQ(Succeed("/VolumeDriver.Capabilities", "")["Capabilities"]["Scope"], "local");
  EXPECT_EQ(Succeed("/VolumeDriver.Capabilities", "{}")["Capabilities"]["Scope"], "global");
  EXPECT_EQ(Fail("/VolumeDriver.Capabilities", "{}"), "no backend");
}

TEST_F(DockerPluginTest, CreateHandsTheOptionsOver) {
  CreateSpec spec;
  EXPECT_CALL(engine_, CreateVolume("pool", _, Until(In(110)), _))
      .WillOnce(::testing::DoAll(SaveArg<1>(&spec), InvokeArgument<3>(CreateResult{.view = PgData()})));
  EXPECT_EQ(Succeed("/VolumeDriver.Create", R"({"Name":"pgdata","Opts":{"Size":"2","newFsType":"xfs"}})"),
            nlohmann::json::parse(R"({"Err":""})"));
  EXPECT_EQ(spec.name, "pgdata");
  EXPECT_EQ(spec.size, 2 * kGiB);
  EXPECT_EQ(spec.fs_type, "xfs");
}

TEST_F(DockerPluginTest, CreateWithABadOptionNeverReachesTheEngine) {
  const std::string error = Fail("/VolumeDriver.Create", R"({"Name":"pgdata","Opts":{"size":"abc"}})");
  EXPECT_THAT(error, HasSubstr("pgdata"));
  EXPECT_THAT(error, HasSubstr("size=\"abc\""));
}

TEST_F(DockerPluginTest, UnknownOptionsWarnWhereTheOperatorWantsIt) {
  EXPECT_THAT(Fail("/VolumeDriver.Create", R"({"Name":"x","Opts":{"colour":"red"}})"), HasSubstr("colour"));
  handler_ =
      MakePluginHandler(engine_, clock_, {.service = "pool", .unknown_options = UnknownOptions::kWarn});
  EXPECT_CALL(engine_, CreateVolume).WillOnce(InvokeArgument<3>(CreateResult{}));
  Succeed("/VolumeDriver.Create", R"({"Name":"x","Opts":{"colour":"red"}})");
}

TEST_F(DockerPluginTest, RemoveIsAnOrchestrators) {
  EXPECT_CALL(engine_,
              Remove(Named("pgdata"), Field(&engine::RemoveOptions::only_ours, true), Until(In(50)), _))
      .WillOnce(InvokeArgument<3>(absl::OkStatus()))
      .WillOnce(InvokeArgument<3>(absl::FailedPreconditionError("volume \"pgdata\" is in use")));
  EXPECT_EQ(Succeed("/VolumeDriver.Remove", R"({"Name":"pgdata"})"), nlohmann::json::parse(R"({"Err":""})"));
  EXPECT_EQ(Fail("/VolumeDriver.Remove", R"({"Name":"pgdata"})"), "volume \"pgdata\" is in use");
}

TEST_F(DockerPluginTest, MountGivesThePathToACountedConsumer) {
  Consumer consumer;
  EXPECT_CALL(engine_, Mount(Named("pgdata"), _, _, Until(In(110)), _))
      .WillOnce(
          [&](const VolumeRef&, const Consumer& who, const MountSpec& spec, Deadline, const MountDone& done) {
            consumer = who;
            EXPECT_TRUE(spec.mount_options.empty());
            EXPECT_FALSE(spec.read_only);
            EXPECT_TRUE(done("/v/pgdata/data")) << "the caller is there";
          });
  const auto answer = Succeed("/VolumeDriver.Mount", R"({"Name":"pgdata","ID":")" + kId + R"("})");
  EXPECT_EQ(answer, nlohmann::json::parse(R"({"Mountpoint":"/v/pgdata/data","Err":""})"));
  EXPECT_EQ(consumer, (Consumer{Consumer::Api::kDocker, kId, true}));
}

TEST_F(DockerPluginTest, MountOfACallerWhoHungUpIsTakenBack) {
  MountDone done;
  EXPECT_CALL(engine_, Mount).WillOnce(SaveArg<4>(&done));
  const auto exchange = Send("/VolumeDriver.Mount", R"({"Name":"pgdata","ID":"x"})");
  EXPECT_FALSE(exchange->Answered()) << "the engine has not answered yet";
  exchange->HangUp();
  EXPECT_FALSE(done("/v/pgdata/data"));
}

TEST_F(DockerPluginTest, MountFailuresAreSaidAsTheyAre) {
  EXPECT_CALL(engine_, Mount)
      .WillOnce(InvokeArgument<4>(
          absl::DeadlineExceededError("volume \"pgdata\": attach: waiting for the device")));
  EXPECT_EQ(Fail("/VolumeDriver.Mount", R"({"Name":"pgdata","ID":"x"})"),
            "volume \"pgdata\": attach: waiting for the device");
}

TEST_F(DockerPluginTest, DvdcliAndCallersWithoutAnIdAreAnsweredBeforeDvdcliGivesUp) {
  for (const char* body : {R"({"Name":"m"})", R"({"Name":"m","ID":""})", R"({"Name":"m","ID":"dvdcli:m"})"}) {
    EXPECT_CALL(engine_, Mount(_, Field(&Consumer::counted, false), _, Until(In(100)), _))
        .WillOnce(InvokeArgument<4>("/p"));
    EXPECT_CALL(engine_, Unmount(_, Field(&Consumer::counted, false), false, Until(In(100)), _))
        .WillOnce(InvokeArgument<4>(absl::OkStatus()));
    // A name alone goes another way than one with an ID: both must be read alike.
    Succeed("/VolumeDriver.Mount", body);
    Succeed("/VolumeDriver.Unmount", body);
  }
}

TEST_F(DockerPluginTest, DvdcliIsKnownByItsNameInCallsWithoutAnId) {
  EXPECT_CALL(engine_, CreateVolume(_, _, Until(In(100)), _)).WillOnce(InvokeArgument<3>(CreateResult{}));
  EXPECT_CALL(engine_, Path(_, Until(In(100)), _)).WillOnce(InvokeArgument<2>(""));
  const http::Headers headers = {{"user-agent", "dvdcli/1.0"}};
  EXPECT_EQ(Send("/VolumeDriver.Create", R"({"Name":"m"})", headers)->Await().status, 200);
  EXPECT_EQ(Send("/VolumeDriver.Path", R"({"Name":"m"})", headers)->Await().status, 200);
}

TEST_F(DockerPluginTest, UnmountIsOfTheSameConsumer) {
  EXPECT_CALL(engine_,
              Unmount(Named("pgdata"), Consumer{Consumer::Api::kDocker, kId, true}, false, Until(In(50)), _))
      .WillOnce(InvokeArgument<4>(absl::OkStatus()))
      .WillOnce(InvokeArgument<4>(absl::FailedPreconditionError("busy: process 17")));
  const std::string body = R"({"Name":"pgdata","ID":")" + kId + R"("})";
  EXPECT_EQ(Succeed("/VolumeDriver.Unmount", body), nlohmann::json::parse(R"({"Err":""})"));
  EXPECT_EQ(Fail("/VolumeDriver.Unmount", body), "busy: process 17");
}

TEST_F(DockerPluginTest, PathMayBeEmpty) {
  EXPECT_CALL(engine_, Path(Named("pgdata"), Until(In(50)), _))
      .WillOnce(InvokeArgument<2>(""))
      .WillOnce(InvokeArgument<2>("/v/\"quoted\"/data"))
      .WillOnce(InvokeArgument<2>(absl::NotFoundError("no volume \"pgdata\"")));
  EXPECT_EQ(Succeed("/VolumeDriver.Path", R"({"Name":"pgdata"})")["Mountpoint"], "");
  EXPECT_EQ(Succeed("/VolumeDriver.Path", R"({"Name":"pgdata"})")["Mountpoint"], "/v/\"quoted\"/data");
  EXPECT_EQ(Fail("/VolumeDriver.Path", R"({"Name":"pgdata"})"), "no volume \"pgdata\"");
}

TEST_F(DockerPluginTest, GetOfADetachedVolume) {
  EXPECT_CALL(engine_, Get(Named("pgdata"), Until(In(50)), _)).WillOnce(InvokeArgument<2>(PgData()));
  const auto answer = Succeed("/VolumeDriver.Get", R"({"Name":"pgdata"})");
  EXPECT_EQ(answer["Err"], "");
  const auto& volume = answer["Volume"];
  EXPECT_EQ(volume["Name"], "pgdata");
  EXPECT_FALSE(volume.contains("Mountpoint"));
  EXPECT_EQ(volume["CreatedAt"], "2026-01-01T00:00:00Z");
  const auto& status = volume["Status"];
  EXPECT_EQ(status["service"], "pool");
  EXPECT_EQ(status["id"], "lv-1");
  EXPECT_EQ(status["size"], 16 * kGiB);
  EXPECT_EQ(status["fsType"], "ext4");
  EXPECT_EQ(status["state"], ToString(StageState::kDetached));
  EXPECT_EQ(status["consumers"], nlohmann::json::array());
  EXPECT_FALSE(status.contains("device"));
  EXPECT_FALSE(status.contains("waitingFor"));
}

TEST_F(DockerPluginTest, GetOfAVolumeInUse) {
  VolumeView view = PgData();
  view.state = StageState::kInUse;
  view.device = "/dev/loop3";
  view.mount_point = "/v/pgdata/data";
  view.waiting_for = "grow: \"resize2fs\"";
  view.consumers = {
      {.consumer = {Consumer::Api::kDocker, kId, true}, .count = 2, .since = WallTime(seconds(60))}};
  EXPECT_CALL(engine_, Get).WillOnce(InvokeArgument<2>(view));
  const auto volume = Succeed("/VolumeDriver.Get", R"({"Name":"pgdata"})")["Volume"];
  EXPECT_EQ(volume["Mountpoint"], "/v/pgdata/data");
  EXPECT_EQ(volume["Status"]["state"], ToString(StageState::kInUse));
  EXPECT_EQ(volume["Status"]["device"], "/dev/loop3");
  EXPECT_EQ(volume["Status"]["waitingFor"], "grow: \"resize2fs\"");
  const nlohmann::json consumer = {
      {"api", "docker"}, {"id", kId}, {"count", 2}, {"since", "1970-01-01T00:01:00Z"}};
  EXPECT_EQ(volume["Status"]["consumers"], nlohmann::json::array({consumer}));
}

TEST_F(DockerPluginTest, GetOfAnUnknownVolumeIsAnError) {
  EXPECT_CALL(engine_, Get).WillOnce(InvokeArgument<2>(absl::NotFoundError("no volume \"pgdata\" in pool")));
  EXPECT_EQ(Fail("/VolumeDriver.Get", R"({"Name":"pgdata"})"), "no volume \"pgdata\" in pool");
}

TEST_F(DockerPluginTest, ListTakesAnEmptyBodyAndSkipsWhatCannotBeAskedFor) {
  std::vector<VolumeView> views(4, PgData());
  views[0].volume.name = "";
  views[1].volume.name = "alpha";
  views[2].mount_point = "/v/pgdata/data";
  views[3].volume.key.id = "lv-2";  // a second volume of the same name
  EXPECT_CALL(engine_, List("pool", Until(In(50)), _)).Times(2).WillRepeatedly(InvokeArgument<2>(views));
  const auto wanted = nlohmann::json::parse(
      R"({"Volumes":[{"Name":"alpha"},{"Name":"pgdata","Mountpoint":"/v/pgdata/data"}],"Err":""})");
  EXPECT_EQ(Succeed("/VolumeDriver.List", ""), wanted);
  EXPECT_EQ(Succeed("/VolumeDriver.List", "{}"), wanted);
}

TEST_F(DockerPluginTest, AnEmptyListIsAnArray) {
  EXPECT_CALL(engine_, List)
      .WillOnce(InvokeArgument<2>(std::vector<VolumeView>()))
      .WillOnce(InvokeArgument<2>(absl::UnavailableError("the backend is away")));
  EXPECT_EQ(Succeed("/VolumeDriver.List", "{}")["Volumes"], nlohmann::json::array());
  EXPECT_EQ(Fail("/VolumeDriver.List", "{}"), "the backend is away");
}

TEST_F(DockerPluginTest, BadRequestsNeverReachTheEngine) {
  for (const char* call : {"Create", "Remove", "Mount", "Unmount", "Path", "Get"}) {
    for (const char* body : {"", "rubbish", "[]", "{}", R"({"Name":1})", R"({"Name":"../x"})",
                             R"({"Name":"x","Opts":{"a":1}})"}) {
      EXPECT_NE(Fail(std::string("/VolumeDriver.") + call, body), "") << call << " " << body;
    }
  }
}

TEST_F(DockerPluginTest, ErrorTextsSurviveAsJson) {
  EXPECT_CALL(engine_, Path).WillOnce(InvokeArgument<2>(absl::InternalError("a \"b\"\n\\ \x01 \xff")));
  EXPECT_EQ(Fail("/VolumeDriver.Path", R"({"Name":"x"})"), "a \"b\"\n\\ \x01 \xEF\xBF\xBD");
}

TEST_F(DockerPluginTest, UnknownPathsAre404) {
  for (const char* target : {"/", "/VolumeDriver.Explode", "/VolumeDriver.Get/", "", "/volumedriver.get"}) {
    const http::Response response = Call(target, "{}");
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_NE(Parsed(response.body).value("Err", ""), "");
  }
}

TEST_F(DockerPluginTest, AnyMethodAndAQueryAreTaken) {
  auto exchange = std::make_shared<FakeExchange>(
      http::Request{.method = "GET", .target = "/Plugin.Activate?x=1", .headers = {}, .body = ""});
  handler_(exchange);
  EXPECT_EQ(exchange->Await().status, 200);
}

}  // namespace
}  // namespace rexray::server::docker
