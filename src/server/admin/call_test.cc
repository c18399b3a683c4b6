#include "server/admin/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::server::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(TargetTest, IsTakenApart) {
  const auto target = ParseTarget("/v1/volume?name=a%20b%26c&service=x+y&empty=&flag&");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "/v1/volume");
  EXPECT_THAT(target->query, ElementsAre(Pair("empty", ""), Pair("flag", ""), Pair("name", "a b&c"),
                                         Pair("service", "x y")));
}

TEST(TargetTest, WithoutAQuery) {
  for (const char* text : {"/v1/status", "/v1/status?", "/v1/status?&&"}) {
    const auto target = ParseTarget(text);
    ASSERT_TRUE(target.ok()) << text;
    EXPECT_EQ(target->path, "/v1/status");
    EXPECT_THAT(target->query, IsEmpty());
  }
}

TEST(TargetTest, BadQueriesAreRefused) {
  for (const char* text : {"/x?a=%", "/x?a=%4", "/x?a=%zz", "/x?%00=1", "/x?a=%00", "/x?=1", "/x?a=1&a=1"}) {
    EXPECT_EQ(ParseTarget(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(FieldsTest, GivesWhatIsThere) {
  auto fields = Fields::OfBody(
      R"({"text":"a","yes":true,"number":18446744073709551615,"list":["a","b"],"map":{"k":"v"},"nothing":null})");
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_EQ(fields->Text("text"), "a");
  EXPECT_EQ(fields->Bool("yes"), true);
  EXPECT_EQ(fields->Whole("number"), UINT64_MAX);
  EXPECT_THAT(fields->Texts("list"), ElementsAre("a", "b"));
  EXPECT_THAT(fields->TextMap("map"), ElementsAre(Pair("k", "v")));
  EXPECT_EQ(fields->Text("nothing"), std::nullopt);
  EXPECT_EQ(fields->Text("absent"), std::nullopt);
  EXPECT_EQ(fields->Finish(), absl::OkStatus());
}

TEST(FieldsTest, AnEmptyBodyIsAnEmptyObject) {
  auto fields = Fields::OfBody("");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->Bool("force"), std::nullopt);
  EXPECT_EQ(fields->Finish(), absl::OkStatus());
}

TEST(FieldsTest, OnlyAnObjectIsABody) {
  for (const char* body : {"[]", "1", "\"x\"", "null", "{", "rubbish", "{}{}"}) {
    EXPECT_EQ(Fields::OfBody(body).status().code(), absl::StatusCode::kInvalidArgument) << body;
  }
}

TEST(FieldsTest, WrongTypesAreNamed) {
  const auto refused = [](const char* body, auto get) {
    auto fields = Fields::OfBody(body);
    EXPECT_TRUE(fields.ok());
    get(*fields);
    return std::string(MessageOf(fields->Finish()));
  };
  const auto whole = [](Fields& f) { f.Whole("x"); };
  for (const char* body : {R"({"x":"1"})", R"({"x":-1})", R"({"x":1.5})", R"({"x":true})", R"({"x":1e30})"}) {
    EXPECT_THAT(refused(body, whole), HasSubstr("\"x\" must be a whole number")) << body;
  }
  EXPECT_THAT(refused(R"({"x":1})", [](Fields& f) { f.Text("x"); }), HasSubstr("a string"));
  EXPECT_THAT(refused(R"({"x":"true"})", [](Fields& f) { f.Bool("x"); }), HasSubstr("true or false"));
  EXPECT_THAT(refused(R"({"x":["a",1]})", [](Fields& f) { f.Texts("x"); }), HasSubstr("an array of strings"));
  EXPECT_THAT(refused(R"({"x":"a"})", [](Fields& f) { f.Texts("x"); }), HasSubstr("an array of strings"));
  EXPECT_THAT(refused(R"({"x":{"a":1}})", [](Fields& f) { f.TextMap("x"); }),
              HasSubstr("an object of strings"));
  EXPECT_THAT(refused(R"({"x":["a"]})", [](Fields& f) { f.TextMap("x"); }),
              HasSubstr("an object of strings"));
}

TEST(FieldsTest, WhatNobodyAskedForIsAnError) {
  auto fields = Fields::OfBody(R"({"force":true,"forse":true})");
  ASSERT_TRUE(fields.ok());
  fields->Bool("force");
  EXPECT_THAT(std::string(MessageOf(fields->Finish())), HasSubstr("unknown field \"forse\""));
}

TEST(FieldsTest, QueriesHaveTypesToo) {
  Fields query = Fields::OfQuery({{"name", "17"}, {"timeout", "30"}, {"onlyOurs", "true"}});
  EXPECT_EQ(query.Text("name"), "17") << "a volume may be called so";
  EXPECT_EQ(query.Whole("timeout"), 30u);
  EXPECT_EQ(query.Bool("onlyOurs"), true);
  EXPECT_EQ(query.Finish(), absl::OkStatus());

  Fields bad = Fields::OfQuery({{"timeout", "30s"}});
  bad.Whole("timeout");
  EXPECT_THAT(std::string(MessageOf(bad.Finish())), HasSubstr("query parameter \"timeout\""));
}

}  // namespace
}  // namespace rexray::server::admin
