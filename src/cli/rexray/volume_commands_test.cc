// Each volume command: what it asks the daemon, what it prints in each format.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/rexray/testing/harness.h"
#include "nlohmann/json.hpp"

namespace rexray::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VolumeCommandsTest : public testing::Test {
 protected:
  VolumeCommandsTest() { h.ServeVolumes(); }
  std::string Out(const std::vector<std::string>& words) {
    EXPECT_EQ(h.Run(words), 0) << testing::PrintToString(words) << h.console.err;
    return h.console.out;
  }
  Harness h;
};

const char kPgdataYaml[] =
    "- name: pgdata\n"
    "  volumeid: lv-1a2b\n"
    "  availabilityzone: \"\"\n"
    "  status: in-use\n"
    "  volumetype: \"\"\n"
    "  iops: 0\n"
    "  size: \"16\"\n"
    "  networkname: \"\"\n"
    "  attachments:\n"
    "  - volumeid: lv-1a2b\n"
    "    instanceid: node-a\n"
    "    devicename: /dev/loop3\n"
    "    status: attached\n";

const char kPgdataJson[] =
    R"({"attachments":[{"deviceName":"/dev/loop3","mountPoint":"/var/lib/rexray/volumes/pgdata/data",)"
    R"("instanceID":{"id":"node-a"},"status":"attached","volumeID":"lv-1a2b"}],"attachmentState":2,)"
    R"("name":"pgdata","size":16,"status":"in-use","id":"lv-1a2b","type":"",)"
    R"("fields":{"service":"rexray","sizeBytes":"17179869184","allocatedBytes":"1288490188","fsType":"ext4",)"
    R"("state":"in use","device":"/dev/loop3","mountPoint":"/var/lib/rexray/volumes/pgdata/data",)"
    R"("consumers":"cli:1,docker:2","created":"2026-05-01T10:00:00Z","createdByRexray":"true","tag.team":"db"}})";

TEST_F(VolumeCommandsTest, ListAsATable) {
  EXPECT_EQ(Out({"volume", "ls"}),
            "ID        Name    Status         Size  Allocated  Encrypted  Used by         Path\n"
            "vol-0f00  far     unavailable  100GiB          -  yes        -               -\n"
            "lv-3c4d   logs    available    500MiB          -  no         -               -\n"
            "lv-1a2b   pgdata  attached      16GiB    1.20GiB  no         cli:1,docker:2  "
            "/var/lib/rexray/volumes/pgdata/data\n");
}

TEST_F(VolumeCommandsTest, ListAsRexRay011PrintedIt) {
  EXPECT_EQ(Out({"volume", "ls", "-f", "tmpl"}),
            "ID        Name    Status       Size  Encrypted\n"
            "vol-0f00  far     unavailable  100   true\n"
            "lv-3c4d   logs    available    1     false\n"
            "lv-1a2b   pgdata  attached     16    false\n");
  EXPECT_EQ(Out({"volume", "ls", "-f", "tmpl", "-q", "--path"}),
            "lv-1a2b  pgdata  attached  16  /var/lib/rexray/volumes/pgdata/data\n");
  EXPECT_EQ(Out({"volume", "ls", "--attached", "-f", "json"}), std::string("[") + kPgdataJson + "]\n");
  EXPECT_THAT(Out({"volume", "ls", "--path", "-f", "json"}),
              HasSubstr(R"("Path":"/var/lib/rexray/volumes/pgdata/data")"));
  EXPECT_EQ(Out({"volume", "ls", "--available", "-f", "tmpl", "-q"}), "lv-3c4d  logs  available  1\n");
}

TEST_F(VolumeCommandsTest, PrettyJsonIsTheSameJson) {
  const std::string pretty = Out({"volume", "ls", "-f", "jsonp"});
  EXPECT_THAT(pretty, HasSubstr("\n  {\n    \"attachments\": ["));
  EXPECT_EQ(nlohmann::json::parse(pretty), nlohmann::json::parse(Out({"volume", "ls", "-f", "json"})));
}

