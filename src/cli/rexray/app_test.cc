#include "cli/rexray/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/rexray/testing/harness.h"

namespace rexray::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AppTest : public testing::Test {
 protected:
  AppTest() { h.ServeVolumes(); }
  Harness h;
};

TEST_F(AppTest, WithoutADaemonItSaysHowToStartOne) {
  h.admin.Unreachable(absl::NotFoundError("no such socket"));
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_EQ(h.console.out, "");
  EXPECT_EQ(
      h.console.err,
      "rexray: no daemon answers at /nowhere/run/rexray/rexray.sock (there is no such socket); start it with "
      "\"rexray start\" (or \"systemctl start rexray\")\n");
  h.admin.Unreachable(absl::UnavailableError("Connection refused"));
  EXPECT_EQ(h.Run({"volume", "mount", "a", "b", "--continueOnError"}), 1);
  EXPECT_EQ(h.admin.requests().size(), 2u) << "without a daemon there is no next volume";
}

TEST_F(AppTest, OtherWaysInWhichTheDaemonIsNotReached) {
  h.admin.Unreachable(absl::PermissionDeniedError("EACCES"));
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("try sudo"));
  h.admin.Unreachable(absl::DeadlineExceededError("late"));
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("did not answer in time"));
}

TEST_F(AppTest, WhatIsNotADaemonIsNamed) {
  for (const auto& [status, body] : std::vector<std::pair<int, const char*>>{
           {404, "<html>"}, {200, "<html>"}, {200, "[]"}, {200, ""}, {500, "{}"}, {500, "{\"error\": 1}"}}) {
    h.admin.Answer("GET", "/v1/volumes", body, status);
    EXPECT_EQ(h.Run({"volume", "ls"}), status == 200 && body[0] != '[' ? 2 : 1) << body;
    EXPECT_EQ(h.console.out, "");
    EXPECT_THAT(h.console.err, Not(IsEmpty())) << body;
  }
}

TEST_F(AppTest, ErrorsAreTheDaemonsOwnAndFitForATerminal) {
  h.admin.Refuse("GET", "/v1/volumes", "FAILED_PRECONDITION", "volume \"a\x1b[2J\" is busy\u202e");
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_EQ(h.console.err, "rexray: volume \"a\\x1b[2J\" is busy\\u202e\n");
  h.admin.Refuse("GET", "/v1/volumes", "INVALID_ARGUMENT", "no");
  EXPECT_EQ(h.Run({"volume", "ls"}), 2) << "by base/code_table.h";
}

TEST_F(AppTest, TheSocketFollowsTheEnvironmentAndTheFlags) {
  h.Run({"volume", "ls"});
  EXPECT_EQ(h.admin.addresses().back().path, "/nowhere/run/rexray/rexray.sock");
  h.environment["REXRAY_HOST"] = "unix:///tmp/x.sock";
  h.Run({"volume", "ls"});
  EXPECT_EQ(h.admin.addresses().back().path, "/tmp/x.sock");
  h.Run({"-h", "tcp://127.0.0.1:7979", "volume", "ls"});
  EXPECT_EQ(h.admin.addresses().back().port, 7979);
  EXPECT_EQ(h.Run({"-h", "ftp://x", "volume", "ls"}), 2);
  h.environment = {{"REXRAY_HOME", "relative"}};
  EXPECT_EQ(h.Run({"volume", "ls"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("REXRAY_HOME"));
}

TEST_F(AppTest, TimeoutAndServiceReachTheDaemon) {
  h.Run({"volume", "ls", "-s", "cl/oud", "--timeout", "2m"});
  EXPECT_THAT(h.admin.requests(), ElementsAre("GET /v1/volumes?service=cl%2Foud&timeout=120"));
}

TEST_F(AppTest, AFullDiskIsAFailure) {
  h.console.finish = absl::ResourceExhaustedError("No space left on device");
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("No space left"));
}

TEST_F(AppTest, UnknownFormatsAreUsageErrors) {
  EXPECT_EQ(h.Run({"volume", "ls", "-f", "xml"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("--format: unknown format \"xml\""));
  h.environment["REXRAY_FORMAT"] = "toml";
  EXPECT_EQ(h.Run({"volume", "ls"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("REXRAY_FORMAT: unknown format \"toml\""));
  EXPECT_EQ(h.Run({"volume", "ls", "-f", "json"}), 0) << "the flag wins";
}

TEST_F(AppTest, Version) {
  EXPECT_EQ(h.Run({"version"}), 0);
  EXPECT_THAT(h.console.out,
              testing::MatchesRegex("REX-Ray\n-------\nBinary: /.*\nFlavor: client\\+agent\nSemVer: [0-9.]+\n"
                                    "OsArch: Linux-.*\nBranch: .*\nCommit: .*\nFormed: .*\n"));
  EXPECT_THAT(h.admin.requests(), IsEmpty());
}

TEST_F(AppTest, ServicesAndDrivers) {
  h.admin.Answer("GET", "/v1/status", kStatus);
  EXPECT_EQ(h.Run({"service", "ls"}), 0);
  EXPECT_EQ(h.console.out,
            "Service  Driver  State  Volumes  Docker socket                           Note\n"
            "rexray   local   ready        3  unix:///run/docker/plugins/rexray.sock  -\n"
            "cloud    ebs     down         ?  -                                       no credentials\n");
  EXPECT_EQ(h.Run({"adapter", "types"}), 0);
  EXPECT_EQ(h.console.out, "Name    Driver\nrexray  local\ncloud   ebs\n");
  EXPECT_EQ(h.Run({"service", "ls", "--template", "{{.Name}}={{.Driver.Name}}"}), 0);
  EXPECT_EQ(h.console.out, "rexray=local\ncloud=ebs\n");
}

TEST_F(AppTest, Events) {
  h.admin.Answer("GET", "/v1/events?after=6", R"({"events": [{"sequence": 7, "at": "2026-05-01T10:00:00.5Z",
      "level": "warn", "kind": "preempted", "service": "rexray", "id": "vol-1", "name": "pg\u001b", "text": "taken\nfrom i-0"}],
      "last": 7})");
  EXPECT_EQ(h.Run({"events", "--after", "6"}), 0);
  EXPECT_EQ(h.console.out,
            "No  Time (UTC)           Level  Event      Volume  What happened\n"
            "7   2026-05-01 10:00:00  warn   preempted  pg\\x1b  taken\\nfrom i-0\n");
  EXPECT_EQ(h.Run({"events", "--after", "6", "-f", "json"}), 0);
  EXPECT_THAT(h.console.out, HasSubstr("\"kind\":\"preempted\""));
  EXPECT_THAT(h.console.out, HasSubstr("pg\\u001b"));
}

TEST_F(AppTest, DevicesAreTheMountsOfThisNode) {
  h.root = "";
  EXPECT_EQ(h.Run({"device"}), 0);
  EXPECT_THAT(h.console.out, testing::StartsWith("ID "));
  EXPECT_THAT(h.console.out, HasSubstr("/proc"));
  EXPECT_EQ(h.Run({"device", "-f", "yml"}), 0);
  EXPECT_THAT(h.console.out, HasSubstr("  mountpoint: /proc\n"));
  EXPECT_EQ(h.Run({"device", "ls", "--mountPoint", "/proc", "--template", "{{.MountPoint}}"}), 0);
  EXPECT_EQ(h.console.out, "/proc\n");
}

TEST_F(AppTest, InitSystem) {
  EXPECT_EQ(h.Run({"service", "initsys"}), 0);
  EXPECT_EQ(h.console.out, "Init System: unknown\n");
}

}  // namespace
}  // namespace rexray::cli
