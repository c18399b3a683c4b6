#pragma once

#include <string>
#include <vector>

namespace bench {

/// Many clients at once on one plugin, each with a connection of its own and the same number of calls.
/// Volumes load-0 … are created first and removed at the end.
///
///   --socket PATH        the plugin's unix socket; required
///   --create-opts K=V    an option of each volume's Create; may be repeated
///   --clients N          1 to 512, default 8
///   --volumes N          1 to 100000, default 16
///   --mix M              weights, default get=60,path=30,list=5,mount=5; `mount` is a Mount with an id of
///   its
///                        own and the Unmount that ends it
///   --hold               one Mount for each volume stands throughout, so that others find it staged
///   --calls N            of all clients together, default 10000
///   --seconds N          stop then, even if calls are left: 1 to 3600, default 60
///   --warm-up N          calls of each client before the clock starts, default 50
///   --seed N             of the order of calls, default 1
///
/// Prints one JSON object: calls, seconds, calls_per_second, errors, first_error, and for each kind of call
/// p50, p90, p99, max in microseconds. Returns the exit code: 0, 1 when a call failed, 2 for wrong usage.
int Load(const std::vector<std::string>& words);

/// The body of a Create.
std::string CreateBody(const std::string& name, const std::vector<std::string>& options);

}  // namespace bench
