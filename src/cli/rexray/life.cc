#include "cli/rexray/life.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

#include "cli/rexray/daemon_launch.h"
#include "cli/rexray/pid_file.h"
#include "cli/rexray/service_output.h"
#include "cli/rexray/terminal_text.h"

#include "base/status.h"

namespace rexray::cli {

namespace {

constexpr std::chrono::seconds kStopPatience{60};
constexpr std::chrono::seconds kStartPatience{60};

bool Exists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

bool RunsSystemd(const Surroundings& around) {
  return Exists(around.root + "/run/systemd/system");
}

/// The unit of this machine's one daemon is installed, and it is the one that is meant.
bool ThroughSystemd(const LifeContext& context) {
  if (context.around.private_home || !context.invocation.host.empty() || !RunsSystemd(context.around))
    return false;
  for (const char* directory : {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    if (Exists(context.around.root + directory + "/rexray.service")) return true;
  }
  return false;
}

absl::Status Systemctl(LifeContext& context, const char* verb) {
  ASSIGN_OR_RETURN(const int exit_code, context.run({"systemctl", verb, "-l", "rexray"}));
  if (exit_code == 0) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal,
               "systemctl {} rexray ended with {}; \"systemctl status rexray\" says more", verb, exit_code);
}

absl::StatusOr<std::string> Absolute(const std::string& path) {
  if (path.empty() || path[0] == '/') return path;
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return ErrnoError(errno, path);
  std::string out = resolved;
  free(resolved);
  return out;
}

absl::StatusOr<LaunchRequest> RequestFor(const LifeContext& context) {
  LaunchRequest request;
  ASSIGN_OR_RETURN(request.program, FindDaemonProgram());
  ASSIGN_OR_RETURN(const std::string config, Absolute(context.invocation.config_file));
  if (!config.empty()) request.words.insert(request.words.end(), {"--config", config});
  if (!context.invocation.log_level.empty()) {
    request.words.insert(request.words.end(), {"--logLevel", context.invocation.log_level});
  }
  if (!context.invocation.preempt.empty()) {
    request.words.insert(request.words.end(), {"--rexray.volume.mount.preempt", context.invocation.preempt});
  }
  for (const auto& [key, value] : context.invocation.settings)
    request.words.push_back(fmt::format("--{}={}", key, value));
  request.log_file = context.paths.log + "/rexray.log";
  request.patience = context.invocation.timeout.value_or(kStartPatience);
  return request;
}

int Failed(LifeContext& context, const absl::Status& status) {
  context.console.Out("FAILED!\n");
  Fail(context.console, status);
  return 1;
}

int AlreadyRunning(LifeContext& context, pid_t pid) {
  context.console.Out(fmt::format("REX-Ray already running at PID {}\n", pid));
  return 1;
}

void PrintStarted(LifeContext& context, const std::string& pid) {
  context.console.Out(
      fmt::format("SUCCESS!\n\n"
                  "  The REX-Ray daemon is now running at PID {}. To\n"
                  "  shutdown the daemon execute the following command:\n\n"
                  "    sudo {} stop\n\n",
                  pid, context.around.shown_program));
}

/// A flag that silently has no effect is worse than none.
bool HasSettings(const Invocation& asked) {
  return !asked.settings.empty() || !asked.log_level.empty() || !asked.preempt.empty();
}

/// `verb`: start or restart.
int StartThroughSystemd(LifeContext& context, const char* verb) {
  if (HasSettings(context.invocation)) {
    return Fail(context.console,
                Error(absl::StatusCode::kInvalidArgument,
                      "the daemon is started by systemd here, which these flags do not reach: write the "
                      "settings in {}/config.yml, or use \"rexray start -f\"",
                      context.paths.etc));
  }
  context.console.Out("Starting REX-Ray...");
  if (const absl::Status status = Systemctl(context, verb); !status.ok()) return Failed(context, status);
  const absl::StatusOr<std::optional<RunningDaemon>> daemon = FindDaemon(context.paths.pid_file());
  PrintStarted(context,
               daemon.ok() && *daemon ? std::to_string((*daemon)->pid) : "(see \"systemctl status rexray\")");
  return 0;
}

int StartInBackground(LifeContext& context) {
  context.console.Out("Starting REX-Ray...");
  const absl::StatusOr<LaunchRequest> request = RequestFor(context);
  if (!request.ok()) return Failed(context, request.status());
  const absl::StatusOr<pid_t> pid = LaunchInBackground(*request);
  if (!pid.ok()) return Failed(context, pid.status());
  PrintStarted(context, std::to_string(*pid));
  return 0;
}

int StatusOfRemote(LifeContext& context) {
  const absl::StatusOr<DaemonStatus> status = context.client.Status();
  if (!status.ok()) return Fail(context.console, status.status());
  const absl::StatusOr<std::string> text = RenderStatus(*status, context.output);
  if (!text.ok()) return Fail(context.console, text.status());
  context.console.Out(*text);
  return 0;
}

}  // namespace

Surroundings LookAround(const std::map<std::string, std::string>& environment, const Invocation& invocation,
                        const std::string& program) {
  Surroundings around;
  const auto home = environment.find("REXRAY_HOME");
  around.private_home = (home != environment.end() && !home->second.empty() && home->second != "/") ||
                        !invocation.config_file.empty();
  // A unit written for 0.11 says ExecStart=rexray start, without -f: going to the background would end the
  // service, and systemctl would call itself in a circle.
  around.is_service = getpid() == 1 || (getppid() == 1 && environment.count("INVOCATION_ID") != 0);
  if (!program.empty()) around.shown_program = program;
  return around;
}

int Start(LifeContext& context) {
  const bool foreground = context.invocation.foreground || context.around.is_service;
  absl::StatusOr<std::optional<RunningDaemon>> daemon = FindDaemon(context.paths.pid_file());
  if (!daemon.ok()) return Fail(context.console, daemon.status());
  if (*daemon) return AlreadyRunning(context, (*daemon)->pid);
  if (!foreground) {
    return ThroughSystemd(context) ? StartThroughSystemd(context, "start") : StartInBackground(context);
  }
  const absl::StatusOr<LaunchRequest> request = RequestFor(context);
  if (!request.ok()) return Fail(context.console, request.status());
  return Fail(context.console, BecomeDaemon(*request));
}

int Stop(LifeContext& context) {
  absl::StatusOr<std::optional<RunningDaemon>> daemon = FindDaemon(context.paths.pid_file());
  if (!daemon.ok()) return Fail(context.console, daemon.status());
  if (!*daemon) {
    context.console.Out("REX-Ray is already stopped\n");
    return 1;
  }
  context.console.Out("Shutting down REX-Ray...");
  const absl::Status status = ThroughSystemd(context)
                                  ? Systemctl(context, "stop")
                                  : StopDaemon(**daemon, context.invocation.timeout.value_or(kStopPatience));
  if (!status.ok()) return Failed(context, status);
  context.console.Out("SUCCESS!\n");
  return 0;
}

int Restart(LifeContext& context) {
  if (ThroughSystemd(context)) return StartThroughSystemd(context, "restart");
  absl::StatusOr<std::optional<RunningDaemon>> daemon = FindDaemon(context.paths.pid_file());
  if (!daemon.ok()) return Fail(context.console, daemon.status());
  if (*daemon) {
    if (const int exit_code = Stop(context); exit_code != 0) return exit_code;
  }
  return Start(context);
}

int Status(LifeContext& context) {
  if (!context.invocation.host.empty()) return StatusOfRemote(context);
  const absl::StatusOr<std::optional<RunningDaemon>> daemon = FindDaemon(context.paths.pid_file());
  if (!daemon.ok()) return Fail(context.console, daemon.status());
  const bool people = context.output.format == Format::kTable || context.output.format == Format::kOldTable;
  if (!people) {
    if (*daemon) return StatusOfRemote(context);
    return Fail(context.console, Error(absl::StatusCode::kUnavailable, "REX-Ray is stopped"));
  }
  int exit_code = 0;  // of a stopped one too: REX-Ray's scripts read the words
  if (ThroughSystemd(context)) {
    const absl::StatusOr<int> told = context.run({"systemctl", "status", "-l", "--no-pager", "rexray"});
    if (!told.ok()) return Fail(context.console, told.status());
    exit_code = *told;
  }
  if (!*daemon) {
    context.console.Out("REX-Ray is stopped\n");
    return exit_code;
  }
  context.console.Out(fmt::format("REX-Ray is running at PID {}\n", (*daemon)->pid));
  const int services = StatusOfRemote(context);
  return exit_code != 0 ? exit_code : services;
}

int ShowInitSystem(LifeContext& context) {
  const char* found = "unknown";
  if (RunsSystemd(context.around)) {
    found = "systemd";
  } else if (Exists(context.around.root + "/usr/sbin/update-rc.d")) {
    found = "update-rc.d";
  } else if (Exists(context.around.root + "/sbin/chkconfig")) {
    found = "chkconfig";
  }
  context.console.Out(fmt::format("Init System: {}\n", found));
  return 0;
}

}  // namespace rexray::cli
