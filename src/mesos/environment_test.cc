#include "mesos/environment.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::mesos {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

ParsedEnvironment Parsed(const EnvironmentVariables& environment) {
  auto parsed = ParseEnvironment(environment);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : ParsedEnvironment();
}

std::string Refusal(const EnvironmentVariables& environment) {
  auto parsed = ParseEnvironment(environment);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(EnvironmentTest, NothingOfOursIsNothing) {
  const ParsedEnvironment parsed = Parsed({{"PATH", "/bin"}, {"DVDI", "x"}, {"XDVDI_VOLUME_NAME", "v"}});
  EXPECT_TRUE(parsed.volumes.empty());
  EXPECT_TRUE(parsed.warnings.empty());
}

// What Marathon 1.1 writes (DVDIProviderVolumeToEnvTest): the vectors that the module then has to understand.
TEST(EnvironmentTest, MarathonWithoutSize) {
  const auto parsed = Parsed(
      {{"DVDI_VOLUME_CONTAINERPATH", "/path"}, {"DVDI_VOLUME_NAME", "foo"}, {"DVDI_VOLUME_DRIVER", "bar"}});
  ASSERT_THAT(parsed.volumes, SizeIs(1));
  EXPECT_EQ(parsed.volumes[0].key, (VolumeKey{"bar", "foo"}));
  EXPECT_TRUE(parsed.volumes[0].options.empty());
  ASSERT_THAT(parsed.volumes[0].binds, SizeIs(1));
  EXPECT_EQ(parsed.volumes[0].binds[0].container_path, "/path");
  EXPECT_FALSE(parsed.volumes[0].binds[0].read_only);
}

TEST(EnvironmentTest, MarathonOptions) {
  for (const auto& [text, size] : {std::pair("size=1", "1"), std::pair("size=abc", "abc")}) {
    const auto parsed = Parsed({{"DVDI_VOLUME_NAME", "foo"}, {"DVDI_VOLUME_OPTS", text}});
    ASSERT_THAT(parsed.volumes, SizeIs(1));
    EXPECT_THAT(parsed.volumes[0].options, ElementsAre(Pair("size", size)));
  }
  const auto both = Parsed({{"DVDI_VOLUME_NAME", "foo"}, {"DVDI_VOLUME_OPTS", "bar=b,foo=a"}});
  ASSERT_THAT(both.volumes, SizeIs(1));
  EXPECT_THAT(both.volumes[0].options, ElementsAre(Pair("bar", "b"), Pair("foo", "a")));
}

TEST(EnvironmentTest, MarathonSuffixes) {
  struct Vector {
    std::vector<std::string> before;
    std::string added;
  };
  for (const Vector& vector : {Vector{{"0"}, "1"}, Vector{{""}, "1"}, Vector{{"", "1"}, "2"}}) {
    EnvironmentVariables environment;
    int number = 0;
    for (const std::string& suffix : vector.before) {
      environment.emplace_back("DVDI_VOLUME_NAME" + suffix, "old" + std::to_string(number));
      environment.emplace_back("DVDI_VOLUME_DRIVER" + suffix, "d");
      environment.emplace_back("DVDI_VOLUME_CONTAINERPATH" + suffix, "/old" + std::to_string(number++));
    }
    environment.emplace_back("DVDI_VOLUME_NAME" + vector.added, "foo");
    environment.emplace_back("DVDI_VOLUME_DRIVER" + vector.added, "bar");
    environment.emplace_back("DVDI_VOLUME_CONTAINERPATH" + vector.added, "/path");
    const auto parsed = Parsed(environment);
    ASSERT_THAT(parsed.volumes, SizeIs(vector.before.size() + 1));
    EXPECT_EQ(parsed.volumes.back().key, (VolumeKey{"bar", "foo"}));
    EXPECT_EQ(parsed.volumes.back().binds[0].container_path, "/path");
  }
}

TEST(EnvironmentTest, AnyNumberOfVolumesInTheOrderOfTheirNumbers) {
  EnvironmentVariables environment;
  for (int i = 0; i < 300; ++i) {
    const std::string suffix = i == 0 ? "" : std::to_string(i);
    environment.emplace_back("DVDI_VOLUME_NAME" + suffix, "v" + std::to_string(i));
  }
  const auto parsed = Parsed(environment);
  ASSERT_THAT(parsed.volumes, SizeIs(300));
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(parsed.volumes[static_cast<size_t>(i)].key.name, "v" + std::to_string(i));
}

TEST(EnvironmentTest, NumbersHaveAnEnd) {
  EXPECT_THAT(Parsed({{"DVDI_VOLUME_NAME999999999", "v"}}).volumes, SizeIs(1));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME9999999999", "v"}}), HasSubstr("DVDI_VOLUME_NAME9999999999"));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME1x", "v"}}), HasSubstr("illegal \"DVDI_VOLUME_NAME1x\""));
}

TEST(EnvironmentTest, LeadingZerosAreTheSameNumber) {
  const auto parsed = Parsed({{"DVDI_VOLUME_NAME1", "v"}, {"DVDI_VOLUME_DRIVER01", "d"}});
  ASSERT_THAT(parsed.volumes, SizeIs(1));
  EXPECT_EQ(parsed.volumes[0].key.driver, "d");
}

