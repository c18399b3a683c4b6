#pragma once

// The control API of the simulator, JSON over HTTP, for tests that run it as a program:
//
//   POST   /_sim/instances                 {"id", "type", "zone", "device_root", "imds", "root_gib", "role",
//   "tags"},
//                                          all optional -> {"id", "imds": "/_imds/i-…"}
//                                          imds: optional required v1 token-lost unreachable
//   POST   /_sim/instances/ID/stop         also start, terminate, cut, reconnect, expire-keys
//   POST   /_sim/instances/ID/devices      {"bad": ["/dev/xvdba"], "mapped": […]}
//   POST   /_sim/faults                    {"action", "nth", "times", "do", "delay_ms", "code", "message",
//                                          "carried_out", "percent"}; do: refuse hang close 503 html500
//                                          corrupt delay throttle error
//   DELETE /_sim/faults
//   POST   /_sim/principals                {"access_key", "secret_key", "session_token", "deny": ["Create*"]}
//   POST   /_sim/deny                      {"policy": "rexray-node", "actions": ["AttachVolume"]}
//   POST   /_sim/options                   {"latency": {"attach": [20, 60]}, "volume_view_lag_ms",
//                                          "instance_view_lag_ms", "clock_ahead_ms", "flicker",
//                                          "throttle_scale",
//                                          "volume_quota", "modifications_per_day", "bad_kms_vanishes",
//                                          "full_instance_hangs"}
//   POST   /_sim/clock                     {"advance_ms"}
//   GET    /_sim/counts                    {"AttachVolume": {"calls", "throttled", "errors"}}; DELETE resets
//   them GET    /_sim/state                     volumes, snapshots and instances as they are
//
// Errors are 400 with {"error": "…"}.

#include "base/http/message.h"
#include "ec2sim/reply.h"

namespace rexray::ec2sim {

class Simulator;

Reply AnswerControl(Simulator& simulator, const http::Request& request);

}  // namespace rexray::ec2sim
