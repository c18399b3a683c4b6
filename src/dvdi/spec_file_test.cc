#include "dvdi/spec_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::dvdi {
namespace {

using ::testing::HasSubstr;

TEST(ParseSpecFile, TakesWhatDockerTakes) {
  EXPECT_EQ(ParseSpecFile(" unix:///run/x.sock\n")->address.path, "/run/x.sock");
  EXPECT_EQ(ParseSpecFile("tcp://127.0.0.1:80")->address.ToString(), "tcp://127.0.0.1:80");
  EXPECT_EQ(ParseSpecFile("http://localhost")->address.ToString(), "tcp://127.0.0.1:80");
  EXPECT_EQ(ParseSpecFile("http://[::1]:8080/")->address.ToString(), "tcp://[::1]:8080");
  EXPECT_EQ(ParseSpecFile("https://[::1]")->address.ToString(), "tcp://[::1]:443");
  EXPECT_EQ(ParseSpecFile("https://[::1]")->host, "::1");
  EXPECT_FALSE(ParseSpecFile("http://localhost")->tls);
}

TEST(ParseSpecFile, AnHttpsUrlWithoutACaIsNotVerified) {
  EXPECT_EQ(ParseSpecFile("https://127.0.0.1:1")->tls, (TlsConfig{true, "", "", ""}));
}

TEST(ParseSpecFile, RefusesTheRest) {
  for (const char* text : {"", "x", "127.0.0.1:1", "/run/x.sock", "ftp://x:1", "unix://x", "tcp://127.0.0.1",
                           "tcp://127.0.0.1:99999", "http://::1:80"}) {
    EXPECT_EQ(ParseSpecFile(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseSpecFile("tcp://no-such-host.invalid:1").ok());
  EXPECT_THAT(std::string(ParseSpecFile("unix:///" + std::string(200, 'x')).status().message()),
              HasSubstr("107"));
}

TEST(ParseJsonFile, ReadsTheTlsConfig) {
  const auto endpoint = ParseJsonFile(R"({"Name": "other", "Addr": "https://localhost:7070", "TLSConfig":
      {"InsecureSkipVerify": false, "CAFile": "/ca", "CertFile": "/cert", "KeyFile": "/key"}})");
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  EXPECT_EQ(endpoint->tls, (TlsConfig{false, "/ca", "/cert", "/key"}));
  EXPECT_EQ(endpoint->host, "localhost");
  EXPECT_EQ(endpoint->address.ToString(), "tcp://127.0.0.1:7070");
}

TEST(ParseJsonFile, VerifiesNothingWithoutACaWhateverItSays) {
  EXPECT_TRUE(ParseJsonFile(R"({"addr": "https://localhost", "tlsconfig": {"insecureskipverify": false}})")
                  ->tls->insecure_skip_verify);
}

TEST(ParseJsonFile, RefusesTheRest) {
  for (const char* text : {"", "[]", "{}", R"({"Addr": 1})", R"({"Addr": ""})", "{"}) {
    EXPECT_FALSE(ParseJsonFile(text).ok()) << text;
  }
}

}  // namespace
}  // namespace rexray::dvdi