TEST_F(VolumeCommandsTest, Templates) {
  EXPECT_EQ(Out({"volume", "ls", "--template", "{{.ID}}\\t{{.Name}}\\t{{.AttachmentState}}"}),
            "lv-1a2b   pgdata  attached\nlv-3c4d   logs    available\nvol-0f00  far     unavailable\n");
  EXPECT_EQ(Out({"volume", "ls", "-f", "{{.Name}} {{.IOPS}} {{.AvailabilityZone}}"}),
            "pgdata 0 \nlogs 0 \nfar 3000 eu-west-1a\n");
  EXPECT_EQ(Out({"volume", "ls", "-f", "tmpl", "--template", "{{range .D}}{{.Name}},{{end}}"}),
            "pgdata,logs,far,");
  EXPECT_EQ(Out({"volume", "ls", "pgdata", "--template",
                 "{{.Fields.fsType}} {{range .Attachments}}{{.VolumeID}}{{end}}"}),
            "ext4 lv-1a2b\n");
  EXPECT_EQ(h.Run({"volume", "ls", "--template", "{{.Nope}}"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("no field \"Nope\"; there are Attachments, "));
}

TEST_F(VolumeCommandsTest, GetIsYamlForScriptsAndATableForPeople) {
  EXPECT_EQ(Out({"volume", "get", "pgdata"}), kPgdataYaml);
  EXPECT_EQ(Out({"volume", "get", "--volumename", "pgdata"}), kPgdataYaml);
  EXPECT_EQ(Out({"volume", "ls", "--volumeid=lv-1a2b"}), kPgdataYaml) << "a 0.3.3-only flag";
  EXPECT_EQ(Out({"volume", "ls", "pgdata", "-f", "yml"}), kPgdataYaml);
  h.console.terminal = true;
  EXPECT_THAT(Out({"volume", "get", "pgdata"}), testing::StartsWith("ID "));
  h.environment["REXRAY_FORMAT"] = "yaml";
  EXPECT_EQ(Out({"volume", "ls", "pgdata"}), kPgdataYaml);
}

TEST_F(VolumeCommandsTest, AnEmptyListIsNothingInYaml) {
  h.admin.Answer("GET", "/v1/volumes", R"({"volumes": [], "errors": []})");
  EXPECT_EQ(Out({"volume", "get"}), "");
  EXPECT_EQ(Out({"volume", "ls", "-f", "json"}), "[]\n");
  EXPECT_EQ(Out({"volume", "ls"}), "ID  Name  Status  Size  Used by  Path\n");
}

TEST_F(VolumeCommandsTest, AServiceThatFailsDoesNotHideTheOthers) {
  h.admin.Answer("GET", "/v1/volumes",
                 std::string(R"({"volumes": [)") + kLogs +
                     R"(], "errors": [{"service": "cloud", "code": "UNAVAILABLE", "message": "no route"}]})");
  EXPECT_EQ(h.Run({"volume", "ls"}), 1);
  EXPECT_THAT(h.console.out, HasSubstr("lv-3c4d"));
  EXPECT_EQ(h.console.err, "rexray: service \"cloud\": no route\n");
}

TEST_F(VolumeCommandsTest, HostileNamesNeverReachTheTerminal) {
  h.admin.Answer("GET", "/v1/volumes",
                 R"({"volumes": [{"service": "s", "id": "vol-1", "name": "a\u001b[2J\nb\u009bc",
      "size": 1073741824, "status": "available", "state": "detached", "tags": {"k\u001b": "v\u0007"}}], "errors": []})");
  for (const char* format : {"table", "tmpl", "json", "jsonp", "yml", "{{.Name}}{{.Fields | json}}"}) {
    const std::string out = Out({"volume", "ls", "-f", format});
    EXPECT_THAT(out, HasSubstr("[2J")) << format;
    for (const char c : out)
      EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << format;
    EXPECT_EQ(out.find("\u009b"), std::string::npos) << format;
  }
}

TEST_F(VolumeCommandsTest, Inspect) {
  EXPECT_EQ(Out({"volume", "inspect", "pgdata"}),
            "Name          pgdata\n"
            "ID            lv-1a2b\n"
            "Service       rexray\n"
            "Status        in-use\n"
            "On this node  in use\n"
            "Size          16GiB (1.20GiB used on the backend)\n"
            "File system   ext4, mounted with noatime\n"
            "Created       2026-05-01T10:00:00Z by rexray\n"
            "Device        /dev/loop3\n"
            "Path          /var/lib/rexray/volumes/pgdata/data\n"
            "Held by       docker aa11 (2 times) since 2026-05-01T10:00:01Z\n"
            "              docker bb22 since 2026-05-01T10:00:02Z\n"
            "              cli cli:0 since 2026-05-01T10:00:03Z\n"
            "Attached to   node-a (attached, /dev/loop3)\n"
            "Tags          team=db\n");
  EXPECT_EQ(Out({"volume", "inspect", "pgdata", "-f", "json"}), std::string("[") + kPgdataJson + "]\n");
}

