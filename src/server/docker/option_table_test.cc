#include "server/docker/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/size.h"
#include "base/status.h"

namespace rexray::server::docker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

absl::StatusOr<CreateSpec> Apply(const Options& options, UnknownOptions unknown = UnknownOptions::kRefuse) {
  CreateSpec spec;
  RETURN_IF_ERROR(ApplyOptions(options, unknown, spec));
  return spec;
}

CreateSpec Good(const Options& options) {
  const auto spec = Apply(options);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.value_or(CreateSpec{});
}

std::string Refused(const Options& options) {
  const auto spec = Apply(options);
  EXPECT_FALSE(spec.ok());
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(MessageOf(spec.status()));
}

TEST(OptionTableTest, NoOptionsLeaveEverythingToTheService) {
  const CreateSpec spec = Good({});
  EXPECT_EQ(spec.size, std::nullopt);
  EXPECT_EQ(spec.fs_type, std::nullopt);
  EXPECT_EQ(spec.encrypted, std::nullopt);
  EXPECT_FALSE(spec.overwrite_fs);
}

TEST(OptionTableTest, TakesEveryUpstreamNameInAnyCase) {
  const CreateSpec spec = Good({{"SIZE", "10"},
                                {"volumetype", "io1"},
                                {"Iops", "300"},
                                {"AVAILABILITYZONE", "eu-1a"},
                                {"newFSType", "XFS"},
                                {"OverwriteFS", "T"},
                                {"snapshotname", "snap"},
                                {"VolumeID", "vol-1"},
                                {"encrypted", "1"},
                                {"encryptionKey", "key"}});
  EXPECT_EQ(spec.size, 10 * kGiB);
  EXPECT_EQ(spec.type, "io1");
  EXPECT_EQ(spec.iops, 300u);
  EXPECT_EQ(spec.zone, "eu-1a");
  EXPECT_EQ(spec.fs_type, "xfs");
  EXPECT_TRUE(spec.overwrite_fs);
  EXPECT_EQ(spec.source_snapshot, "snap");
  EXPECT_EQ(spec.source_volume, "vol-1");
  EXPECT_EQ(spec.encrypted, true);
  EXPECT_EQ(spec.kms_key, "key");
}

TEST(OptionTableTest, TakesOurOwnNames) {
  const CreateSpec spec = Good({{"size", "500 MiB"},
                                {"fs", "btrfs"},
                                {"type", "gp3"},
                                {"throughput", "250"},
                                {"zone", "z"},
                                {"mountOptions", "noatime,data=journal"},
                                {"mkfsOptions", "-m 0 -E lazy_itable_init=0"},
                                {"provision", "Thick"},
                                {"freeze", "yes"},
                                {"tags", "team=db,env=prod,empty="}});
  EXPECT_EQ(spec.size, 500 * kMiB);
  EXPECT_EQ(spec.fs_type, "btrfs");
  EXPECT_EQ(spec.type, "gp3");
  EXPECT_EQ(spec.throughput, 250u);
  EXPECT_EQ(spec.zone, "z");
  EXPECT_THAT(spec.mount_options, ElementsAre("noatime", "data=journal"));
  EXPECT_THAT(spec.mkfs_options, ElementsAre("-m", "0", "-E", "lazy_itable_init=0"));
  EXPECT_TRUE(spec.thick);
  EXPECT_TRUE(spec.freeze_source);
  EXPECT_THAT(spec.tags, ElementsAre(Pair("empty", ""), Pair("env", "prod"), Pair("team", "db")));
}

TEST(OptionTableTest, FalseIsFalseAndZeroIopsIsNotGiven) {
  const CreateSpec spec =
      Good({{"encrypted", "False"}, {"overwriteFs", "0"}, {"iops", "0"}, {"provision", "thin"}});
  EXPECT_EQ(spec.encrypted, false);
  EXPECT_FALSE(spec.overwrite_fs);
  EXPECT_FALSE(spec.thick);
  EXPECT_EQ(spec.iops, std::nullopt);
}

TEST(OptionTableTest, AnEmptyTextIsNotGiven) {
  const CreateSpec spec =
      Good({{"availabilityZone", ""}, {"volumeType", ""}, {"newFsType", ""}, {"snapshotID", ""}});
  EXPECT_EQ(spec.zone, std::nullopt);
  EXPECT_EQ(spec.type, std::nullopt);
  EXPECT_EQ(spec.fs_type, std::nullopt);
  EXPECT_EQ(spec.source_snapshot, std::nullopt);
}

TEST(OptionTableTest, BadValuesNameOptionAndValue) {
  const Options bad = {
      {"size", "abc"},
      {"size", ""},
      {"size", "0"},
      {"size", "-5"},
      {"size", "1e30"},
      {"size", "10 parsecs"},
      {"iops", "many"},
      {"iops", "-1"},
      {"iops", "1.5"},
      {"iops", ""},
      {"iops", " 3"},
      {"iops", "99999999999999999999"},
      {"throughput", "fast"},
      {"encrypted", "maybe"},
      {"encrypted", ""},
      {"overwriteFs", "perhaps"},
      {"fsType", "ntfs"},
      {"fsType", "ext4;x"},
      {"fs", "ext4 "},
      {"provision", "fat"},
      {"mountOptions", "bind"},
      {"tags", "team"},
      {"tags", "=x"},
      {"tags", "a=1,a=2"},
      {"mkfsOptions", "x"},
      {"freeze", "2"},
      {"mkfsOptions", "-d /etc"},
  };
  for (const auto& option : bad) {
    const std::string message = Refused({option});
    EXPECT_THAT(message, HasSubstr(option.first + "=\"" + option.second + "\""));
  }
}

TEST(OptionTableTest, ControlCharactersAndLongValuesAreRefused) {
  EXPECT_THAT(Refused({{"availabilityZone", "a\nb"}}), HasSubstr("control character"));
  EXPECT_THAT(Refused({{"volumeType", std::string(5000, 'x')}}), HasSubstr("4096"));
}

TEST(OptionTableTest, AnUnknownNameListsTheKnown) {
  const std::string message = Refused({{"sise", "1"}});
  EXPECT_THAT(message, HasSubstr("\"sise\""));
  for (const std::string& name : KnownOptions()) EXPECT_THAT(message, HasSubstr(name));
}

TEST(OptionTableTest, AnUnknownNameIsOnlyWarnedAboutWhereTheOperatorWantsIt) {
  const auto spec = Apply({{"sise", "1"}, {"size", "2"}}, UnknownOptions::kWarn);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->size, 2 * kGiB);
  EXPECT_FALSE(Apply({{"size", "abc"}}, UnknownOptions::kWarn).ok()) << "bad values stay errors";
}

TEST(OptionTableTest, OneSettingTwice) {
  EXPECT_THAT(Refused({{"size", "1"}, {"SIZE", "2"}}), HasSubstr("contradict"));
  EXPECT_THAT(Refused({{"fs", "xfs"}, {"fsType", "ext4"}}), HasSubstr("fsType=\"ext4\""));
  EXPECT_EQ(Good({{"size", "1"}, {"SIZE", "1"}}).size, kGiB);
  EXPECT_EQ(Good({{"type", "gp3"}, {"volumeType", "gp3"}}).type, "gp3");
}

}  // namespace
}  // namespace rexray::server::docker
