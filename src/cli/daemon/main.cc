#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cli/daemon/arguments.h"
#include "cli/daemon/daemon.h"
#include "cli/daemon/diagnose.h"
#include "cli/daemon/readiness.h"
#include "cli/daemon/signals.h"

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/status.h"
#include "host/helper/serve_helper.h"

namespace rexray {
namespace {

constexpr char kHelperCommand[] = "host-helper";
constexpr Duration kDiagnosis = std::chrono::seconds(20);
constexpr Duration kGrace = std::chrono::seconds(20);  // `systemctl stop` waits for 90

int Fail(const absl::Status& status, daemon::ReadyPipe& ready, int code) {
  const std::string why(MessageOf(status));
  std::fprintf(stderr, "rexrayd: %s\n", why.c_str());
  ready.Failed(why);
  return code;
}

/// The doctor gives us its environment on standard input; who types the command has it around us already.
std::string ReadEnvironment() {
  std::string text;
  if (isatty(STDIN_FILENO) != 0) return text;
  std::array<char, 4096> block{};
  for (ssize_t got = 0; (got = read(STDIN_FILENO, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<size_t>(got));
  }
  return text;
}

int Diagnose(const daemon::Arguments& arguments) {
  daemon::TakeEnvironment(ReadEnvironment());
  SetLogLevel(LogLevel::kError);
  config::LoadRequest request = config::RequestFromProcess();
  request.file = arguments.config_file;
  Clock& clock = SystemClock::Get();
  const auto text = daemon::DiagnoseServices(request, clock, Deadline::After(clock, kDiagnosis));
  if (!text.ok()) {
    std::fprintf(stderr, "rexrayd: %s\n", std::string(MessageOf(text.status())).c_str());
    return 1;
  }
  return std::puts(text->c_str()) < 0 ? 1 : 0;
}

int Run(const daemon::Arguments& arguments, daemon::ReadyPipe& ready) {
  const sigset_t signals = daemon::BlockSignals();
  umask(0022);

  config::LoadRequest request = config::RequestFromProcess();
  request.file = arguments.config_file;
  request.flags = arguments.flags;
  daemon::Sockets sockets(daemon::InheritedSockets());
  auto running = daemon::Daemon::Start(request, std::move(sockets), SystemClock::Get(),
                                       {"/proc/self/exe", {"rexrayd", kHelperCommand}});
  if (!running.ok()) return Fail(running.status(), ready, 1);
  ready.Ready();
  daemon::NotifyServiceManager("READY=1");
  LogInfo("ready", {{"version", REXRAY_VERSION}});

  daemon::ServeSignals(**running, signals);
  daemon::NotifyServiceManager("STOPPING=1");
  LogInfo("stopping; mounts stay as they are");
  if (!(*running)->Stop(kGrace)) {
    LogWarn(
        "something was still under way, or a backend did not answer; the next start takes it up from the "
        "journal");
    _exit(0);
  }
  return 0;
}

}  // namespace
}  // namespace rexray

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view(rexray::kHelperCommand)) {
    rexray::host::ServeHelper(rexray::host::kHelperSocket);
    return 0;
  }
  const auto arguments = rexray::daemon::ParseArguments({argv + 1, argv + argc});
  rexray::daemon::ReadyPipe ready(arguments.ok() ? arguments->ready_fd : -1);
  if (!arguments.ok()) return rexray::Fail(arguments.status(), ready, 2);
  if (arguments->help) return std::fputs(rexray::daemon::kUsage, stdout) < 0;
  if (arguments->version) return std::printf("rexrayd %s\n", REXRAY_VERSION) < 0;
#ifdef REXRAY_FAULT_POINTS
  if (const absl::Status status = rexray::LoadFaultsFromEnvironment(); !status.ok())
    return rexray::Fail(status, ready, 2);
#endif
  if (arguments->diagnose) return rexray::Diagnose(*arguments);
  return rexray::Run(*arguments, ready);
}