TEST_F(VolumeCommandsTest, Map) {
  EXPECT_EQ(Out({"volume", "map", "-f", "yml"}),
            "- providername: rexray\n"
            "  instanceid: node-a\n"
            "  volumeid: lv-1a2b\n"
            "  devicename: /dev/loop3\n"
            "  region: \"\"\n"
            "  status: attached\n"
            "  networkname: \"\"\n");
}

TEST_F(VolumeCommandsTest, CreateSendsWhatWasAskedForAndNothingElse) {
  h.admin.Answer("POST", "/v1/volumes", std::string(R"({"existed": false, "volume": )") + kLogs + "}");
  EXPECT_EQ(
      Out({"volume", "create", "logs", "--size", "500MiB", "--fs-type", "xfs", "--opt", "mkfsOptions=-m,0"}),
      "ID       Name  Status       Size\n"
      "lv-3c4d  logs  available  500MiB\n");
  EXPECT_THAT(
      h.admin.requests(),
      ElementsAre(
          R"(POST /v1/volumes {"fsType":"xfs","mkfsOptions":["-m","0"],"name":"logs","size":524288000})"));
  EXPECT_THAT(Out({"volume", "create", "--volumename=logs"}),
              testing::StartsWith("name: logs\nvolumeid: lv-3c4d\n"));
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volumes {"name":"logs"})");
}

TEST_F(VolumeCommandsTest, CreateOfWhatExistsSaysSo) {
  h.admin.Answer("POST", "/v1/volumes", std::string(R"({"existed": true, "volume": )") + kLogs + "}");
  EXPECT_EQ(h.Run({"volume", "create", "logs"}), 0);
  EXPECT_EQ(h.console.err, "rexray: volume \"logs\" was there already and is as asked for\n");
}

TEST_F(VolumeCommandsTest, CreateAndMount) {
  h.admin.Answer("POST", "/v1/volumes", std::string(R"({"existed": false, "volume": )") + kPgdata + "}");
  h.admin.Answer("POST", "/v1/volume/mount?service=rexray&id=lv-1a2b", R"({"path": "/p"})");
  EXPECT_EQ(Out({"volume", "create", "pgdata", "--amount", "-f", "tmpl", "-q"}),
            "lv-1a2b  pgdata  attached  16  /p\n");
}

TEST_F(VolumeCommandsTest, CreateStopsAtTheFirstFailureUnlessToldOtherwise) {
  h.admin.Refuse("POST", "/v1/volumes", "RESOURCE_EXHAUSTED", "the disk is full");
  EXPECT_EQ(h.Run({"volume", "create", "a", "b"}), 1);
  EXPECT_EQ(h.admin.requests().size(), 1u);
  EXPECT_EQ(h.console.err, "rexray: the disk is full\n");
  EXPECT_EQ(h.Run({"volume", "create", "a", "b", "--continueOnError"}), 1);
  EXPECT_EQ(h.admin.requests().size(), 3u);
}

TEST_F(VolumeCommandsTest, MountPrintsThePathAlone) {
  h.admin.Answer("POST", "/v1/volume/mount?service=rexray&id=lv-3c4d", R"({"path": "/v/logs/data"})");
  EXPECT_EQ(Out({"volume", "mount", "logs"}), "/v/logs/data\n");
  EXPECT_THAT(h.admin.requests(),
              ElementsAre("GET /v1/volume?name=logs", "POST /v1/volume/mount?service=rexray&id=lv-3c4d {}"));
  EXPECT_EQ(Out({"volume", "mount", "--volumename", "logs"}), "/v/logs/data\n")
      << "the same as a YAML scalar";
  Out({"volume", "mount", "logs", "--consumer", "me", "--fsType", "xfs", "--read-only", "--preempt", "-o",
       "noatime"});
  EXPECT_EQ(h.admin.requests().back(),
            "POST /v1/volume/mount?service=rexray&id=lv-3c4d "
            R"({"consumer":"me","fsType":"xfs","mountOptions":["noatime"],"preempt":true,"readOnly":true})");
  EXPECT_THAT(Out({"volume", "mount", "logs", "-f", "json"}), HasSubstr(R"("Path":"/v/logs/data")"));
}

