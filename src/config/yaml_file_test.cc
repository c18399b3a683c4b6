#include "config/yaml_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> Flat(std::string_view text) {
  const auto file = ParseYaml(text, "f.yml");
  if (!file.ok()) return {std::string(MessageOf(file.status()))};
  std::vector<std::string> out;
  for (const YamlValue& value : file->values) {
    std::string line = value.key + "=" + value.value.text;
    for (const std::string& item : value.value.items) line += "[" + item + "]";
    if (value.value.kind == RawValue::Kind::kOther) line += "?";
    out.push_back(line + "@" + std::to_string(value.line) + ":" + std::to_string(value.column));
  }
  return out;
}

std::string MessageFor(std::string_view text) {
  const auto file = ParseYaml(text, "f.yml");
  return file.ok() ? "" : std::string(MessageOf(file.status()));
}

TEST(YamlFile, KeepsOrderAndMarks) {
  EXPECT_THAT(Flat("b:\n  c: 1\n  d: [x, 'y z']\na: \"0700\"\n"),
              ElementsAre("b.c=1@2:6", "b.d=[x][y z]@3:6", "a=0700@4:4"));
}

TEST(YamlFile, DottedKeysAndJsonAreTheSame) {
  EXPECT_THAT(Flat("rexray.logLevel: info"), ElementsAre("rexray.logLevel=info@1:18"));
  EXPECT_THAT(Flat(R"({"rexray":{"logLevel":"info"}})"), ElementsAre("rexray.logLevel=info@1:23"));
}

TEST(YamlFile, NothingWrittenIsNothing) {
  for (const char* text :
       {"", "\n", "# only a comment\n", "---\n", "~", "{}", "a:\n", "a: ~", "a: null", "a: {b: }"}) {
    EXPECT_THAT(Flat(text), IsEmpty()) << text;
  }
  EXPECT_THAT(Flat("a: ''"), ElementsAre("a=@1:4"));
  EXPECT_THAT(Flat("a: 'null'"), ElementsAre("a=null@1:4"));
  EXPECT_THAT(Flat("a: []"), ElementsAre("a=@1:4"));
}

TEST(YamlFile, AListOfSectionsIsKeptForItsKeyToRefuse) {
  EXPECT_THAT(Flat("a: [{b: 1}]"), ElementsAre("a=?@1:4"));
}

TEST(YamlFile, AliasesAndMergeKeys) {
  EXPECT_THAT(Flat("x: &x {p: 1, q: 2}\ny: *x"),
              ElementsAre("x.p=1@1:11", "x.q=2@1:17", "y.p=1@1:11", "y.q=2@1:17"));
  EXPECT_THAT(Flat("x: &x {p: 1, q: 2}\ny:\n  <<: *x\n  P: 3"),
              ElementsAre("x.p=1@1:11", "x.q=2@1:17", "y.P=3@4:6", "y.q=2@1:17"));
  EXPECT_THAT(Flat("x: &x {p: 1}\nz: &z {p: 2, r: 3}\ny:\n  <<: [*x, *z]"),
              ElementsAre("x.p=1@1:11", "z.p=2@2:11", "z.r=3@2:17", "y.p=1@1:11", "y.r=3@2:17"));
  EXPECT_EQ(MessageFor("a: {<<: 3}"), "f.yml:1:9: \"<<\" takes a section or a list of sections");
}

TEST(YamlFile, SecondKeysAndSecondDocumentsWarn) {
  const auto file = ParseYaml("a: 1\nb: 2\nA: 3\n---\nc: 4\n", "f.yml");
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(file->warnings,
              ElementsAre("f.yml:3: \"A\" is written a second time (first in line 1); the later one counts",
                          "f.yml:5: a second document begins; only the first one counts"));
  const auto one = ParseYaml("a: 1\n---\n", "f.yml");
  ASSERT_TRUE(one.ok());
  EXPECT_THAT(one->warnings, IsEmpty());
}

