#include "base/json.h"

#include <map>

#include "base/status.h"

// clang-format off: RapidCheck's header needs GoogleTest's before it
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
// clang-format on

namespace rexray {
namespace {

using nlohmann::json;

std::string Refusal(std::string_view text, const JsonLimits& limits = {}) {
  const absl::StatusOr<json> parsed = ParseJson(text, limits);
  if (parsed.ok()) return "accepted: " + DumpJson(*parsed);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << parsed.status();
  return std::string(MessageOf(parsed.status()));
}

TEST(ParseJsonTest, ReadsEveryKindOfValue) {
  const absl::StatusOr<json> parsed = ParseJson(
      R"( {"null": null, "yes": true, "int": -5, "big": 18446744073709551615, "float": 1.5,
           "text": "é\u00e9\n", "list": [1, [], {"a": {}}], "": "empty key"} )");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->at("null").is_null());
  EXPECT_EQ(parsed->at("yes"), true);
  EXPECT_EQ(parsed->at("int"), -5);
  EXPECT_EQ(parsed->at("big"), UINT64_MAX);
  EXPECT_EQ(parsed->at("float"), 1.5);
  EXPECT_EQ(parsed->at("text"), "éé\n");
  EXPECT_EQ(DumpJson(parsed->at("list")), R"([1,[],{"a":{}}])");
  EXPECT_EQ(parsed->at(""), "empty key");
  EXPECT_EQ(ParseJson("7").value(), 7);
}

TEST(ParseJsonTest, OfDuplicateKeysTheLastWinsWhole) {
  EXPECT_EQ(DumpJson(ParseJson(R"({"a":{"x":1},"b":2,"a":{"y":3}})").value()), R"({"a":{"y":3},"b":2})");
}

TEST(ParseJsonTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Refusal(R"({"a":})").substr(0, 25), "not valid JSON at byte 6:");
  EXPECT_EQ(Refusal("").substr(0, 23), "not valid JSON at byte ");
  for (const std::string_view text : {"{", "[1,]", "{'a':1}", "{\"a\" 1}", "nul", "1 2", "{} x", "\"\n\"",
                                      "// no\n1", "NaN", "01", "\"\\ud800\""}) {
    EXPECT_EQ(Refusal(text).substr(0, 23), "not valid JSON at byte ") << text;
  }
  EXPECT_EQ(Refusal("[1e999]"), "not valid JSON at byte 6: a number is too large");
}

TEST(ParseJsonTest, AnErrorNeverRepeatsTheInput) {
  const std::string refusal = Refusal(R"({"password": "hunter2)" + std::string(5000, 'x'));
  EXPECT_EQ(refusal.find("hunter2"), std::string::npos) << refusal;
  EXPECT_LT(refusal.size(), 300U);
}

TEST(ParseJsonTest, NulBytesAndBrokenUtf8AreRefused) {
  EXPECT_EQ(Refusal(std::string_view("{}\0{", 4)), "not valid JSON at byte 3: a NUL byte");
  EXPECT_EQ(Refusal(std::string_view("\"a\0b\"", 5)), "not valid JSON at byte 3: a NUL byte");
  EXPECT_EQ(Refusal("\"\xff\"").substr(0, 25), "not valid JSON at byte 2:");
  EXPECT_EQ(Refusal("\"\xc3").substr(0, 23), "not valid JSON at byte ");
  EXPECT_EQ(ParseJson(R"("\u0000")").value(), std::string(1, '\0'));  // escaped it is a character like others
}

TEST(ParseJsonTest, SizeIsCheckedFirst) {
  const std::string text = "not JSON at all";
  EXPECT_EQ(Refusal(text, {.max_bytes = 5}), "JSON of 15 bytes is larger than the limit of 5 bytes");
  EXPECT_TRUE(ParseJson("[1,2]", {.max_bytes = 5}).ok());
}

TEST(ParseJsonTest, AMillionOpenBracketsAreRefusedEarly) {
  EXPECT_EQ(Refusal(std::string(1'000'000, '[')), "JSON is nested deeper than 32 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(Refusal(objects), "JSON is nested deeper than 32 levels");
}

RC_GTEST_PROP(JsonProperty, DepthIsAcceptedUpToTheLimitAndNoFurther, ()) {
  const int limit = *rc::gen::inRange(0, 50);
  const std::vector<bool> arrays = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
  std::string text = "1";
  for (const bool array : arrays) text = array ? "[0," + text + "]" : R"({"k":0,"n":)" + text + "}";
  const bool accepted = ParseJson(text, {.max_depth = limit}).ok();
  RC_ASSERT(accepted == (static_cast<int>(arrays.size()) <= limit));
}

RC_GTEST_PROP(JsonProperty, AnyBytesAreAValueOrAnError, (const std::string& text)) {
  const absl::StatusOr<json> parsed = ParseJson(text);
  if (!parsed.ok()) RC_ASSERT(parsed.status().code() == absl::StatusCode::kInvalidArgument);
}

RC_GTEST_PROP(JsonProperty, WhatIsDumpedParsesToTheSame,
              (const std::map<std::string, std::string>& members)) {
  // Dumped once, any bytes have become valid text: from there on nothing may change.
  const std::string dumped = DumpJson(json(members));
  const absl::StatusOr<json> parsed = ParseJson(dumped);
  RC_ASSERT(parsed.ok());
  RC_ASSERT(ParseJson(DumpJson(*parsed)).value() == *parsed);
}

RC_GTEST_PROP(JsonProperty, AgreesWithTheLibrarysOwnParser, ()) {
  const std::string text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string(R"([]{},:"a1.e-tru )")));
  const json expected = json::parse(text, nullptr, false);
  const absl::StatusOr<json> parsed = ParseJson(text);
  RC_ASSERT(parsed.ok() == !expected.is_discarded());
  if (parsed.ok()) RC_ASSERT(*parsed == expected);
}

std::string Complaint(std::string_view text) {
  return std::string(MessageOf(ParseJsonFile(text, "app.json").status()));
}

TEST(JsonFile, ErrorsNameTheLineAndTheColumn) {
  EXPECT_THAT(Complaint("{\n  \"a\": x\n}"),
              testing::StartsWith("app.json:2:8: not valid JSON: syntax error"));
  EXPECT_THAT(Complaint("[1 2]"), testing::StartsWith("app.json:1:4: "));
  EXPECT_THAT(Complaint(""), testing::StartsWith("app.json:1:1: "));
  EXPECT_THAT(Complaint("{\"\xc3\xa4\": x"), testing::StartsWith("app.json:1:7: "))
      << "characters, not bytes";
  EXPECT_TRUE(ParseJsonFile("{}", "app.json").ok());
}

TEST(JsonFile, ACommaTooManyIsCalledThat) {
  EXPECT_EQ(Complaint("{\"a\": 1,\n}"), "app.json:2:1: not valid JSON: a comma before a closing bracket");
  EXPECT_EQ(Complaint("[1, ]"), "app.json:1:5: not valid JSON: a comma before a closing bracket");
}

}  // namespace
}  // namespace rexray
