#include "server/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/json.h"

namespace rexray::server {
namespace {

std::string Quoted(std::string_view text) {
  JsonWriter json;
  json.String(text);
  return json.Take();
}

TEST(JsonWriterTest, PutsCommasWhereTheyBelong) {
  JsonWriter json;
  json.BeginObject().Key("a").Integer(1).Key("b").BeginArray().EndArray();
  json.Key("c").BeginArray().String("x").String("{").Null().BeginObject().EndObject().EndArray();
  json.Key("d")
      .BeginObject()
      .Key("e")
      .Bool(true)
      .Key("f")
      .Bool(false)
      .EndObject()
      .Key(":")
      .String("[")
      .EndObject();
  EXPECT_EQ(json.Take(), R"({"a":1,"b":[],"c":["x","{",null,{}],"d":{"e":true,"f":false},":":"["})");
}

TEST(JsonWriterTest, WritesTheWholeRangeOfIntegers) {
  JsonWriter json;
  json.BeginArray()
      .Integer(std::numeric_limits<uint64_t>::max())
      .Integer(std::numeric_limits<int64_t>::min());
  json.Integer(-1).EndArray();
  EXPECT_EQ(json.Take(), "[18446744073709551615,-9223372036854775808,-1]");
}

TEST(JsonWriterTest, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(Quoted("a\"b\\c\n\r\t\x01\x1f\x7f"), R"("a\"b\\c\n\r\t\u0001\u001f\u007f")");
  EXPECT_EQ(Quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriterTest, EveryByteStringComesBackFromTheParser) {
  // All pairs of bytes: what is valid UTF-8 comes back as it was, and nothing breaks the parser.
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const auto parsed = ParseJson(Quoted(text));
      ASSERT_TRUE(parsed.ok()) << first << " " << second << ": " << parsed.status();
      if (first < 0x80 && second < 0x80) {
        ASSERT_EQ(parsed->get<std::string>(), text);
      }
    }
  }
}

TEST(JsonWriterTest, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(Quoted("ü€😀"), "\"ü€😀\"");
  EXPECT_EQ(Quoted("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"") << "overlong";
  EXPECT_EQ(Quoted("\xED\xA0\x80x"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"") << "surrogate";
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")
      << "above U+10FFFF";
}

}  // namespace
}  // namespace rexray::server