TEST_F(VolumeCommandsTest, MountOfSeveralStopsAtTheFirstFailure) {
  h.admin.Answer("POST", "/v1/volume/mount?service=rexray&id=lv-3c4d", R"({"path": "/v/logs/data"})");
  h.admin.Refuse("POST", "/v1/volume/mount?service=rexray&id=vol-0f00", "FAILED_PRECONDITION",
                 "volume \"far\" is attached to i-0abc (running)");
  EXPECT_EQ(h.Run({"volume", "mount", "logs", "far", "pgdata"}), 1);
  EXPECT_EQ(h.console.out, "/v/logs/data\n");
  EXPECT_EQ(h.console.err, "rexray: volume \"far\" is attached to i-0abc (running)\n");
}

TEST_F(VolumeCommandsTest, UnmountIsSilentForPeople) {
  h.admin.Answer("POST", "/v1/volume/unmount?service=rexray&id=lv-1a2b", "{}");
  EXPECT_EQ(Out({"volume", "unmount", "pgdata", "--now"}), "");
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volume/unmount?service=rexray&id=lv-1a2b {"now":true})");
  EXPECT_EQ(Out({"volume", "unmount", "pgdata", "-f", "tmpl", "-q"}), "lv-1a2b  pgdata  attached  16\n")
      << "0.11 prints the volume as it is now";
}

TEST_F(VolumeCommandsTest, Path) {
  h.admin.Answer("GET", "/v1/volume/path?service=rexray&id=lv-1a2b", R"({"path": "/p"})");
  h.admin.Answer("GET", "/v1/volume/path?service=rexray&id=lv-3c4d", R"({"path": ""})");
  EXPECT_EQ(Out({"volume", "path", "pgdata"}), "/p\n");
  EXPECT_EQ(h.Run({"volume", "path", "logs"}), 1);
  EXPECT_EQ(h.console.out, "");
  EXPECT_THAT(h.console.err, HasSubstr("volume \"logs\" is not mounted here"));
  EXPECT_EQ(Out({"volume", "path", "--volumename=logs"}), "\"\"\n") << "as 0.3.3";
}

TEST_F(VolumeCommandsTest, RemoveWantsTheExactName) {
  h.admin.Refuse("GET", "/v1/volume?name=pgd", "NOT_FOUND", "there is no volume \"pgd\" in service rexray");
  EXPECT_EQ(h.Run({"volume", "rm", "pgd"}), 1);
  EXPECT_EQ(h.console.err, "rexray: there is no volume \"pgd\" in service rexray\n");
  h.admin.Answer("DELETE", "/v1/volume?service=rexray&id=lv-1a2b", "{}");
  EXPECT_EQ(Out({"volume", "rm", "pgdata"}), "pgdata\n");
  EXPECT_EQ(Out({"volume", "rm", "--volumeid", "lv-1a2b"}), "") << "0.3.3 prints nothing";
  EXPECT_EQ(Out({"volume", "rm", "/^pg/", "-f", "json"}), "[\"pgdata\"]\n");
}

TEST_F(VolumeCommandsTest, OthersTakeUniquePrefixesAndIds) {
  for (const char* word : {"pgd", "lv-1", "PGDATA"}) {
    h.admin.Refuse("GET", std::string("/v1/volume?name=") + word, "NOT_FOUND", "no such volume");
    h.admin.Answer("GET", "/v1/volume/path?service=rexray&id=lv-1a2b", R"({"path": "/p"})");
    EXPECT_EQ(Out({"volume", "path", word}), "/p\n") << word;
  }
  h.admin.Refuse("GET", "/v1/volume?name=lv-", "NOT_FOUND", "no such volume");
  EXPECT_EQ(h.Run({"volume", "path", "lv-"}), 1);
  EXPECT_THAT(h.console.err, HasSubstr("\"lv-\" means 2 volumes: pgdata (lv-1a2b), logs (lv-3c4d)"));
}

TEST_F(VolumeCommandsTest, NamesAreTheDefaultServicesAndIdsEveryones) {
  h.admin.Answer("GET", "/v1/volumes",
                 std::string(R"({"errors": [], "volumes": [)") + kLogs +
                     R"(, {"service": "cloud", "id": "vol-9", "name": "logs2", "status": "available"}]})");
  h.admin.Answer("GET", "/v1/status", kStatus);
  h.admin.Refuse("GET", "/v1/volume?name=logs2", "NOT_FOUND", "no volume logs2");
  EXPECT_EQ(h.Run({"volume", "get", "logs2"}), 1);
  h.admin.Refuse("GET", "/v1/volume?name=vol-9", "NOT_FOUND", "no volume vol-9");
  EXPECT_THAT(Out({"volume", "get", "vol-9"}), HasSubstr("logs2"));
}

