#include "drivers/ebs/credentials.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "gmock/gmock.h"

#include "base/status.h"
#include "base/testing/simulated_clock.h"
#include "drivers/ebs/imds.h"
#include "drivers/ebs/testing/scripted_transport.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rexray-aws-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    variables_["HOME"] = directory_;
    std::filesystem::create_directories(directory_ + "/.aws");
  }
  ~CredentialsTest() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(directory_ + "/" + file) << text;
  }
  EnvironmentLookup Environment() {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  std::string Role(const std::string& key, Duration valid_for) {
    const auto end = std::chrono::time_point_cast<std::chrono::seconds>(clock_.WallNow() + valid_for);
    const std::time_t time = std::chrono::system_clock::to_time_t(end);
    char text[32];
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return fmt::format(
        R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"S","Token":"T","Expiration":"{}"}})", key,
        text);
  }
  void ScriptImds(const std::string& key, Duration valid_for) {
    transport_.Expect("/latest/api/token", 200, "TOKEN");
    transport_.Expect("security-credentials/", 200, "my-role\n");
    transport_.Expect("security-credentials/my-role", 200, Role(key, valid_for));
  }

  std::string directory_;
  std::map<std::string, std::string> variables_;
  SimulatedClock clock_;
  ScriptedTransport transport_;
  Deadline never_ = Deadline::Never();
};

TEST_F(CredentialsTest, TheOrderOfTheChain) {
  Imds imds(clock_, transport_, Environment(), "");
  const auto chain = [&](const std::string& configured) {
    return CredentialChain(clock_,
                           {ConfiguredCredentials(configured, Secret(configured), Secret()),
                            EnvironmentCredentials(Environment()), SharedFileCredentials(Environment(), ""),
                            ContainerCredentials(Environment(), transport_), InstanceCredentials(imds)});
  };
  ScriptImds("FROM-ROLE", hours(6));
  EXPECT_EQ(chain("").Get(never_)->access_key, "FROM-ROLE");
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "auth";
  transport_.Expect("http://169.254.170.2/v2/x", 200, Role("FROM-CONTAINER", hours(1)));
  EXPECT_EQ(chain("").Get(never_)->access_key, "FROM-CONTAINER");
  Write(".aws/credentials", "[default]\naws_access_key_id = FROM-FILE\naws_secret_access_key=s=/+\n");
  EXPECT_EQ(chain("").Get(never_)->access_key, "FROM-FILE");
  EXPECT_EQ(chain("").Get(never_)->secret_key.Reveal(), "s=/+");
  variables_["AWS_ACCESS_KEY_ID"] = "FROM-ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(chain("").Get(never_)->access_key, "FROM-ENV");
  EXPECT_EQ(chain("FROM-CONFIG").Get(never_)->access_key, "FROM-CONFIG");
}

TEST_F(CredentialsTest, Profiles) {
  Write(".aws/credentials",
        "# comment\n[default]\naws_access_key_id=D\naws_secret_access_key=d\n[ops]\n"
        "aws_access_key_id=O\naws_secret_access_key=o\naws_session_token=t\n");
  Write(".aws/config",
        "[default]\nregion = eu-west-1\n[profile ops]\nregion=eu-west-2\n  nested = x\n"
        "[profile role]\nrole_arn = arn:x\nsource_profile = ops\n");
  const auto get = [&](const std::string& profile) {
    return CredentialChain(clock_, {SharedFileCredentials(Environment(), profile)}).Get(never_);
  };
  EXPECT_EQ(get("")->access_key, "D");
  EXPECT_EQ(get("ops")->session_token.Reveal(), "t");
  EXPECT_EQ(RegionOfProfile(Environment(), ""), "eu-west-1");
  EXPECT_EQ(RegionOfProfile(Environment(), "ops"), "eu-west-2");
  variables_["AWS_PROFILE"] = "ops";
  EXPECT_EQ(get("")->access_key, "O");
  EXPECT_THAT(std::string(MessageOf(get("nobody").status())), HasSubstr("\"nobody\" has no keys"));
  EXPECT_THAT(std::string(MessageOf(get("role").status())), HasSubstr("role_arn"));
}

TEST_F(CredentialsTest, HalfAPairIsAnErrorAndNotAnotherIdentity) {
  variables_["AWS_ACCESS_KEY_ID"] = "A";
  CredentialChain chain(clock_, {EnvironmentCredentials(Environment())});
  EXPECT_EQ(chain.Get(never_).status().code(), absl::StatusCode::kUnauthenticated);
  CredentialChain configured(clock_, {ConfiguredCredentials("A", Secret(), Secret())});
  EXPECT_THAT(std::string(MessageOf(configured.Get(never_).status())), HasSubstr("ebs.secretKey"));
}

