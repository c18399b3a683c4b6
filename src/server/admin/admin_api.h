#pragma once

// The admin API: what the command line (src/cli/rexray) says to the daemon. HTTP/1.1 with JSON bodies on the
// unix socket RUN/rexray.sock (0600: the daemon's user and root). This page is its definition; version /v1
// only ever grows.
//
// clang-format off
//
// Requests
//   Volumes are named in the query: ?service=S&name=N or ?service=S&id=I (percent-encoded; no service = the
//   default one; both name and id = the id). `timeout=SECONDS` (1 to 86400, default 110) bounds any call: when it
//   passes the answer is DEADLINE_EXCEEDED and says what was being waited for; the work goes on and a repeated
//   call joins it. A POST's body is a JSON object; an absent body is {}. Unknown query parameters and unknown
//   fields are INVALID_ARGUMENT that names them. Sizes are integers, in bytes. Times are RFC 3339, UTC.
//
//   GET    /v1/status               -> STATUS, always within 2 s
//   GET    /v1/config               -> {"values": [{"key", "value", "origin": "default|file|environment|flag",
//                                      "where", "secret": bool}], "warnings": [text]}     secrets are masked
//   GET    /v1/events[?after=N]     -> {"events": [EVENT], "last": N}     oldest first; after 0: all there are
//   GET    /v1/nodes                -> {"nodes": [NODE], "errors": [{"service", "code", "message"}]}     this node,
//                                      as each service's backend knows it
//   GET    /v1/diagnoses            -> {"diagnoses": [{"service", "check", "verdict": "ok|warning|broken|unknown",
//                                      "evidence", "fix"}]}     each driver's own read-only checks, one after the other
//   GET    /v1/volumes[?service=S]  -> {"volumes": [VOLUME], "errors": [{"service", "code", "message"}]}
//                                      no service = all of them; a service that fails is listed in `errors`
//                                      (with ?service=S its error is the answer's)
//   POST   /v1/volumes[?service=S]  CREATE -> {"volume": VOLUME, "existed": bool}
//   GET    /v1/volume?…             -> {"volume": VOLUME}
//   DELETE /v1/volume?…             -> {}      &onlyOurs=true refuses volumes without our created-by tag
//   GET    /v1/volume/path?…        -> {"path": "…"}      "" when it is not mounted
//   GET    /v1/volume/consumers?…   -> {"consumers": [CONSUMER with "verdict": "alive|stale|unknown", "why"],
//                                      "uses": [USE]}      what the kernel shows: reads all of /proc
//   POST   /v1/volume/attach?…      {"force": bool} -> {"volume": VOLUME}
//   POST   /v1/volume/detach?…      {"force": bool} -> {}
//   POST   /v1/volume/mount?…       {"consumer": id, "fsType": "ext4", "mountOptions": [text],
//                                    "readOnly": bool, "preempt": bool or "when-dead"}
//                                   -> {"path": "…"}      preempt: without it, the service's
//   POST   /v1/volume/unmount?…     {"consumer": id, "now": bool} -> {}      now: without the linger
//   POST   /v1/volume/release?…     {"consumer": id} -> {}      the operator's reset: id as in CONSUMER, required
//   POST   /v1/volume/grow?…        {"size": bytes, required} -> {"volume": VOLUME}
//   POST   /v1/volume/modify?…      {"size", "type", "iops", "throughput"} (at least one) -> {"volume": VOLUME}
//   POST   /v1/volume/adopt?…       {} -> {"volume": VOLUME}      puts our created-by mark on it
//   GET    /v1/volume/usage?…       -> {"volume": VOLUME, "fileSystem": FS or null, "pool": POOL or null,
//                                      "problem": "" or why writing fails or soon will}
//   GET    /v1/snapshots[?service=S]     -> {"snapshots": [SNAPSHOT], "errors": as for volumes}     oldest first;
//                                      without ?service=S services that have no snapshots are left out
//   POST   /v1/snapshots?…          names the volume; {"name", "description", "tags": {text: text},
//                                    "freeze": bool} -> {"snapshot": SNAPSHOT}
//   DELETE /v1/snapshot?…           names the snapshot (id= or name=) -> {}      &onlyOurs=true as for volumes
//
//   `consumer` of mount and unmount is who holds the mount, in the caller's words; the daemon keeps it as "cli:"
//   + it (an id that starts with "cli:" is taken as it is). Without it: "cli:" + the uid of the calling process.
//   Every field of a POST is optional unless marked. A caller that hangs up before mount's answer holds nothing.
//
// Values
//   STATUS   {"version", "pid", "startedAt", "uptimeSeconds", "logLevel": "warn", "configFile": "" or a path,
//             "runDirectory", "volumesRoot", "defaultService", "warnings": [text], "services": [SERVICE]}
//   SERVICE  {"name", "driver", "state": "ready|starting|down", "error": what it waits for, or what is wrong
//             ("" when ready),
//             "volumes": integer, or null while its backend does not answer; "volumesError": text,
//             "dockerSocket": URL or "", "specFile": path or "",
//             "capabilities": {"kind": "block|directory", "scope": "local|global", "sizes", "grow",
//                              "growOnline", "snapshots", "clone", "snapshotCut": "atomic|instant|copy",
//                              "modify", "needsRoot"} or null when down}
//   NODE     {"service", "driver", "id", "name": the host's, "zone", "region"}
//   VOLUME   {"service", "id", "name", "size", "allocated", "type", "fsType", "iops": integer or null,
//             "throughput": integer (MiB/s) or null, "zone", "encrypted", "tags": {text: text},
//             "status": "creating|available|in-use|deleting|error", "statusDetail",
//             "attachments": [{"node", "state", "device"}], "created": time or null, "createdByUs", "blank",
//             "mkfsOptions": [text], "mountOptions": [text],
//             "state": "detached|attached|ready|staged|in use|lingering|lost", on this node (engine::ToString),
//             "device", "mountPoint", "consumers": [CONSUMER], "waitingFor",
//             "ageMilliseconds": of the backend's part}
//   SNAPSHOT {"service", "id", "name", "description", "sourceVolume": id, "size", "allocated", "fsType",
//             "tags": {text: text}, "created": time or null, "status": "pending|completed|error",
//             "statusDetail", "progressPercent", "encrypted", "createdByUs"}
//   FS       {"size", "available", "files", "filesAvailable"} (files 0: no fixed number)
//   POOL     {"name", "size", "available", "promised"}
//   CONSUMER {"api": "docker|dvdcli|podman|csi|cli|unknown", "id", "counted": bool, "count", "since"}
//   USE      {"pid", "command", "mountNamespace": integer (lsns -t mnt; 0: a process that uses the stage itself),
//             "target": where it has it mounted, "how": "open file …" of one that has not, "container": its id or ""}
//   EVENT    {"sequence", "at", "level": "debug|info|warn|error", "kind", "service", "id", "name", "text"}
//   CREATE   {"name": required, "size", "fsType", "type", "iops", "throughput", "zone", "encrypted": bool,
//             "kmsKey", "sourceSnapshot", "sourceVolume" (id or name), "freezeSource", "thick",
//             "overwriteFs": bool, "mkfsOptions": [text], "mountOptions": [text], "tags": {text: text}}
//
// Errors
//   HTTP status by base/code_table.h and {"error": {"code": "FAILED_PRECONDITION", "message": "one line"}}. The
//   exit code of a command that got it is in the same table. An unknown path is NOT_FOUND, a wrong method
//   UNIMPLEMENTED.
//
// clang-format on

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/http/server.h"
#include "config/config.h"
#include "engine/event_log.h"
#include "engine/volume_engine.h"
#include "volume/storage_driver.h"

namespace rexray::server::admin {

/// What the daemon knows of a service that the engine does not.
struct ServiceStatus {
  std::string name{};
  std::string driver{};
  std::string docker_socket{};  ///< "" = none
  std::string spec_file{};      ///< "" = none
};

struct Options {
  std::string version;
  std::string config_file;
  WallTime started_wall;
  TimePoint started;
  Duration default_timeout = std::chrono::seconds(110);
  Duration status_timeout = std::chrono::seconds(2);
  std::vector<std::string> warnings;  ///< of the daemon's start, beside the configuration's
  std::vector<ServiceStatus> services;
  std::vector<std::pair<std::string, std::shared_ptr<StorageDriver>>> drivers;  ///< by service; for diagnoses
};

/// The pointees outlive the handler and every exchange that it was given.
struct Parts {
  engine::VolumeEngine* engine = nullptr;
  engine::EventLog* events = nullptr;
  const config::Config* config = nullptr;
  Clock* clock = nullptr;
};

/// Serves the page above. Thread-safe; never blocks.
http::Handler MakeHandler(Parts parts, Options options);

}  // namespace rexray::server::admin
