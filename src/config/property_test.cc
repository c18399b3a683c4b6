// What holds for any input: loading ends with a configuration or with a one-line error, and canonical values
// are canonical.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/status.h"
#include "config/config.h"
#include "config/known_keys.h"
#include "config/testing/config_files.h"
#include "config/text.h"
#include "config/value.h"
#include "config/yaml_file.h"

namespace rexray::config {
namespace {

void CheckOneLine(std::string_view message) {
  RC_ASSERT(!message.empty());
  RC_ASSERT(message.find('\n') == message.npos);
  RC_ASSERT(message.size() < 4096u);
}

/// Pieces of which real files are made, so that the parser is passed and the rest is reached.
rc::Gen<std::string> Piece() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>("rexray:", "docker:", "libstorage:", " ", "  ", "\n", "\n  ", "\n    ",
                                    ": ", "- ", "[", "]", "{", "}", ", ", "&a ", "*a", "<<: *a", "'", "\"",
                                    "#", "|\n", "? ", "$X", "${", "~", "---\n", "!!str ", "\t", "\\x00",
                                    "%YAML"),
      rc::gen::element<std::string>(
          "modules:", "services:", "server:", "volume:", "mount:", "preempt: ", "size: ", "storageDrivers: ",
          "service: ", "default-docker:", "host: ", "fileMode: ", "0700", "10G", "abc", "true", "unix:///a",
          "tcp://:1", "local", "ec2", "driver: ", "NAME"),
      rc::gen::string<std::string>());
}

rc::Gen<std::string> Soup() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(Piece()),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const std::string& piece : pieces) out += piece;
                        return out;
                      });
}

rc::Gen<std::string> AnyKey() {
  return rc::gen::map(rc::gen::inRange<size_t>(0, KnownKeys().size()), [](size_t i) {
    std::string key = KnownKeys()[i].key;
    if (const size_t at = key.find(".NAME."); at != key.npos) key.replace(at, 6, ".x.");
    return key;
  });
}

void LoadsOrSaysWhy(const LoadRequest& request) {
  const auto config = Load(request);
  if (!config.ok()) return CheckOneLine(MessageOf(config.status()));
  for (const std::string& warning : (*config)->warnings()) CheckOneLine(warning);
  for (const EffectiveValue& value : (*config)->Effective()) {
    RC_ASSERT(value.value.find('\n') == value.value.npos);
    RC_ASSERT(!value.secret || value.value.empty() || value.value == "********");
  }
  for (const ServiceSettings& service : (*config)->settings().services) {
    RC_ASSERT(!service.name.empty() && service.name.find_first_of("/ ") == service.name.npos);
    RC_ASSERT(!service.driver.empty());
    RC_ASSERT(service.default_size > 0u);
    RC_ASSERT(service.file_mode <= 07777u);
  }
}

TEST(Property, AnyFileLoadsOrSaysWhy) {
  const ConfigFiles files;
  const bool held = rc::check([&files] {
    files.Write("etc/rexray/config.yml", *Soup());
    LoadsOrSaysWhy(files.Request());
  });
  EXPECT_TRUE(held);
}

TEST(Property, AnyBytesParseOrSayWhy) {
  const bool held = rc::check([] {
    const auto file = ParseYaml(*rc::gen::string<std::string>(), "f.yml");
    if (!file.ok()) CheckOneLine(MessageOf(file.status()));
  });
  EXPECT_TRUE(held);
}

TEST(Property, AnyVariableLoadsOrSaysWhy) {
  const ConfigFiles files;
  const bool held = rc::check([&files] {
    LoadRequest request = files.Request();
    const auto keys = *rc::gen::container<std::vector<std::string>>(AnyKey());
    for (const std::string& key : keys) request.environment[EnvironmentName(key)] = *Piece();
    LoadsOrSaysWhy(request);
  });
  EXPECT_TRUE(held);
}

TEST(Property, AnyFlagLoadsOrSaysWhy) {
  const ConfigFiles files;
  const bool held = rc::check([&files] {
    LoadRequest request = files.Request();
    request.flags[*AnyKey()] = *Piece();
    LoadsOrSaysWhy(request);
  });
  EXPECT_TRUE(held);
}

TEST(Property, CanonicalValuesAreCanonical) {
  const bool held = rc::check([] {
    const KeyInfo& info = KnownKeys()[*rc::gen::inRange<size_t>(0, KnownKeys().size())];
    const auto once = CanonicalValue(info, RawValue{.text = *Piece()});
    if (!once.ok()) return CheckOneLine(MessageOf(once.status()));
    const auto twice = CanonicalValue(info, RawValue{.text = *once});
    RC_ASSERT(twice.ok());
    RC_ASSERT(*twice == *once);
  });
  EXPECT_TRUE(held);
}

TEST(Property, DurationsReadBack) {
  const bool held = rc::check([] {
    const Duration duration(*rc::gen::inRange<int64_t>(0, int64_t{1} << 58));
    RC_ASSERT(*ParseDuration(FormatDuration(duration)) == duration);
  });
  EXPECT_TRUE(held);
}

TEST(Property, EditDistanceIsSymmetricAndBounded) {
  const bool held = rc::check([](const std::string& a, const std::string& b) {
    const size_t limit = 8;
    const size_t distance = EditDistance(a, b, limit);
    RC_ASSERT(distance == EditDistance(b, a, limit));
    RC_ASSERT(distance <= limit + 1);
    RC_ASSERT((distance == 0u) == (a == b));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace rexray::config