TEST_F(CredentialsTest, NoneAnywhereSaysWhereItLooked) {
  CredentialChain chain(clock_, {EnvironmentCredentials(Environment())});
  const absl::Status status = chain.Get(never_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("~/.aws/credentials"));
}

TEST_F(CredentialsTest, ARolesKeysAreReplacedBeforeTheyEnd) {
  Imds imds(clock_, transport_, Environment(), "");
  CredentialChain chain(clock_, {InstanceCredentials(imds)});
  ScriptImds("ONE", hours(1));
  EXPECT_EQ(chain.Get(never_)->access_key, "ONE");
  clock_.Advance(minutes(54));
  EXPECT_EQ(chain.Get(never_)->access_key, "ONE") << "nothing is asked while they hold";
  clock_.Advance(minutes(2));
  transport_.Fail("security-credentials/", absl::UnavailableError("down"));
  transport_.Fail("security-credentials/", absl::UnavailableError("down"));
  transport_.Fail("security-credentials/", absl::UnavailableError("down"));
  EXPECT_EQ(chain.Get(never_)->access_key, "ONE") << "a failed refresh is no outage while they hold";
  clock_.Advance(minutes(1));
  transport_.Expect("security-credentials/", 200, "my-role");
  transport_.Expect("security-credentials/my-role", 200, Role("TWO", hours(6)));
  EXPECT_EQ(chain.Get(never_)->access_key, "TWO");
  EXPECT_EQ(transport_.unused(), 0u);
}

TEST_F(CredentialsTest, ImdsVersions) {
  Imds imds(clock_, transport_, Environment(), "http://imds");
  transport_.Expect("/latest/api/token", 404, "");  // version 1 only
  transport_.Expect("/latest/x", 200, "one");
  EXPECT_EQ(*imds.Get("/latest/x", never_), "one");
  EXPECT_EQ(imds.version(), 1);
  transport_.Expect("/latest/api/token", 200, "TOKEN");
  transport_.Expect("/latest/x", 200, "two");
  EXPECT_EQ(*imds.Get("/latest/x", never_), "two");
  EXPECT_EQ(imds.version(), 2);
  EXPECT_EQ(transport_.requests().back().headers.at(0).second, "TOKEN");
  transport_.Expect("/latest/x", 401, "");  // the token ended early
  transport_.Expect("/latest/api/token", 200, "TOKEN2");
  transport_.Expect("/latest/x", 200, "three");
  EXPECT_EQ(*imds.Get("/latest/x", never_), "three");
  EXPECT_TRUE(absl::IsNotFound([&] {
    transport_.Expect("/latest/y", 404, "");
    return imds.Get("/latest/y", never_).status();
  }()));
}

TEST_F(CredentialsTest, AHopLimitThatIsTooShortIsNamed) {
  Imds imds(clock_, transport_, Environment(), "http://imds");
  for (int i = 0; i < 3; ++i) {
    transport_.Fail("/latest/api/token", absl::UnavailableError("no whole answer within 2000 ms"));
    transport_.Expect("/latest/x", 401, "");
  }
  const absl::Status status = imds.Get("/latest/x", never_).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("--http-put-response-hop-limit 2"));
}

TEST_F(CredentialsTest, TheIdentityDocument) {
  Imds imds(clock_, transport_, Environment(), "");
  transport_.Expect("/latest/api/token", 200, "TOKEN");
  transport_.Expect(
      "instance-identity/document", 200,
      R"({"instanceId":"i-1","region":"eu-west-1","availabilityZone":"eu-west-1a","instanceType":"m7i"})");
  auto identity = imds.Identity(never_);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->instance, "i-1");
  EXPECT_EQ(identity->zone, "eu-west-1a");
  transport_.Expect("instance-identity/document", 200, "<html>");
  EXPECT_TRUE(absl::IsUnavailable(imds.Identity(never_).status()));
  variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Imds(clock_, transport_, Environment(), "").Identity(never_).status()));
}

TEST_F(CredentialsTest, KeysAreNotSentToStrangers) {
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/creds";
  CredentialChain chain(clock_, {ContainerCredentials(Environment(), transport_)});
  EXPECT_EQ(chain.Get(never_).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(transport_.requests().empty());
}

}  // namespace
}  // namespace rexray::drivers::ebs
