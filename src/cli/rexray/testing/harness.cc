#include "cli/rexray/testing/harness.h"

namespace rexray::cli {

const char kPgdata[] = R"({
  "service": "rexray", "id": "lv-1a2b", "name": "pgdata", "size": 17179869184, "allocated": 1288490188, "type": "",
  "fsType": "ext4", "iops": null, "throughput": null, "zone": "", "encrypted": false, "tags": {"team": "db"},
  "status": "in-use", "statusDetail": "", "attachments": [{"node": "node-a", "state": "attached", "device": "/dev/loop3"}],
  "created": "2026-05-01T10:00:00Z", "createdByUs": true, "blank": false, "mkfsOptions": [], "mountOptions": ["noatime"],
  "state": "in use", "device": "/dev/loop3", "mountPoint": "/var/lib/rexray/volumes/pgdata/data",
  "consumers": [{"api": "docker", "id": "aa11", "counted": true, "count": 2, "since": "2026-05-01T10:00:01Z"},
                {"api": "docker", "id": "bb22", "counted": true, "count": 1, "since": "2026-05-01T10:00:02Z"},
                {"api": "cli", "id": "cli:0", "counted": false, "count": 1, "since": "2026-05-01T10:00:03Z"}],
  "waitingFor": "", "ageMilliseconds": 3})";

const char kLogs[] = R"({
  "service": "rexray", "id": "lv-3c4d", "name": "logs", "size": 524288000, "allocated": 0, "type": "", "fsType": "xfs",
  "iops": null, "throughput": null, "zone": "", "encrypted": false, "tags": {}, "status": "available",
  "statusDetail": "", "attachments": [], "created": null, "createdByUs": true, "blank": true, "mkfsOptions": [],
  "mountOptions": [], "state": "detached", "device": "", "mountPoint": "", "consumers": [], "waitingFor": "",
  "ageMilliseconds": 3})";

const char kFar[] = R"({
  "service": "rexray", "id": "vol-0f00", "name": "far", "size": 107374182400, "allocated": 0, "type": "gp3",
  "fsType": "", "iops": 3000, "throughput": 125, "zone": "eu-west-1a", "encrypted": true, "tags": {},
  "status": "in-use", "statusDetail": "",
  "attachments": [{"node": "i-0abc", "state": "attached", "device": "/dev/xvdf"}], "created": null,
  "createdByUs": false, "blank": false, "mkfsOptions": [], "mountOptions": [], "state": "detached", "device": "",
  "mountPoint": "", "consumers": [], "waitingFor": "", "ageMilliseconds": 3})";

const char kDaily[] =
    R"({"service": "rexray", "id": "ls-01", "name": "daily", "description": "of the day", "sourceVolume": "lv-1a2b",
        "size": 17179869184, "allocated": 1048576, "fsType": "ext4", "tags": {"team": "db"},
        "created": "2026-05-01T10:00:00Z", "status": "completed", "statusDetail": "", "progressPercent": 100,
        "encrypted": false, "createdByUs": true})";
const char kPending[] =
    R"({"service": "rexray", "id": "ls-02", "name": "", "description": "", "sourceVolume": "lv-3c4d",
        "size": 524288000, "allocated": 0, "created": "2026-05-02T10:00:00Z", "status": "pending",
        "progressPercent": 34, "createdByUs": true})";

const char kNodes[] = R"({
  "nodes": [
    {"service": "rexray", "driver": "local", "id": "node-a", "name": "node-a.example", "zone": "", "region": ""},
    {"service": "cloud", "driver": "ebs", "id": "i-0a1b", "name": "node-a.example", "zone": "eu-west-1a",
     "region": "eu-west-1"}],
  "errors": []})";

const char kStatus[] = R"({
  "version": "0.1.0", "pid": 4711, "startedAt": "2026-05-01T09:00:00Z", "uptimeSeconds": 3725, "logLevel": "warn",
  "configFile": "/etc/rexray/config.yml", "runDirectory": "/run/rexray", "volumesRoot": "/var/lib/rexray/volumes",
  "defaultService": "rexray", "warnings": ["unknown key rexray.logLevl; the nearest known one is rexray.logLevel"],
  "services": [
    {"name": "rexray", "driver": "local", "state": "ready", "error": "", "volumes": 3, "volumesError": "",
     "dockerSocket": "unix:///run/docker/plugins/rexray.sock", "specFile": "/etc/docker/plugins/rexray.spec",
     "capabilities": {"kind": "block", "scope": "local", "sizes": true, "grow": true, "growOnline": true,
                      "snapshots": false, "clone": false, "needsRoot": true}},
    {"name": "cloud", "driver": "ebs", "state": "down", "error": "no credentials", "volumes": null, "volumesError": "",
     "dockerSocket": "", "specFile": "", "capabilities": null}]})";

int Harness::Run(const std::vector<std::string>& words) {
  console.out.clear();
  console.err.clear();
  App app{.console = console,
          .transport = admin,
          .run = [this](const std::vector<std::string>& argv) -> absl::StatusOr<int> {
            programs.push_back(argv);
            return program_exit_code;
          },
          .clock = SystemClock::Get(),
          .environment = environment,
          .program = "rexray",
          .root = root};
  return cli::Run(app, words);
}

void Harness::ServeVolumes() {
  const auto one = [this](const char* volume, const std::string& name, const std::string& id) {
    const std::string body = std::string(R"({"volume": )") + volume + "}";
    admin.Answer("GET", "/v1/volume?name=" + name, body);
    admin.Answer("GET", "/v1/volume?id=" + id, body);
    admin.Answer("GET", "/v1/volume?service=rexray&id=" + id, body);
  };
  one(kPgdata, "pgdata", "lv-1a2b");
  one(kLogs, "logs", "lv-3c4d");
  one(kFar, "far", "vol-0f00");
  admin.Answer("GET", "/v1/volumes",
               std::string(R"({"volumes": [)") + kPgdata + "," + kLogs + "," + kFar + R"(], "errors": []})");
}

void Harness::ServeSnapshots() {
  admin.Answer("GET", "/v1/snapshots",
               std::string(R"({"snapshots": [)") + kDaily + ", " + kPending + R"(], "errors": []})");
}

}  // namespace rexray::cli
