#include "server/docker/plugin_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::server::docker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(PluginRequestTest, ReadsAllFields) {
  const auto request =
      ParsePluginRequest(R"({"Name":"pgdata","ID":"abc","Opts":{"size":"1","Fs":"xfs"},"More":[1]})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->name, "pgdata");
  EXPECT_EQ(request->id, "abc");
  EXPECT_THAT(request->options, ElementsAre(Pair("Fs", "xfs"), Pair("size", "1")));
}

TEST(PluginRequestTest, NullAndAbsentAreTheSame) {
  for (const char* body : {R"({"Name":"x"})", "{\"Name\":\"x\"}\n", R"({"Name":"x","Opts":null,"ID":null})",
                           R"( { "Name" : "x" } )", R"({"Name":"x","Opts":{}})", R"({"Name":"\u0078"})"}) {
    const auto request = ParsePluginRequest(body);
    ASSERT_TRUE(request.ok()) << body << ": " << request.status();
    EXPECT_EQ(request->name, "x") << body;
    EXPECT_EQ(request->id, "");
    EXPECT_TRUE(request->options.empty());
  }
}

TEST(PluginRequestTest, AnEmptyBodySaysWhereItMayComeFrom) {
  const auto request = ParsePluginRequest("");
  EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(request.status())), HasSubstr("retry by dockerd"));
}

TEST(PluginRequestTest, RefusesWhatIsNotARequest) {
  const std::string deep =
      R"({"Name":"x","Opts":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
  for (const std::string& body : {
           std::string(" "),
           std::string("name=x"),
           std::string(R"({"Name":"x")"),
           std::string(R"(["x"])"),
           std::string(R"("x")"),
           std::string("null"),
           std::string(R"({"Name":1})"),
           std::string(R"({"Name":null})"),
           std::string("{}"),
           std::string(R"({"name":"x"})"),
           std::string(R"({"Name":["x"]})"),
           std::string(R"({"Name":"x","ID":1})"),
           std::string(R"({"Name":"x","Opts":["a"]})"),
           std::string(R"({"Name":"x","Opts":"a"})"),
           std::string(R"({"Name":"x","Opts":{"size":1}})"),
           std::string(R"({"Name":"x","Opts":{"size":null}})"),
           std::string(R"({"Name":"\ud800"})"),
           deep,
           std::string(R"({"Name":"x"}{"Name":"y"})"),
           std::string(R"({"Name":"x"}})"),
           std::string("{\"Name\":\"x\xFF\"}"),
           std::string("{\"Name\":\"x\0\"}", 13),
       }) {
    const auto request = ParsePluginRequest(body);
    EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument) << body.substr(0, 80);
  }
}

TEST(PluginRequestTest, RefusesNamesThatWouldLeaveTheirDirectory) {
  for (const std::string name : {"", ".", "..", "../x", "a/b", "/etc", "-x", "a b", "a:b", "é"}) {
    EXPECT_FALSE(ParsePluginRequest(R"({"Name":")" + name + R"("})").ok()) << name;
    EXPECT_FALSE(ParsePluginRequest(R"({"Name":")" + name + R"(","ID":"x"})").ok()) << name;
  }
  EXPECT_FALSE(ParsePluginRequest(R"({"Name":")" + std::string(129, 'x') + R"("})").ok());
  EXPECT_TRUE(ParsePluginRequest(R"({"Name":")" + std::string(128, 'x') + R"("})").ok());
  EXPECT_FALSE(ParsePluginRequest(R"({"Name":"a\\b"})").ok());
  EXPECT_FALSE(ParsePluginRequest(R"({"Name":"a\u0000b"})").ok());
}

TEST(PluginRequestTest, TheQuickWayAndTheParserAgree) {
  // The same request with a blank goes through the parser.
  for (const char* name : {"x", "pg-data_1.2", "", "a/b", "..", "\\u0078", "a\\\"", "\",\"ID\":\"y"}) {
    const auto quick = ParsePluginRequest(std::string(R"({"Name":")") + name + "\"}");
    const auto parsed = ParsePluginRequest(std::string(R"( {"Name":")") + name + "\"}");
    ASSERT_EQ(quick.ok(), parsed.ok()) << name;
    EXPECT_EQ(quick.status(), parsed.status()) << name;
    if (quick.ok()) {
      EXPECT_EQ(quick->name, parsed->name);
      EXPECT_EQ(quick->id, parsed->id);
    }
  }
}

}  // namespace
}  // namespace rexray::server::docker
