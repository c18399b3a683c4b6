#include "setup/doctor/daemon_process.h"

#include "base/pid_file.h"
#include "host/kernel_file.h"

namespace rexray::setup::doctor {

std::optional<int> DaemonPid(const std::string& pid_file) {
  const auto text = host::ReadKernelFile(pid_file, 4096);
  if (!text.ok()) return std::nullopt;
  const std::optional<ProcessId> written = ParsePidFile(*text);
  if (!written) return std::nullopt;
  const absl::StatusOr<ProcessId> now = ProcessOf(written->pid);
  if (!now.ok() || *now != *written) return std::nullopt;
  return written->pid;
}

bool PidFileIsStale(const std::string& pid_file) {
  return host::ReadKernelFile(pid_file, 4096).ok() && !DaemonPid(pid_file);
}

}  // namespace rexray::setup::doctor
