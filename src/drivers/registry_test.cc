#include "drivers/registry.h"

#include <filesystem>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/fake/fake_host.h"

namespace rexray::drivers {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : host_(SystemClock::Get()) {}

  DriverRequest Request(const std::string& driver) {
    DriverRequest request;
    request.service = "rexray";
    request.driver_name = driver;
    request.lib_directory = directory_.path();
    request.node_id = "this-node";
    request.setting = [this](std::string_view key) -> std::optional<std::string> {
      const auto found = settings_.find(std::string(key));
      if (found == settings_.end()) return std::nullopt;
      return found->second;
    };
    return request;
  }

  conformance::TemporaryDirectory directory_;
  fake::FakeHost host_;
  std::map<std::string, std::string> settings_;
};

TEST_F(RegistryTest, LocalLivesBelowTheLibDirectory) {
  auto driver = MakeDriver(Request("Local"), host_.AsHost());
  ASSERT_TRUE(driver.ok()) << driver.status();
  EXPECT_EQ((*driver)->Name(), "local");
  EXPECT_EQ((*driver)->ThisNode({})->id, "this-node");
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/local/catalogue.db"));
}

TEST_F(RegistryTest, LocalLivesWhereItIsToldTo) {
  settings_["local.directory"] = directory_.path() + "/elsewhere";
  auto driver = MakeDriver(Request("local"), host_.AsHost());
  ASSERT_TRUE(driver.ok()) << driver.status();
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/elsewhere/catalogue.db"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/local"));
}

TEST_F(RegistryTest, EbsUnderAllItsNamesAsksNobodyAnythingWhenItIsOpened) {
  for (const char* name : {"ebs", "EC2", "aws"}) {
    auto driver = MakeDriver(Request(name), host_.AsHost());
    ASSERT_TRUE(driver.ok()) << driver.status();
    EXPECT_EQ((*driver)->Name(), "ebs");
  }
  settings_["ebs.tags"] = "nonsense";
  EXPECT_THAT(std::string(MessageOf(MakeDriver(Request("ebs"), host_.AsHost()).status())),
              HasSubstr("ebs.tags"));
}

TEST_F(RegistryTest, AnErrorNamesTheService) {
  settings_["local.directory"] = "not/absolute";
  const absl::Status refused = MakeDriver(Request("local"), host_.AsHost()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("service \"rexray\" (local)"));
}

TEST_F(RegistryTest, VfsLivesBelowTheLibDirectoryOrWhereItIsToldTo) {
  ASSERT_TRUE(MakeDriver(Request("vfs"), host_.AsHost()).ok());
  EXPECT_TRUE(std::filesystem::is_directory(directory_.path() + "/vfs/volumes"));
  settings_["vfs.root"] = directory_.path() + "/elsewhere";
  auto driver = MakeDriver(Request("VFS"), host_.AsHost());
  ASSERT_TRUE(driver.ok()) << driver.status();
  EXPECT_EQ((*driver)->Name(), "vfs");
  EXPECT_TRUE(std::filesystem::is_directory(directory_.path() + "/elsewhere/volumes"));
}

TEST_F(RegistryTest, AnUnknownDriverNamesTheKnownOnes) {
  for (const char* name : {"nope", "", "fake", "EC2\n"}) {
    const absl::Status refused = MakeDriver(Request(name), host_.AsHost()).status();
    EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
    EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("there are: ebs, local"));
    EXPECT_THAT(std::string(MessageOf(refused)), Not(HasSubstr("\n")));
  }
}

TEST_F(RegistryTest, EveryDriverCanBeDiagnosedWithoutBeingOpened) {
  settings_["ebs.tags"] = "nonsense";  // so that nobody is asked over a network
  for (const std::string& name : KnownDrivers()) {
    const std::vector<Diagnosis> all = Diagnose(Request(name), host_.AsHost(), {});
    ASSERT_FALSE(all.empty()) << name;
    for (const Diagnosis& one : all) EXPECT_FALSE(one.evidence.empty()) << name << ": " << one.check;
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path())) << "nothing was made";
  EXPECT_THAT(Diagnose(Request("ebs"), host_.AsHost(), {}).front().evidence, HasSubstr("ebs.tags"));
  EXPECT_THAT(Diagnose(Request("nope"), host_.AsHost(), {}).front().evidence,
              HasSubstr("there is no storage driver"));
}

TEST_F(RegistryTest, UpstreamsNames) {
  EXPECT_EQ(CanonicalDriverName("EC2"), "ebs");
  EXPECT_EQ(CanonicalDriverName("aws"), "ebs");
  EXPECT_EQ(CanonicalDriverName("Ebs"), "ebs");
  EXPECT_EQ(CanonicalDriverName("gce"), "gcepd");
  EXPECT_EQ(CanonicalDriverName("OpenStack"), "cinder");
  EXPECT_EQ(CanonicalDriverName("Local"), "local");
  EXPECT_EQ(CanonicalDriverName("Nope"), "nope");
  EXPECT_THAT(KnownDrivers(), Contains("local"));
  EXPECT_THAT(KnownDrivers(), Contains("vfs"));
  EXPECT_THAT(KnownDrivers(), Contains("ebs"));
  EXPECT_THAT(KnownDrivers(), Not(Contains("fake")));
}

}  // namespace
}  // namespace rexray::drivers
