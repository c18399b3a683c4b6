#include "config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

std::string Canonical(KeyType type, std::string text) {
  KeyInfo info{.key = "k", .type = type};
  if (type == KeyType::kChoice) info.choices = {"false", "true", "when-dead"};
  const auto value = CanonicalValue(info, RawValue{.text = std::move(text)});
  return value.ok() ? *value : "error: " + std::string(MessageOf(value.status()));
}

struct Case {
  KeyType type;
  const char* text;
  const char* canonical;
};

TEST(Value, EveryTypeHasOneSpelling) {
  const Case cases[] = {
      {KeyType::kBool, "true", "true"},
      {KeyType::kBool, "T", "true"},
      {KeyType::kBool, "1", "true"},
      {KeyType::kBool, "Yes", "true"},
      {KeyType::kBool, "ON", "true"},
      {KeyType::kBool, "False", "false"},
      {KeyType::kBool, "0", "false"},
      {KeyType::kBool, "no", "false"},
      {KeyType::kBool, " off ", "false"},
      {KeyType::kInt, "0", "0"},
      {KeyType::kInt, "007", "7"},
      {KeyType::kInt, "2147483647", "2147483647"},
      {KeyType::kMode, "0700", "0700"},
      {KeyType::kMode, "0o755", "0755"},
      {KeyType::kMode, "02775", "2775"},
      {KeyType::kSize, "10", "10"},
      {KeyType::kSize, "10G", "10"},
      {KeyType::kSize, "10GiB", "10"},
      {KeyType::kSize, "1.5TiB", "1536"},
      {KeyType::kSize, "500MiB", "500MiB"},
      {KeyType::kSize, "1536KiB", "1536KiB"},
      {KeyType::kSize, "1000B", "1000B"},
      {KeyType::kDuration, "5s", "5s"},
      {KeyType::kDuration, "90", "1m30s"},
      {KeyType::kDuration, "1h0m1.5s", "1h1s500ms"},
      {KeyType::kDuration, "100ms", "100ms"},
      {KeyType::kDuration, "0", "0s"},
      {KeyType::kLogLevel, "WARNING", "warn"},
      {KeyType::kLogLevel, "panic", "error"},
      {KeyType::kChoice, "When-Dead", "when-dead"},
      {KeyType::kChoice, "yes", "true"},
      {KeyType::kPath, "/a/b//", "/a/b"},
      {KeyType::kPath, "/", "/"},
      {KeyType::kSubPath, "", ""},
      {KeyType::kSubPath, "/", ""},
      {KeyType::kSubPath, "data/", "/data"},
      {KeyType::kAddress, "unix:///run/x.sock", "unix:///run/x.sock"},
      {KeyType::kAddress, "tcp://:7979", "tcp://:7979"},
      {KeyType::kAddress, "tcp://[::1]:7979", "tcp://[::1]:7979"},
      {KeyType::kList, "  ec2   xtremio ", "ec2 xtremio"},
      {KeyType::kString, " as it is ", " as it is "},
      {KeyType::kSize, "", ""},
      {KeyType::kInt, " ", ""},
  };
  for (const Case& test : cases) EXPECT_EQ(Canonical(test.type, test.text), test.canonical) << test.text;
}

