#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "cli/daemon/arguments.h"
#include "cli/daemon/daemon.h"
#include "cli/daemon/readiness.h"
#include "cli/daemon/signals.h"

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/status.h"
#include "host/helper/serve_helper.h"

namespace rexray {
namespace {

constexpr char kHelperCommand[] = "host-helper";
constexpr Duration kGrace = std::chrono::seconds(20);  // `systemctl stop` waits for 90

int Fail(const absl::Status& status, daemon::ReadyPipe& ready, int code) {
  const std::string why(MessageOf(status));
  std::fprintf(stderr, "rexrayd: %s\n", why.c_str());
  ready.Failed(why);
  return code;
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
    LogWarn("operations were still under way; the next start takes them up from the journal");
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
  return rexray::Run(*arguments, ready);
}