TEST(EnvironmentTest, TheLastOfTwoVariablesWithOneNameWins) {
  const auto parsed = Parsed({{"DVDI_VOLUME_NAME", "a"}, {"DVDI_VOLUME_NAME", "b"}});
  ASSERT_THAT(parsed.volumes, SizeIs(1));
  EXPECT_EQ(parsed.volumes[0].key.name, "b");
}

TEST(EnvironmentTest, TwoSpellingsMayAgreeButNotContradict) {
  EXPECT_THAT(Parsed({{"DVDI_VOLUME_NAME", "a"}, {"DVDI_VOLUME_NAME0", "a"}}).volumes, SizeIs(1));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME0", "a"}, {"DVDI_VOLUME_NAME", "b"}}),
              HasSubstr("DVDI_VOLUME_NAME and DVDI_VOLUME_NAME0"));
}

TEST(EnvironmentTest, OptionsSplitAtTheFirstEqualsSignAndKeepCommas) {
  const auto parsed =
      Parsed({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_OPTS", ",key=YQ==,zones=a,b,,size=5,size=6,empty=,"}});
  ASSERT_THAT(parsed.volumes, SizeIs(1));
  EXPECT_THAT(parsed.volumes[0].options,
              ElementsAre(Pair("empty", ""), Pair("key", "YQ=="), Pair("size", "6"), Pair("zones", "a,b")));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_OPTS", "novalue"}}), HasSubstr("novalue"));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_OPTS", "=x"}}), HasSubstr("option name"));
}

TEST(EnvironmentTest, Modes) {
  const auto parsed = Parsed({{"DVDI_VOLUME_NAME", "v"},
                              {"DVDI_VOLUME_CONTAINERPATH", "data"},
                              {"DVDI_VOLUME_MODE", " RO "},
                              {"DVDI_VOLUME_NAME1", "w"},
                              {"DVDI_VOLUME_CONTAINERPATH1", "logs"},
                              {"DVDI_VOLUME_MODE1", "rw"}});
  ASSERT_THAT(parsed.volumes, SizeIs(2));
  EXPECT_TRUE(parsed.volumes[0].binds[0].read_only);
  EXPECT_FALSE(parsed.volumes[1].binds[0].read_only);
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_MODE", "r"}}), HasSubstr("DVDI_VOLUME_MODE"));
  EXPECT_THAT(Refusal({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_MODE", "ro"}}), HasSubstr("CONTAINERPATH"));
}

TEST(EnvironmentTest, ExplicitCreate) {
  EXPECT_TRUE(Parsed({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_EXPLICITCREATE", " True"}})
                  .volumes[0]
                  .explicit_create);
  const auto no = Parsed({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_EXPLICITCREATE", "false"}});
  EXPECT_FALSE(no.volumes[0].explicit_create);
  EXPECT_TRUE(no.warnings.empty());
  const auto odd = Parsed({{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_EXPLICITCREATE", "ture"}});
  EXPECT_FALSE(odd.volumes[0].explicit_create);
  EXPECT_THAT(odd.warnings, ElementsAre(HasSubstr("\"ture\"")));
}

TEST(EnvironmentTest, BindsMustNotHideEachOther) {
  const auto environment = [](const char* one, const char* other) -> EnvironmentVariables {
    return {{"DVDI_VOLUME_NAME", "v"},
            {"DVDI_VOLUME_CONTAINERPATH", one},
            {"DVDI_VOLUME_NAME1", "w"},
            {"DVDI_VOLUME_CONTAINERPATH1", other}};
  };
  EXPECT_THAT(Refusal(environment("data", "./data/")), HasSubstr("duplicated mount with containerpath"));
  EXPECT_THAT(Refusal(environment("/a/b", "/a")), HasSubstr("\"/a\" of volume rexray/w"));
  EXPECT_THAT(Refusal(environment("data/x", "data")), HasSubstr("rexray/v"));
  EXPECT_THAT(Parsed(environment("/a-b", "/a")).volumes, SizeIs(2));
  EXPECT_THAT(Parsed(environment("/a", "a")).volumes, SizeIs(2));
}

TEST(EnvironmentTest, OneVolumeAtTwoPlaces) {
  const auto parsed = Parsed({{"DVDI_VOLUME_NAME", "v"},
                              {"DVDI_VOLUME_CONTAINERPATH", "a"},
                              {"DVDI_VOLUME_NAME1", "v"},
                              {"DVDI_VOLUME_CONTAINERPATH1", "b"},
                              {"DVDI_VOLUME_MODE1", "ro"}});
  ASSERT_THAT(parsed.volumes, SizeIs(1));
  ASSERT_THAT(parsed.volumes[0].binds, SizeIs(2));
  EXPECT_TRUE(parsed.volumes[0].binds[1].read_only);
}

TEST(EnvironmentTest, NamesDifferByCase) {
  EXPECT_THAT(Parsed({{"DVDI_VOLUME_NAME", "Vol"}, {"DVDI_VOLUME_NAME1", "vol"}}).volumes, SizeIs(2));
}

}  // namespace
}  // namespace rexray::mesos
