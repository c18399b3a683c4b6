#include "mesos/plugin_mounter.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <deque>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/json.h"
#include "base/testing/simulated_clock.h"
#include "base/unique_fd.h"
#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plugin behind no socket at all: it notes what it is asked and answers by method.
class ScriptedPlugin final : public dvdi::Transports, public http::Transport {
 public:
  absl::StatusOr<std::unique_ptr<http::Transport>> For(const dvdi::Endpoint&) override {
    return std::make_unique<Forward>(*this);
  }
  absl::StatusOr<http::ClientResponse> Send(const http::Address&, const http::Request& request,
                                            Deadline) override {
    calls.push_back(std::string(request.target) + " " + std::string(request.body));
    const auto answer = answers.find(std::string(request.target));
    http::ClientResponse response;
    response.status = 200;
    response.body = answer == answers.end() ? "{\"Err\":\"\"}" : answer->second;
    return response;
  }

  std::vector<std::string> calls;
  std::map<std::string, std::string> answers{
      {"/Plugin.Activate", R"({"Implements":["VolumeDriver"]})"},
      {"/VolumeDriver.Get", R"({"Volume":{"Name":"v"},"Err":""})"},
      {"/VolumeDriver.Mount", R"({"Mountpoint":"/mnt/v","Err":""})"},
  };

 private:
  class Forward final : public http::Transport {
   public:
    explicit Forward(ScriptedPlugin& to) : to_(to) {}
    absl::StatusOr<http::ClientResponse> Send(const http::Address& address, const http::Request& request,
                                              Deadline deadline) override {
      return to_.Send(address, request, deadline);
    }

   private:
    ScriptedPlugin& to_;
  };
};

class PluginMounterTest : public testing::Test {
 protected:
  PluginMounterTest() {
    places_.socket_dirs = {folder_.path()};
    places_.default_docker_root = folder_.path() + "/docker";
  }

  void MakeSocket(const std::string& name) {
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.path() + "/" + name + ".sock";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  absl::StatusOr<std::string> Mount(const DriverOptions& options = {}, bool explicit_create = false) {
    return mounter_().Mount({"fake", "v"}, options, explicit_create, Deadline::Never());
  }
  absl::Status Unmount() { return mounter_().Unmount({"fake", "v"}, Deadline::Never()); }

  TemporaryFolder folder_;
  dvdi::PluginPlaces places_;
  SimulatedClock clock_;
  ScriptedPlugin plugin_;
  UniqueFd socket_;

 private:
  PluginMounter mounter_() { return PluginMounter(places_, clock_, plugin_); }
};

TEST_F(PluginMounterTest, AKnownVolume) {
  MakeSocket("fake");
  const auto path = Mount({{"size", "5"}});
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, "/mnt/v");
  EXPECT_THAT(plugin_.calls, ElementsAre(HasSubstr("/Plugin.Activate"), HasSubstr("/VolumeDriver.Get"),
                                         HasSubstr("/VolumeDriver.Mount")));
  EXPECT_THAT(plugin_.calls.back(), HasSubstr("dvdcli:v"));
}

TEST_F(PluginMounterTest, AnUnknownVolumeIsCreated) {
  MakeSocket("fake");
  plugin_.answers["/VolumeDriver.Get"] = R"({"Err":"no such volume"})";
  ASSERT_TRUE(Mount({{"size", "5"}}).ok());
  ASSERT_EQ(plugin_.calls.size(), 4u);
  EXPECT_THAT(plugin_.calls[2], HasSubstr("/VolumeDriver.Create"));
  EXPECT_THAT(plugin_.calls[2], HasSubstr(R"("size":"5")"));
}

TEST_F(PluginMounterTest, AnUnknownVolumeIsNotCreatedWhenTheTaskSaysSo) {
  MakeSocket("fake");
  plugin_.answers["/VolumeDriver.Get"] = R"({"Err":"no such volume"})";
  EXPECT_THAT(Mount({}, true).status().message(), HasSubstr("no such volume"));
  EXPECT_EQ(plugin_.calls.size(), 2u);
}

TEST_F(PluginMounterTest, NonsenseIsNotTakenForAMissingVolume) {
  MakeSocket("fake");
  plugin_.answers["/VolumeDriver.Get"] = "<html>";
  EXPECT_FALSE(Mount().ok());
  EXPECT_EQ(plugin_.calls.size(), 2u) << "nothing was created";
}

TEST_F(PluginMounterTest, NotAVolumePlugin) {
  MakeSocket("fake");
  plugin_.answers["/Plugin.Activate"] = R"({"Implements":["NetworkDriver"]})";
  EXPECT_FALSE(Mount().ok());
  EXPECT_EQ(plugin_.calls.size(), 1u);
}

TEST_F(PluginMounterTest, UnmountUsesTheSameConsumer) {
  MakeSocket("fake");
  ASSERT_TRUE(Unmount().ok());
  EXPECT_THAT(plugin_.calls, ElementsAre(HasSubstr("/Plugin.Activate"), HasSubstr("/VolumeDriver.Unmount")));
  EXPECT_THAT(plugin_.calls.back(), HasSubstr("dvdcli:v"));
}

TEST_F(PluginMounterTest, UnmountOfAVolumeThatIsGone) {
  MakeSocket("fake");
  plugin_.answers["/VolumeDriver.Unmount"] = R"({"Err":"no such volume"})";
  EXPECT_FALSE(Unmount().ok()) << "the plugin still knows it";
  plugin_.answers["/VolumeDriver.Get"] = R"({"Err":"no such volume"})";
  EXPECT_TRUE(Unmount().ok());
}

TEST_F(PluginMounterTest, APluginThatComesLateIsWaitedFor) {
  Awaited<absl::StatusOr<std::string>> path;
  std::thread mounting([&] { path.Set(Mount()); });
  clock_.WaitForWaiters(1);
  MakeSocket("fake");
  clock_.Advance(std::chrono::seconds(1));
  mounting.join();
  EXPECT_TRUE(path.Get().ok()) << path.Get().status();
}

TEST_F(PluginMounterTest, APluginThatNeverComes) {
  Awaited<absl::StatusOr<std::string>> path;
  std::thread mounting([&] { path.Set(Mount()); });
  for (const int wait : {1, 2, 4, 8}) {
    clock_.WaitForWaiters(1);
    clock_.Advance(std::chrono::seconds(wait));
  }
  mounting.join();
  EXPECT_EQ(path.Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(path.Get().status().message(), HasSubstr("looking up volume plugin fake"));
  EXPECT_THAT(plugin_.calls, IsEmpty());
}

}  // namespace
}  // namespace rexray::mesos
