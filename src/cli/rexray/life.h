#pragma once

// `start`, `stop`, `restart`, `status`, `initsys`: in REX-Ray 0.3.3's words, which scripts read. Where a
// systemd unit of ours is installed, start, stop and restart go through systemctl, so that systemd knows.

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/rexray/admin_client.h"
#include "cli/rexray/console.h"
#include "cli/rexray/invocation.h"
#include "cli/rexray/output_format.h"

#include "config/settings.h"

namespace rexray::cli {

/// The machine around the process, as far as it decides how a daemon is started.
struct Surroundings {
  std::string root;  ///< prefix of /etc/systemd, /run/systemd … for tests; "" = /
  bool is_service =
      false;  ///< a service manager started this very process, or it is PID 1: stay in the foreground
  bool private_home = false;             ///< REXRAY_HOME or -c: not the machine's one daemon
  std::string shown_program = "rexray";  ///< as the user called us, for "sudo … stop"
};

/// From the environment, our parent and our pid.
Surroundings LookAround(const std::map<std::string, std::string>& environment, const Invocation& invocation,
                        const std::string& program);

/// Runs argv to its end with our own input and output; its exit code.
using RunProgram = std::function<absl::StatusOr<int>(const std::vector<std::string>& argv)>;

struct LifeContext {
  const Invocation& invocation;
  Console& console;
  AdminClient& client;
  const RunProgram& run;
  const config::Paths& paths;
  const Surroundings& around;
  OutputFormat output;
};

int Start(LifeContext& context);
int Stop(LifeContext& context);
int Restart(LifeContext& context);
int Status(LifeContext& context);
int ShowInitSystem(LifeContext& context);

}  // namespace rexray::cli
