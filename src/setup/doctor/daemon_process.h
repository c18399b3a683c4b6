#pragma once

#include <optional>
#include <string>

namespace rexray::setup::doctor {

/// The pid in RUN/rexray.pid ("PID STARTTIME"), if that very process still runs.
std::optional<int> DaemonPid(const std::string& pid_file);

/// The file is there and its process is not.
bool PidFileIsStale(const std::string& pid_file);

}  // namespace rexray::setup::doctor
