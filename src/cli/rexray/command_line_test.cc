#include "cli/rexray/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Invocation Parsed(const std::vector<std::string>& words) {
  const auto result = ParseCommandLine(words);
  if (const auto* status = std::get_if<absl::Status>(&result)) ADD_FAILURE() << MessageOf(*status);
  if (std::holds_alternative<HelpText>(result)) ADD_FAILURE() << "help";
  return std::holds_alternative<Invocation>(result) ? std::get<Invocation>(result) : Invocation{};
}

std::string Refused(const std::vector<std::string>& words) {
  const auto result = ParseCommandLine(words);
  const auto* status = std::get_if<absl::Status>(&result);
  return status == nullptr ? "(accepted)" : std::string(MessageOf(*status));
}

std::string Help(const std::vector<std::string>& words) {
  const auto result = ParseCommandLine(words);
  const auto* help = std::get_if<HelpText>(&result);
  return help == nullptr ? "(no help)" : help->text;
}

TEST(CommandLine, EveryCommandAndAlias) {
  const std::pair<Verb, std::vector<std::string>> rows[] = {
      {Verb::kVersion, {"version"}},
      {Verb::kEnvironment, {"env"}},
      {Verb::kStart, {"start"}},
      {Verb::kStart, {"service", "start"}},
      {Verb::kStop, {"stop"}},
      {Verb::kStop, {"service", "stop"}},
      {Verb::kRestart, {"restart"}},
      {Verb::kRestart, {"reload"}},
      {Verb::kRestart, {"force-reload"}},
      {Verb::kStatus, {"status"}},
      {Verb::kStatus, {"service", "status"}},
      {Verb::kInitSystem, {"service", "initsys"}},
      {Verb::kServiceList, {"service", "ls"}},
      {Verb::kServiceList, {"service"}},
      {Verb::kAdapterTypes, {"adapter"}},
      {Verb::kAdapterTypes, {"adapter", "types"}},
      {Verb::kAdapterTypes, {"adapter", "list"}},
      {Verb::kDeviceList, {"device"}},
      {Verb::kDeviceList, {"device", "get"}},
      {Verb::kEvents, {"events"}},
      {Verb::kConfigShow, {"config", "show"}},
      {Verb::kConfigCheck, {"config", "check"}},
      {Verb::kSetup, {"setup"}},
      {Verb::kSetup, {"setup", "dcos", "--agent", "--dry-run"}},
      {Verb::kSetupUndo, {"setup", "undo"}},
      {Verb::kAwsPolicy, {"setup", "aws-policy"}},
      {Verb::kInstall, {"install"}},
      {Verb::kUninstall, {"uninstall", "--package"}},
      {Verb::kVolumeList, {"volume"}},
      {Verb::kVolumeList, {"volume", "ls"}},
      {Verb::kVolumeList, {"volume", "l"}},
      {Verb::kVolumeList, {"volume", "list"}},
      {Verb::kVolumeList, {"volume", "get"}},
      {Verb::kVolumeInspect, {"volume", "inspect", "x"}},
      {Verb::kVolumeMap, {"volume", "map"}},
      {Verb::kVolumeCreate, {"volume", "c", "x"}},
      {Verb::kVolumeCreate, {"volume", "new", "x"}},
      {Verb::kVolumeRemove, {"volume", "remove", "x"}},
      {Verb::kVolumeRemove, {"volume", "del", "x"}},
      {Verb::kVolumeAttach, {"volume", "a", "x"}},
      {Verb::kVolumeDetach, {"volume", "d", "x"}},
      {Verb::kVolumeMount, {"volume", "m", "x"}},
      {Verb::kVolumeUnmount, {"volume", "umount", "x"}},
      {Verb::kVolumePath, {"volume", "path", "x"}},
      {Verb::kVolumeGrow, {"volume", "resize", "x", "--size", "2"}},
      {Verb::kVolumeConsumers, {"volume", "consumers", "x"}},
      {Verb::kVolumeRelease, {"volume", "release", "x", "cli:0"}},
      {Verb::kSnapshotList, {"snapshot", "get"}},
      {Verb::kSnapshotCreate, {"snapshot", "new", "x"}},
  };
  for (const auto& [verb, words] : rows) {
    EXPECT_EQ(Parsed(words).verb, verb) << testing::PrintToString(words);
  }
}