TEST(Value, NothingIsSilentlyTakenForZero) {
  const Case cases[] = {
      {KeyType::kBool, "maybe", "\"maybe\" is neither true nor false"},
      {KeyType::kBool, "2", "\"2\" is neither true nor false"},
      {KeyType::kInt, "abc", "\"abc\" is not a whole number of 0 or more"},
      {KeyType::kInt, "-1", "\"-1\" is not a whole number of 0 or more"},
      {KeyType::kInt, "1.5", "\"1.5\" is not a whole number of 0 or more"},
      {KeyType::kInt, "0x10", "\"0x10\" is not a whole number of 0 or more"},
      {KeyType::kInt, "99999999999999999999999", "is more than 2147483647"},
      {KeyType::kMode, "700",
       "\"700\" could mean two modes: write it in octal with a leading 0, for example 0700"},
      {KeyType::kMode, "755", "for example 0755"},
      {KeyType::kMode, "448", "for example 0700"},
      {KeyType::kMode, "0800", "\"0800\" is not a mode: write for example 0700"},
      {KeyType::kMode, "rwx", "\"rwx\" is not a mode: write for example 0700"},
      {KeyType::kMode, "0o", "\"0o\" is not a mode"},
      {KeyType::kMode, "010000", "\"010000\" is more than 07777"},
      {KeyType::kSize, "abc", "\"abc\" is not a size: it does not begin with a digit"},
      {KeyType::kSize, "10 parsecs", "its unit is unknown"},
      {KeyType::kSize, "0", "it is zero"},
      {KeyType::kSize, "-5", "it is negative"},
      {KeyType::kDuration, "abc", "\"abc\" is not a duration: a number is missing"},
      {KeyType::kDuration, "-5s", "it is negative"},
      {KeyType::kDuration, "5 s", "its unit is unknown"},
      {KeyType::kDuration, "5d", "its unit is unknown"},
      {KeyType::kDuration, "1m30", "its unit is unknown"},
      {KeyType::kDuration, "100000h", "it is more than ten years"},
      {KeyType::kDuration, ".", "a number is missing"},
      {KeyType::kLogLevel, "loud", "\"loud\" is not a log level: use debug, info, warn or error"},
      {KeyType::kChoice, "sometimes", "\"sometimes\" is not one of false, true, when-dead"},
      {KeyType::kPath, "relative/x", "\"relative/x\" is not an absolute path"},
      {KeyType::kPath, "/a/../etc", "has \"..\" in it"},
      {KeyType::kSubPath, "/../../etc", "has \"..\" in it and would leave the volume"},
      {KeyType::kAddress, "/run/x.sock",
       "is not an address: write unix:///run/docker/plugins/NAME.sock or tcp://HOST:PORT"},
      {KeyType::kAddress, "unix://", "names no socket"},
      {KeyType::kAddress, "unix:///", "names no socket"},
      {KeyType::kAddress, "unix://run/x.sock", "is not an absolute path"},
      {KeyType::kAddress, "tcp://localhost", "is not an address"},
      {KeyType::kAddress, "tcp://localhost:0", "is not an address"},
      {KeyType::kAddress, "tcp://localhost:65536", "is not an address"},
      {KeyType::kString, "two\nlines",
       "the value has a line end, a control character or a byte that is not UTF-8"},
  };
  for (const Case& test : cases) {
    EXPECT_THAT(Canonical(test.type, test.text), HasSubstr(test.canonical)) << test.text;
    EXPECT_THAT(Canonical(test.type, test.text), testing::StartsWith("error: ")) << test.text;
  }
  EXPECT_THAT(Canonical(KeyType::kAddress, "unix:///" + std::string(107, 'x')),
              HasSubstr("the kernel takes 107 bytes"));
  EXPECT_EQ(Canonical(KeyType::kAddress, "unix:///" + std::string(106, 'x')),
            "unix:///" + std::string(106, 'x'));
  EXPECT_THAT(Canonical(KeyType::kString, std::string(5000, 'x')), HasSubstr("more than 4096 bytes"));
}

TEST(Value, ShapesAreChecked) {
  const KeyInfo list{.key = "k", .type = KeyType::kList};
  const KeyInfo text{.key = "k", .type = KeyType::kString};
  const RawValue items{.kind = RawValue::Kind::kList, .items = {"a", "b"}};
  const RawValue other{.kind = RawValue::Kind::kOther};
  EXPECT_EQ(*CanonicalValue(list, items), "a b");
  EXPECT_THAT(std::string(MessageOf(CanonicalValue(text, items).status())),
              HasSubstr("takes a single value"));
  EXPECT_THAT(std::string(MessageOf(CanonicalValue(list, other).status())),
              HasSubstr("a list of lists or sections"));
  const KeyInfo tags{.key = "k", .type = KeyType::kTags};
  EXPECT_EQ(CanonicalValue(tags, RawValue{.text = "a=b  c=d=e"}).value(), "a=b c=d=e");
  for (const char* wrong : {"a", "=b", "a=b a=c", "a=b c"}) {
    EXPECT_FALSE(CanonicalValue(tags, RawValue{.text = wrong}).ok()) << wrong;
  }
  const RawValue words{.kind = RawValue::Kind::kList, .items = {"a b"}};
  EXPECT_THAT(std::string(MessageOf(CanonicalValue(list, words).status())),
              HasSubstr("items are single words"));
}

TEST(Value, ASecretIsNotQuoted) {
  const KeyInfo secret{.key = "k", .type = KeyType::kInt, .secret = true};
  const auto value = CanonicalValue(secret, RawValue{.text = "hunter2"});
  EXPECT_THAT(std::string(MessageOf(value.status())), Not(HasSubstr("hunter2")));
}

TEST(Value, DurationsReadBack) {
  for (const Duration duration :
       {Duration(0ns), Duration(1ns), Duration(1500us), Duration(26h + 3min + 4ms + 5us)}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(duration)), duration) << FormatDuration(duration);
  }
}

}  // namespace
}  // namespace rexray::config