TEST_F(VolumeCommandsTest, AttachAndDetach) {
  h.admin.Answer("POST", "/v1/volume/attach?service=rexray&id=lv-1a2b",
                 std::string(R"({"volume": )") + kPgdata + "}");
  EXPECT_EQ(Out({"volume", "attach", "pgdata", "--force"}),
            "ID       Name    Status     Size  Device\n"
            "lv-1a2b  pgdata  attached  16GiB  /dev/loop3\n");
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volume/attach?service=rexray&id=lv-1a2b {"force":true})");
  EXPECT_EQ(Out({"volume", "attach", "--volumeid", "lv-1a2b"}),
            "- volumeid: lv-1a2b\n  instanceid: node-a\n  devicename: /dev/loop3\n  status: attached\n");
  h.admin.Answer("POST", "/v1/volume/detach?service=rexray&id=lv-1a2b", "{}");
  EXPECT_EQ(Out({"volume", "detach", "pgdata"}), "");
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volume/detach?service=rexray&id=lv-1a2b {"force":false})");
}

TEST_F(VolumeCommandsTest, Grow) {
  h.admin.Answer("POST", "/v1/volume/grow?service=rexray&id=lv-1a2b",
                 std::string(R"({"volume": )") + kPgdata + "}");
  EXPECT_THAT(Out({"volume", "grow", "pgdata", "--size", "16"}), HasSubstr("16GiB"));
  EXPECT_EQ(h.admin.requests().back(),
            R"(POST /v1/volume/grow?service=rexray&id=lv-1a2b {"size":17179869184})");
}

TEST_F(VolumeCommandsTest, ModifyAndAdopt) {
  h.admin.Answer("POST", "/v1/volume/modify?service=rexray&id=lv-1a2b",
                 std::string(R"({"volume": )") + kPgdata + "}");
  EXPECT_THAT(Out({"volume", "modify", "pgdata", "--type", "gp3", "--iops", "5000", "--size", "20"}),
              HasSubstr("16GiB"));
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volume/modify?service=rexray&id=lv-1a2b )"
                                       R"({"iops":5000,"size":21474836480,"type":"gp3"})");
  EXPECT_EQ(Out({"volume", "modify", "pgdata", "--iops", "5", "-n"}), "pgdata: change iops to 5\n");
  h.admin.Answer("POST", "/v1/volume/adopt?service=rexray&id=lv-1a2b",
                 std::string(R"({"volume": )") + kPgdata + "}");
  Out({"volume", "adopt", "pgdata"});
  EXPECT_EQ(h.admin.requests().back(), R"(POST /v1/volume/adopt?service=rexray&id=lv-1a2b {})");
}

TEST_F(VolumeCommandsTest, GetSaysWhyThereIsNoSpace) {
  h.admin.Answer("GET", "/v1/volume/usage?service=rexray&id=lv-1a2b&timeout=5",
                 std::string(R"({"volume": )") + kPgdata +
                     R"(, "fileSystem": {"size": 1073741824, "available": 536870912},
                         "pool": {"name": "/pool", "size": 2147483648, "available": 0, "promised": 5},
                         "problem": "the pool is full"})");
  h.console.terminal = true;
  EXPECT_THAT(Out({"volume", "get", "pgdata"}), HasSubstr("the pool is full"));
  const std::string card = Out({"volume", "inspect", "pgdata"});
  EXPECT_THAT(card, HasSubstr("Free in it    512MiB of 1GiB\n"));
  EXPECT_THAT(card, HasSubstr("Free below it 0B of 2GiB (/pool)\n"));
  EXPECT_THAT(card, HasSubstr("Problem       the pool is full\n"));
  EXPECT_THAT(Out({"volume", "get", "pgdata", "-f", "json"}),
              HasSubstr(R"("spaceProblem":"the pool is full")"));
  h.console.terminal = false;
  EXPECT_EQ(Out({"volume", "get", "pgdata"}), kPgdataYaml) << "0.3.3's scripts find what they know";
}