TEST(CommandLine, FlagsStandAnywhere) {
  const Invocation asked = Parsed({"volume", "-f", "json", "ls", "a", "-s", "cloud", "b", "--timeout", "2m"});
  EXPECT_THAT(asked.names, ElementsAre("a", "b"));
  EXPECT_EQ(asked.format, "json");
  EXPECT_EQ(asked.service, "cloud");
  EXPECT_EQ(asked.timeout, std::chrono::seconds(120));
  EXPECT_EQ(Parsed({"-h", "tcp://127.0.0.1:7979", "volume", "ls"}).host, "tcp://127.0.0.1:7979");
}

TEST(CommandLine, FormatAndForegroundShareALetter) {
  EXPECT_TRUE(Parsed({"start", "-f"}).foreground);
  EXPECT_TRUE(Parsed({"service", "start", "-f"}).foreground);
  EXPECT_EQ(Parsed({"status", "-f", "json"}).format, "json");
}

TEST(CommandLine, CreateInBothDialects) {
  const Invocation old = Parsed({"volume", "create", "--volumename", "x", "--size", "16", "--volumetype",
                                 "gp2", "--availabilityzone", "a", "--iops", "100", "--volumeid", "vol-1"});
  EXPECT_THAT(old.names, ElementsAre("x"));
  EXPECT_EQ(old.create.size, 16 * kGiB);
  EXPECT_EQ(old.create.type, "gp2");
  EXPECT_EQ(old.create.zone, "a");
  EXPECT_EQ(old.create.iops, 100u);
  EXPECT_EQ(old.create.source_volume, "vol-1");
  EXPECT_TRUE(old.old_dialect);

  const Invocation now =
      Parsed({"volume", "create", "x", "y", "--size=500MiB", "--volumeType", "gp3", "--fsType", "xfs",
              "--encrypted", "--opt", "iops=5", "-o", "MountOptions=noatime,discard", "--tag", "a=b=c"});
  EXPECT_THAT(now.names, ElementsAre("x", "y"));
  EXPECT_EQ(now.create.size, 500 * kMiB);
  EXPECT_EQ(now.create.type, "gp3");
  EXPECT_EQ(now.create.fs_type, "xfs");
  EXPECT_EQ(now.create.encrypted, true);
  EXPECT_EQ(now.create.iops, 5u);
  EXPECT_THAT(now.create.mount_options, ElementsAre("noatime", "discard"));
  EXPECT_THAT(now.create.tags, ElementsAre(Pair("a", "b=c")));
  EXPECT_FALSE(now.old_dialect);
  EXPECT_EQ(Parsed({"volume", "create", "x", "--encrypted=false"}).create.encrypted, false);
  EXPECT_EQ(Parsed({"volume", "create", "x", "--encrypted=t"}).create.encrypted, true) << "as in a file";
  EXPECT_EQ(Parsed({"volume", "create", "x"}).create.encrypted, std::nullopt);
}

TEST(CommandLine, MountInBothDialects) {
  const Invocation old = Parsed({"volume", "mount", "--volumename", "x", "--fstype", "xfs"});
  EXPECT_EQ(old.volume_name, "x");
  EXPECT_EQ(old.fs_type, "xfs");
  const Invocation now =
      Parsed({"volume", "mount", "x", "--fsType", "xfs", "--preempt", "--mount-options", "ro noatime"});
  EXPECT_THAT(now.names, ElementsAre("x"));
  EXPECT_EQ(now.fs_type, "xfs");
  EXPECT_EQ(now.preempt, "true");
  EXPECT_THAT(now.mount_options, ElementsAre("ro", "noatime"));
  EXPECT_EQ(Parsed({"volume", "mount", "x"}).preempt, "");
  EXPECT_EQ(Parsed({"volume", "mount", "x", "--preempt=when-dead"}).preempt, "when-dead");
  EXPECT_EQ(Parsed({"volume", "mount", "x", "--preempt=1"}).preempt, "true");
  EXPECT_EQ(Parsed({"volume", "mount", "x", "--preempt=f"}).preempt, "false");
  EXPECT_EQ(Parsed({"volume", "mount", "--preempt=false", "x"}).preempt, "false");
}

