// `snapshot`: what it asks the daemon, what it prints in each format.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/rexray/testing/harness.h"

namespace rexray::cli {
namespace {

using ::testing::HasSubstr;

class SnapshotCommandsTest : public testing::Test {
 protected:
  SnapshotCommandsTest() {
    h.ServeVolumes();
    h.ServeSnapshots();
  }
  std::string Out(const std::vector<std::string>& words) {
    EXPECT_EQ(h.Run(words), 0) << testing::PrintToString(words) << h.console.err;
    return h.console.out;
  }
  Harness h;
};

const char kDailyYaml[] =
    "- name: daily\n"
    "  volumeid: lv-1a2b\n"
    "  snapshotid: ls-01\n"
    "  volumesize: \"16\"\n"
    "  starttime: \"2026-05-01T10:00:00Z\"\n"
    "  description: of the day\n"
    "  status: completed\n";

TEST_F(SnapshotCommandsTest, ListAsATable) {
  EXPECT_EQ(Out({"snapshot", "ls"}),
            "ID     Name   Volume   Status         Size  Allocated  Created (UTC)        Description\n"
            "ls-01  daily  lv-1a2b  completed     16GiB       1MiB  2026-05-01 10:00:00  of the day\n"
            "ls-02  -      lv-3c4d  pending 34%  500MiB          -  2026-05-02 10:00:00  -\n");
}

TEST_F(SnapshotCommandsTest, GetAsRexRay033PrintedIt) {
  EXPECT_EQ(Out({"snapshot", "get", "--snapshotid", "ls-01"}), kDailyYaml);
  EXPECT_EQ(Out({"snapshot", "get", "--snapshotname", "daily"}), kDailyYaml);
  EXPECT_EQ(Out({"snapshot", "get", "--volumeid", "lv-1a2b"}), kDailyYaml);
  EXPECT_EQ(Out({"snapshot", "get", "--volumeid", "lv-9999"}), "") << "0.3.3 prints nothing for nothing";
  EXPECT_THAT(Out({"snapshot"}), HasSubstr("snapshotid: ls-02"));
}

TEST_F(SnapshotCommandsTest, JsonHasLibStoragesNames) {
  EXPECT_EQ(
      Out({"snapshot", "ls", "daily", "-f", "json"}),
      R"([{"description":"of the day","encrypted":false,"name":"daily","status":"completed","id":"ls-01",)"
      R"("volumeID":"lv-1a2b","volumeSize":16,"fields":{"service":"rexray","sizeBytes":"17179869184",)"
      R"("progressPercent":"100","created":"2026-05-01T10:00:00Z","createdByRexray":"true",)"
      R"("allocatedBytes":"1048576","fsType":"ext4","tag.team":"db"},"startTime":1777629600}])"
      "\n");
}

TEST_F(SnapshotCommandsTest, AnUnknownOneIsAnError) {
  EXPECT_EQ(h.Run({"snapshot", "ls", "none"}), 1);
  EXPECT_EQ(h.console.err, "rexray: there is no snapshot \"none\"\n");
}

TEST_F(SnapshotCommandsTest, CreateInBothDialects) {
  h.admin.Refuse("GET", "/v1/volume?id=pgdata", "NOT_FOUND", "no volume with that id");
  h.admin.Answer("POST", "/v1/snapshots?service=rexray&id=lv-1a2b",
                 std::string(R"({"snapshot": )") + kDaily + "}");
  EXPECT_THAT(Out({"snapshot", "create", "pgdata", "--name", "daily", "--freeze"}),
              HasSubstr("ls-01  daily"));
  EXPECT_THAT(Out({"snapshot", "create", "pgdata", "--name", "daily", "--description", "of the day",
                   "--freeze", "--tag", "team=db"}),
              HasSubstr("snapshotid: ls-01\n"))
      << "a flag of 0.3.3";
  EXPECT_EQ(h.admin.requests().back(),
            R"(POST /v1/snapshots?service=rexray&id=lv-1a2b )"
            R"({"description":"of the day","freeze":true,"name":"daily","tags":{"team":"db"}})");
  h.admin.Answer("GET", "/v1/volume?id=lv-1a2b", std::string(R"({"volume": )") + kPgdata + "}");
  EXPECT_THAT(Out({"snapshot", "create", "--volumeid", "lv-1a2b", "--snapshotname", "daily"}),
              HasSubstr("snapshotid: ls-01\n"));
}

TEST_F(SnapshotCommandsTest, WrongUsageSaysWhatIsMissing) {
  EXPECT_EQ(h.Run({"snapshot", "create"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("missing --volumeid"));
  EXPECT_EQ(h.Run({"snapshot", "rm"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("missing --snapshotid"));
  EXPECT_EQ(h.Run({"snapshot", "copy"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("missing --volumeid or --snapshotid or --volumename"));
  EXPECT_EQ(h.Run({"snapshot", "create", "a", "b"}), 2);
}

TEST_F(SnapshotCommandsTest, DryRunsAskAndChangeNothing) {
  h.admin.Refuse("GET", "/v1/volume?id=pgdata", "NOT_FOUND", "no volume with that id");
  EXPECT_EQ(Out({"snapshot", "create", "pgdata", "--name", "daily", "--freeze", "-n"}),
            "pgdata: make a snapshot called daily, frozen meanwhile\n");
  EXPECT_EQ(Out({"snapshot", "rm", "daily", "ls-02", "--dryRun"}),
            "daily: remove snapshot ls-01 of volume lv-1a2b\n"
            "ls-02: remove snapshot ls-02 of volume lv-3c4d\n");
  EXPECT_EQ(h.Run({"snapshot", "rm", "none", "daily", "-n"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("there is no snapshot \"none\""));
  for (const std::string& request : h.admin.requests())
    EXPECT_THAT(request, testing::StartsWith("GET ")) << request;
}

TEST_F(SnapshotCommandsTest, RemoveAndCopy) {
  h.admin.Answer("DELETE", "/v1/snapshot?id=daily", "{}");
  h.admin.Refuse("DELETE", "/v1/snapshot?id=none", "NOT_FOUND", "there is no snapshot \"none\"");
  EXPECT_EQ(Out({"snapshot", "rm", "daily"}), "daily\n");
  EXPECT_EQ(h.Run({"snapshot", "rm", "none", "daily"}), 1);
  EXPECT_EQ(h.console.out, "daily\n");
  EXPECT_EQ(h.Run({"snapshot", "copy", "daily", "--destinationregion", "eu-west-1"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("copying a snapshot to region eu-west-1 is not built yet"));
}

}  // namespace
}  // namespace rexray::cli