TEST(YamlFile, ErrorsAreOneLineWithPlaceAndKey) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"rexray:\n  logLevel: info: debug\n",
       "f.yml:2:17: not YAML after the key \"rexray.logLevel\": illegal map value"},
      {"a: [1, 2", "f.yml:1:1: not YAML after the key \"a\": end of sequence flow not found"},
      {"a: 'x", "f.yml:1:6: not YAML after the key \"a\": illegal EOF in scalar"},
      {"a:\n\tb: 1\n", "f.yml:2:3: not YAML after the key \"a\": illegal map value"},
      {"a: *nobody", "f.yml:1:4: not YAML after the key \"a\": the referenced anchor is not defined"},
      {"a: &a [*a]", "f.yml:1:8: an alias to a section that it is part of"},
      {"a: &a {b: *a}", "f.yml:1:11: an alias to a section that it is part of"},
      {"just words", "f.yml:1:1: the file is not a section of keys (\"key: value\")"},
      {"- a\n- b\n", "f.yml:1:1: the file is not a section of keys (\"key: value\")"},
      {"a:\n  [1, 2]: x", "f.yml:2:3: a key that is not a name in a"},
      {"a: {'': 1}", "f.yml:1:5: a key that is not a name in a"},
      {"\"a\\tb\": 1", "f.yml:1:1: a control character in the key \"a\\x09b\""},
      {"a: b\x01", "f.yml:1:5: byte 0x01 is not text: the file must be UTF-8"},
      {"a: 1\nb: \x04\nc: 2", "f.yml:2:4: byte 0x04 is not text: the file must be UTF-8"},
      {"a: \xff\xfe", "f.yml:1:4: byte 0xff is not text: the file must be UTF-8"},
      {"a: \xc0\xaf", "f.yml:1:4: byte 0xc0 is not text: the file must be UTF-8"},
  };
  for (const auto& test : cases) {
    const std::string message = MessageFor(test.text);
    EXPECT_THAT(message, StartsWith(test.message)) << test.text;
    EXPECT_THAT(message, Not(HasSubstr("\n"))) << test.text;
  }
}

TEST(YamlFile, SizeIsBounded) {
  const std::string most = "a: " + std::string(kMostFileBytes - 3, 'x');
  EXPECT_EQ(MessageFor(most), "");
  EXPECT_EQ(MessageFor(most + "x"), "f.yml: the file has more than 256 KiB");
}

std::string Repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(YamlFile, DepthIsBoundedBeforeAnythingRecurses) {
  std::string at_limit;
  for (int i = 0; i < kMostDepth; ++i) at_limit += std::string(static_cast<size_t>(i), ' ') + "k:\n";
  EXPECT_EQ(MessageFor(at_limit), "");
  EXPECT_THAT(MessageFor(at_limit + std::string(kMostDepth, ' ') + "k: 1\n"),
              HasSubstr("nested more than 32 levels deep"));
  // As much nesting as fits into a file, in each of the forms that YAML has for it.
  for (const char* open :
       {"[", "{", "{a: ", "[{a: ", "- ", "? ", ": ", "a: [", "!!seq [", "&a [", "!<tag> ", "- ? "}) {
    const std::string text = Repeated(open, (kMostFileBytes - 8) / std::string_view(open).size());
    EXPECT_THAT(MessageFor("a: " + text), HasSubstr("f.yml:")) << open;
    EXPECT_THAT(MessageFor(text), HasSubstr("f.yml:")) << open;
  }
  EXPECT_THAT(MessageFor("a: " + Repeated("[", 1000) + Repeated("]", 1000)),
              HasSubstr("nested more than 32 levels deep"));
}

TEST(YamlFile, AliasBombsAreRefused) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {";
    for (int j = 0; j < 10; ++j) laughs += "k" + std::to_string(j) + ": " + last + ", ";
    laughs += "}\n";
  }
  EXPECT_THAT(MessageFor(laughs), HasSubstr("more than 10000 values"));

  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 9000; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(MessageFor(deep.substr(0, kMostFileBytes)), HasSubstr("nested more than 32 levels deep"));

  std::string large = "a: &a " + std::string(100'000, 'x') + "\n";
  for (int i = 0; i < 100; ++i) large += "b" + std::to_string(i) + ": *a\n";
  EXPECT_THAT(MessageFor(large), HasSubstr("aliases make the file too large"));

  std::string merges = "a: &a {";
  for (int i = 0; i < 5000; ++i) merges += "k" + std::to_string(i) + ": 1, ";
  merges += "}\nb:\n  <<: [" + Repeated("*a, ", 10'000) + "]\n";
  EXPECT_THAT(MessageFor(merges), HasSubstr("more than 10000 values"));
}

TEST(YamlFile, KeysAreBounded) {
  EXPECT_THAT(MessageFor(std::string(600, 'k') + ": 1"), HasSubstr("a key of more than 512 bytes"));
}

}  // namespace
}  // namespace rexray::config