TEST(CommandLine, GetIsNoticed) {
  EXPECT_TRUE(Parsed({"volume", "get"}).read_by_scripts);
  EXPECT_TRUE(Parsed({"volume"}).read_by_scripts);
  EXPECT_TRUE(Parsed({"volume", "map"}).read_by_scripts);
  EXPECT_FALSE(Parsed({"volume", "ls"}).read_by_scripts);
}

TEST(CommandLine, WhatOthersIgnoredIsIgnored) {
  EXPECT_EQ(Parsed({"volume", "attach", "--volumeid", "v", "--runasync"}).verb, Verb::kVolumeAttach);
  EXPECT_EQ(Parsed({"start", "--nopid", "--force", "-f"}).verb, Verb::kStart);
  EXPECT_EQ(Parsed({"volume", "mount", "x", "-i"}).verb, Verb::kVolumeMount);
}

TEST(CommandLine, AVolumeMayBeCalledLikeACommand) {
  EXPECT_THAT(Parsed({"volume", "rm", "status"}).names, ElementsAre("status"));
  EXPECT_THAT(Parsed({"volume", "rm", "ls"}).names, ElementsAre("ls"));
}

TEST(CommandLine, UsageErrorsSayHowToGoOn) {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"explode"}, "\"rexray\" has no command \"explode\"; see \"rexray --help\""},
      {{"volume", "explode"}, "\"rexray volume\" has no command \"explode\"; see \"rexray volume --help\""},
      {{"--no-such"}, "unknown flag --no-such; see \"rexray --help\""},
      {{"volume", "ls", "--no-such=1"}, "unknown flag --no-such=1; see \"rexray volume ls --help\""},
      {{"volume", "create"}, "which volume? \"rexray volume create NAME\""},
      {{"volume", "mount"}, "which volume?"},
      {{"volume", "rm", ""}, "a volume's name is empty"},
      {{"volume", "rm", "x", "--volumeid", "y"}, "given twice"},
      {{"volume", "create", "x", "--size", "abc"}, "--size: \"abc\""},
      {{"volume", "create", "x", "--size", "0"}, "--size"},
      {{"volume", "create", "x", "--size", "-5"}, "--size"},
      {{"volume", "create", "x", "--iops", "1e3"}, "--iops: \"1e3\" is not a number"},
      {{"volume", "create", "x", "--opt", "size"}, "KEY=VALUE"},
      {{"volume", "create", "x", "--opt", "sise=1"}, "--opt sise: unknown; known are size, "},
      {{"volume", "create", "x", "--opt", "encrypted=perhaps"}, "\"perhaps\" is not true or false"},
      {{"volume", "create", "x", "--tag", "=b"}, "--tag"},
      {{"volume", "create", "x", "--iops"}, "--iops"},
      {{"volume", "grow", "x"}, "--size 20GiB"},
      {{"volume", "release", "x"}, "--consumer ID"},
      {{"volume", "mount", "x", "--overwritefs"}, "never makes a file system over another one"},
      {{"volume", "ls", "--timeout", "soon"}, "--timeout"},
      {{"volume", "ls", "--timeout", "0"}, "--timeout"},
      {{"volume", "ls", "--timeout", "9999999999999999999m"}, "--timeout"},
      {{"events", "--after", "x"}, "--after"},
      {{"config"}, "\"rexray config\" needs a command"},
      {{"status", "now"}, "\"rexray status\" takes no \"now\""},
      {{"volume", "\x1b[31mred"}, "\\x1b[31mred"},
  };
  for (const auto& [words, text] : rows) {
    EXPECT_THAT(Refused(words), HasSubstr(text)) << testing::PrintToString(words);
  }
}

TEST(CommandLine, HelpIsAskedForInManyWays) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"--help"}, {"-?"}, {"-h"}, {"help"}}) {
    EXPECT_THAT(Help(words), HasSubstr("Usage: rexray")) << testing::PrintToString(words);
  }
  EXPECT_THAT(Help({"help", "volume", "create"}), HasSubstr("rexray volume create"));
  EXPECT_THAT(Help({"volume", "create", "-h"}), HasSubstr("--size"));
  EXPECT_THAT(Help({"volume", "mount", "--help"}), HasSubstr("REX-Ray 0.3.3's spellings"));
}

}  // namespace
}  // namespace rexray::cli
