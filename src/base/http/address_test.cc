#include "base/http/address.h"

#include <string>

#include "gtest/gtest.h"

#include "base/http/hosts.h"

namespace rexray::http {
namespace {

TEST(Address, TakesEveryDocumentedForm) {
  EXPECT_EQ(ParseAddress("/run/x.sock")->path, "/run/x.sock");
  EXPECT_EQ(ParseAddress("unix:///run/x.sock")->path, "/run/x.sock");
  const auto v4 = ParseAddress("tcp://127.0.0.1:7979");
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_EQ(v4->kind, Address::Kind::kTcp);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 7979);
  EXPECT_EQ(ParseAddress("tcp://[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAddress("tcp://:7979")->host, "");
  EXPECT_EQ(ParseAddress("tcp://0.0.0.0:0")->port, 0);
}

TEST(Address, PrintsWhatItParses) {
  for (const char* text : {"unix:///run/x.sock", "tcp://127.0.0.1:7979", "tcp://[::1]:80", "tcp://:7979"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(*ParseAddress(address->ToString()), *address);
  }
}

TEST(Address, WhatOnlyThisMachineReachesIsLocal) {
  for (const char* text : {"/run/x.sock", "tcp://127.0.0.1:1", "tcp://127.8.9.1:1", "tcp://localhost:1",
                           "tcp://[::1]:1", "tcp://[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(ParseAddress(text)->IsLocal()) << text;
  }
  for (const char* text : {"tcp://:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://192.0.2.7:1",
                           "tcp://128.0.0.1:1", "tcp://[fe80::1]:1", "tcp://[::ffff:192.0.2.7]:1"}) {
    EXPECT_FALSE(ParseAddress(text)->IsLocal()) << text;
  }
}

TEST(Address, RefusesTheRest) {
  for (const char* text : {"", "x.sock", "unix://", "unix://x.sock", "unix:///run/", "http://127.0.0.1:80",
                           "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:65536",
                           "tcp://127.0.0.1:-1", "tcp://127.0.0.1:8 0", "tcp://127.0.0.1:80/", "tcp://::1:80",
                           "tcp://[::1]", "tcp://[::1", "tcp://[127.0.0.1]:80", "tcp://[fe80::1%eth0]:80"}) {
    EXPECT_EQ(ParseAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Address, APathMustFitIntoTheKernelsStructure) {
  EXPECT_TRUE(ParseAddress("/" + std::string(106, 'a')).ok());
  const auto status = ParseAddress("/" + std::string(107, 'a')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("107"), std::string::npos) << status;
}

TEST(Address, KnowsLocalhostAndSaysWhenItDoesNotKnowAName) {
  const auto local = ParseAddress("tcp://localhost:7979");
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_TRUE(local->host == "127.0.0.1" || local->host == "::1") << local->host;
  const auto unknown = ParseAddress("tcp://no-such-host.invalid:7979").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(unknown.message()).find("/etc/hosts"), std::string::npos) << unknown;
}

TEST(Hosts, FindsNamesAsTheFileHasThem) {
  const std::string file =
      "# comment\n127.0.0.1\tlocalhost\n10.0.0.7   db.example db   # 10.0.0.8 other\nnonsense db2\n"
      "::1 ip6-localhost\n10.0.0.9 db\n";
  EXPECT_EQ(FindHost(file, "db"), "10.0.0.7");
  EXPECT_EQ(FindHost(file, "DB.Example"), "10.0.0.7");
  EXPECT_EQ(FindHost(file, "ip6-localhost"), "::1");
  EXPECT_EQ(FindHost(file, "other"), std::nullopt);
  EXPECT_EQ(FindHost(file, "db2"), std::nullopt);
  EXPECT_EQ(FindHost("", "localhost"), "127.0.0.1");
  EXPECT_EQ(FindHost("10.1.1.1 localhost", "localhost"), "10.1.1.1");
}

}  // namespace
}  // namespace rexray::http
