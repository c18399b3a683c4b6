#include "cli/rexray/volume_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace rexray::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<VolumeInfo> Volumes() {
  std::vector<VolumeInfo> list;
  for (const auto& [id, name] : std::vector<std::pair<const char*, const char*>>{{"vol-1", "rex2"},
                                                                                 {"vol-2", "rex20"},
                                                                                 {"vol-3", "Data"},
                                                                                 {"vol-33", "twin"},
                                                                                 {"vol-4", "twin"},
                                                                                 {"vol-5", ""}}) {
    VolumeInfo volume;
    volume.id = id;
    volume.name = name;
    list.push_back(volume);
  }
  return list;
}

std::vector<std::string> Ids(const std::string& word, MatchRule rule) {
  const auto found = MatchVolumes(Volumes(), word, rule);
  if (!found.ok()) return {std::string(MessageOf(found.status()))};
  std::vector<std::string> ids;
  for (const VolumeInfo& volume : *found) ids.push_back(volume.id);
  return ids;
}

TEST(VolumeSelector, AnExactNameWinsOverAPrefix) {
  EXPECT_THAT(Ids("rex2", MatchRule::kUnique), ElementsAre("vol-1")) << "REX-Ray's #744";
  EXPECT_THAT(Ids("vol-3", MatchRule::kUnique), ElementsAre("vol-3"));
  EXPECT_THAT(Ids("rex2", MatchRule::kAny), ElementsAre("vol-1"));
}

TEST(VolumeSelector, ThenLettersOfAnyCaseThenPrefixes) {
  EXPECT_THAT(Ids("dATA", MatchRule::kUnique), ElementsAre("vol-3"));
  EXPECT_THAT(Ids("rex20", MatchRule::kUnique), ElementsAre("vol-2"));
  EXPECT_THAT(Ids("Da", MatchRule::kUnique), ElementsAre("vol-3"));
  EXPECT_THAT(Ids("da", MatchRule::kUnique), ElementsAre("vol-3"));
  EXPECT_THAT(Ids("re", MatchRule::kAny), ElementsAre("vol-1", "vol-2"));
}

TEST(VolumeSelector, OneMustBeOne) {
  EXPECT_THAT(Ids("re", MatchRule::kUnique)[0],
              HasSubstr("\"re\" means 2 volumes: rex2 (vol-1), rex20 (vol-2)"));
  EXPECT_THAT(Ids("twin", MatchRule::kUnique)[0], HasSubstr("twin (vol-33), twin (vol-4)"));
  EXPECT_THAT(Ids("twin", MatchRule::kExact)[0], HasSubstr("means 2 volumes")) << "rm never guesses";
}

TEST(VolumeSelector, RemovalTakesExactNamesAndExpressionsOnly) {
  EXPECT_THAT(Ids("Da", MatchRule::kExact)[0], HasSubstr("there is no volume \"Da\""));
  EXPECT_THAT(Ids("data", MatchRule::kExact)[0], HasSubstr("there is no volume"));
  EXPECT_THAT(Ids("/^rex2/", MatchRule::kExact), ElementsAre("vol-1", "vol-2"));
}

TEST(VolumeSelector, BadExpressions) {
  EXPECT_THAT(Ids("/(/", MatchRule::kAny)[0], HasSubstr("is not a regular expression"));
  EXPECT_THAT(Ids("//", MatchRule::kAny)[0], HasSubstr("1 to 256 characters"));
  EXPECT_THAT(Ids("/" + std::string(300, 'a') + "/", MatchRule::kAny)[0], HasSubstr("1 to 256 characters"));
  EXPECT_THAT(Ids("/nothing/", MatchRule::kAny)[0], HasSubstr("no volume matches"));
}

TEST(VolumeSelector, NothingMatches) {
  EXPECT_THAT(Ids("zz\x1b", MatchRule::kAny)[0], HasSubstr("there is no volume \"zz\\x1b\""));
}

}  // namespace
}  // namespace rexray::cli