TEST_F(VolumeCommandsTest, ConsumersAndRelease) {
  h.admin.Answer(
      "GET", "/v1/volume/consumers?service=rexray&id=lv-1a2b",
      R"json({"consumers": [{"api": "docker", "id": "aa11", "counted": true, "count": 2, "since": "T",
                             "verdict": "alive", "why": "process 7 (sh)"}],
              "uses": [{"pid": 7, "command": "sh", "mountNamespace": 42, "target": "/data", "how": "",
                        "container": "0123456789abcdef"},
                       {"pid": 8, "command": "vi", "mountNamespace": 0, "target": "", "how": "open file x",
                        "container": ""}]})json");
  EXPECT_EQ(Out({"volume", "consumers", "pgdata"}),
            "Volume  API     Consumer  Times  Since  Verdict  Evidence\n"
            "pgdata  docker  aa11      2      T      alive    process 7 (sh)\n"
            "\n"
            "Volume  PID  Command  Container     Mount namespace  At\n"
            "pgdata  7    sh       0123456789ab  42               /data\n"
            "pgdata  8    vi       -             -                open file x\n");
  EXPECT_THAT(Out({"volume", "consumers", "pgdata", "--format", "json"}), HasSubstr("\"mountNamespace\":42"));
  h.admin.Answer("POST", "/v1/volume/release?service=rexray&id=lv-1a2b", "{}");
  EXPECT_EQ(Out({"volume", "release", "pgdata", "aa11"}), "");
  EXPECT_EQ(h.admin.requests().back(),
            R"(POST /v1/volume/release?service=rexray&id=lv-1a2b {"consumer":"aa11"})");
}

TEST_F(VolumeCommandsTest, DryRunsAskAndChangeNothing) {
  h.admin.Answer("GET", "/v1/status", kStatus);
  h.admin.Answer("GET", "/v1/nodes", kNodes);
  const std::string root = "/var/lib/rexray/volumes/";
  EXPECT_EQ(
      Out({"volume", "create", "x", "--size", "2", "--mount", "-n"}),
      "x: create, 2GiB; attach to node-a; format with the default file system; mount at " + root + "x\n");
  EXPECT_EQ(Out({"volume", "create", "x", "-s", "cloud", "--fsType", "xfs", "--mount", "-n"}),
            "x: create, the default size, xfs; attach to i-0a1b; format xfs; mount at " + root +
                ".services/cloud/x\n");
  EXPECT_EQ(Out({"volume", "mount", "logs", "-n"}),
            "logs: attach lv-3c4d to node-a; format xfs; mount at " + root + "logs\n");
  EXPECT_EQ(Out({"volume", "mount", "pgdata", "-n"}),
            "pgdata: hold " + root + "pgdata/data, where it is mounted already\n");
  EXPECT_EQ(Out({"volume", "attach", "far", "-n"}),
            "far: attach vol-0f00 to node-a (it is attached to i-0abc)\n");
  EXPECT_EQ(Out({"volume", "detach", "logs", "-n"}), "logs: nothing, it is not attached here\n");
  EXPECT_EQ(Out({"volume", "unmount", "pgdata", "-n"}),
            "pgdata: end your hold; 2 others keep " + root + "pgdata/data mounted\n");
  EXPECT_EQ(Out({"volume", "rm", "logs", "-n"}), "logs: remove lv-3c4d and its 500MiB of data\n");
  EXPECT_EQ(Out({"volume", "grow", "pgdata", "--size", "20", "-n"}),
            "pgdata: grow from 16GiB to 20GiB; grow the mounted file system\n");
  EXPECT_EQ(Out({"volume", "release", "pgdata", "aa11", "-n"}), "pgdata: end the hold of aa11\n");
  EXPECT_EQ(Out({"volume", "release", "pgdata", "zz", "-n"}), "pgdata: nothing, it is not held by zz\n");
  EXPECT_EQ(Out({"volume", "adopt", "far", "-n"}), "far: mark it as ours\n");
  for (const std::string& request : h.admin.requests())
    EXPECT_THAT(request, testing::StartsWith("GET ")) << request;
}

TEST_F(VolumeCommandsTest, APlanNeedsNoAnswerOfTheBackend) {
  EXPECT_EQ(Out({"volume", "mount", "logs", "-n"}), "logs: attach lv-3c4d to this node; format xfs; mount\n");
}

}  // namespace
}  // namespace rexray::cli
