#include "cli/rexray/yaml.h"

#include <gtest/gtest.h>

#include <random>

#include "nlohmann/json.hpp"
#include "yaml-cpp/yaml.h"

namespace rexray::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(Yaml, LooksAsRexRayPrintedIt) {
  const Json volume = {{"name", "test"},
                       {"iops", 30},
                       {"size", "10"},
                       {"networkname", ""},
                       {"attachments", Json::array({{{"volumeid", "vol-1"}, {"status", "attached"}}})},
                       {"empty", Json::array()}};
  EXPECT_EQ(ToYaml(Json::array({volume})),
            "- name: test\n"
            "  iops: 30\n"
            "  size: \"10\"\n"
            "  networkname: \"\"\n"
            "  attachments:\n"
            "  - volumeid: vol-1\n"
            "    status: attached\n"
            "  empty: []\n");
  EXPECT_EQ(ToYaml("/var/lib/rexray/volumes/x/data"), "/var/lib/rexray/volumes/x/data\n");
  EXPECT_EQ(ToYaml(""), "\"\"\n");
  EXPECT_EQ(ToYaml(Json::array()), "[]\n");
  EXPECT_EQ(ToYaml(Json::object()), "{}\n");
  EXPECT_EQ(ToYaml(Json()), "null\n");
  EXPECT_EQ(ToYaml({{"a", {{"b", {{"c", true}}}}}}), "a:\n  b:\n    c: true\n");
}

/// Another reader must get the same string back, as a string.
void ExpectReadsBack(const std::string& text) {
  const std::string yaml = ToYaml({{"key", text}, {"list", Json::array({text})}});
  const YAML::Node node = YAML::Load(yaml);
  EXPECT_EQ(node["key"].as<std::string>(), text) << yaml;
  EXPECT_EQ(node["list"][0].as<std::string>(), text) << yaml;
  for (const char c : yaml) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << yaml;
}

TEST(Yaml, StringsReadBackWhateverTheyHold) {
  for (const char* text :
       {"",      "plain",  "10",     "0x10",    "1e3",      "010",      "1_000",  "12:30",  "2026-05-01",
        "true",  "Yes",    "off",    "null",    "~",        "-",        "- a",    "? a",    "a: b",
        "a:",    "a:b",    "# c",    "a #c",    "a#c",      "'q'",      "\"q\"",  "[a]",    "{a: b}",
        "a, b",  "*x",     "&x",     "!x",      "|",        ">",        "%x",     "@x",     "`x",
        " lead", "trail ", "a\nb",   "a\tb",    "\x1b[0",   "\x7f",     "\u0085", "\u2028", "größe",
        "数据",  "🎉",      "\\n",    "a\\",     "=",        "<<",       "+1",     ".5",     "...",
        "---",   "a\r\nb", "\u202e", "\uFEFFx", "x: \"y\"", "key: [1,2"}) {
    ExpectReadsBack(text);
  }
}

TEST(Yaml, RandomStringsReadBack) {
  std::mt19937 random(11);
  const std::string letters = "ab1 :-#'\"[]{},&*!|>%@`\\\n\t\x1b\x7f?=.~";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const size_t length = random() % 8;
    for (size_t i = 0; i < length; ++i) text += letters[random() % letters.size()];
    ExpectReadsBack(text);
  }
}

TEST(Yaml, ScalarsThatLookLikeOthersAreQuoted) {
  for (const char* text : {"10", "true", "no", "null", "0x1F", "1.5", "2026-05-01", "y"}) {
    EXPECT_EQ(ToYaml(text), std::string("\"") + text + "\"\n");
  }
}

TEST(Yaml, KeysAreQuotedToo) {
  EXPECT_EQ(ToYaml({{"a: b", 1}}), "\"a: b\": 1\n");
}

}  // namespace
}  // namespace rexray::cli
