#include "setup/service_manager.h"

#include <optional>

#include "base/pause.h"
#include "base/status.h"

namespace rexray::setup {

namespace {

std::string Property(const std::string& text, const std::string& name) {
  const size_t at = ("\n" + text).find("\n" + name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

absl::Status ServiceManager::Run(const std::vector<std::string>& argv) {
  // A restart waits for the unit's own start (Type=notify) and may stop a slow one first.
  return runner_.Run({.argv = argv, .deadline = Deadline::After(clock_, std::chrono::minutes(5))}).status();
}

absl::Status ServiceManager::Reload() {
  return Run({"systemctl", "daemon-reload"});
}

absl::Status ServiceManager::Stop(const std::string& unit) {
  return Run({"systemctl", "stop", unit});
}

absl::StatusOr<ServiceManager::State> ServiceManager::Show(const std::string& unit) {
  ASSIGN_OR_RETURN(
      const CommandResult result,
      runner_.Run({.argv = {"systemctl", "show", "--property=ActiveState,SubState,MainPID", unit},
                   .deadline = Deadline::After(clock_, std::chrono::seconds(30))}));
  return State{Property(result.out, "ActiveState"), Property(result.out, "SubState"),
               Property(result.out, "MainPID")};
}

void ServiceManager::Wait() {
  PauseUntil(clock_, clock_.Now() + times_.step);
}

absl::Status ServiceManager::Watch(const std::string& unit) {
  const Deadline start = Deadline::After(clock_, times_.start);
  std::optional<Deadline> settled;
  std::string pid;
  for (;;) {
    ASSIGN_OR_RETURN(const State state, Show(unit));
    const bool active = state.active == "active" || state.active == "reloading";
    const bool starting = state.active == "activating" && state.sub != "auto-restart" && !settled;
    if (!active && !starting) {
      return Error(absl::StatusCode::kFailedPrecondition, "it is {} ({})", state.active, state.sub);
    }
    if (active && !settled) {
      settled = Deadline::After(clock_, times_.settle);
      pid = state.pid;
    }
    if (active && state.pid != pid) {
      return Error(absl::StatusCode::kFailedPrecondition, "its process {} ended and was started again", pid);
    }
    if (settled && settled->Passed(clock_)) return absl::OkStatus();
    if (!settled && start.Passed(clock_)) {
      return Error(absl::StatusCode::kDeadlineExceeded, "it is still {} ({})", state.active, state.sub);
    }
    Wait();
  }
}

absl::Status ServiceManager::RestartAndWatch(const std::string& unit) {
  absl::Status status = Run({"systemctl", "restart", unit});
  if (status.ok()) status = Watch(unit);
  if (status.ok()) return status;
  return Error(absl::StatusCode::kFailedPrecondition, "{} did not come up: {}. Its journal says:\n{}", unit,
               MessageOf(status), Journal(unit));
}

std::string ServiceManager::Journal(const std::string& unit) {
  const absl::StatusOr<CommandResult> result =
      runner_.Run({.argv = {"journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", unit},
                   .deadline = Deadline::After(clock_, std::chrono::seconds(30))});
  if (!result.ok()) return "    (" + std::string(MessageOf(result.status())) + ")";
  std::string out = "    ";
  for (const char c : result->out) {
    out += c;
    if (c == '\n') out += "    ";
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out.empty() ? "    (nothing)" : out;
}

}  // namespace rexray::setup
