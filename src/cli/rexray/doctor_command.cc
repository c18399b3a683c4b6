// `doctor`: reads, asks, and says; exit 1 when something is broken.

#include <sys/stat.h>

#include <cerrno>

#include "cli/rexray/commands.h"
#include "cli/rexray/daemon_launch.h"

#include "base/status.h"
#include "base/subprocess.h"
#include "setup/doctor/doctor.h"

namespace rexray::cli {

namespace {

constexpr int kUsage = 2;

absl::Status CheckRoot(const std::string& root) {
  struct stat info {};
  if (stat(root.c_str(), &info) != 0) return ErrnoError(errno, "--root " + root);
  if (S_ISDIR(info.st_mode)) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "--root {}: not a directory", root);
}

}  // namespace

int Doctor(Context& context) {
  const Invocation& asked = context.invocation;
  if (const absl::Status status = CheckRoot(asked.root); !status.ok()) {
    Fail(context.console, status);
    return kUsage;
  }
  ProcessRunner runner(context.clock);
  const setup::doctor::Scene scene{.tree = setup::Tree(asked.root),
                                   .environment = context.environment,
                                   .config_file = asked.config_file,
                                   .daemon_program = FindDaemonProgram().value_or(""),
                                   .clock = context.clock,
                                   .runner = runner};
  const setup::doctor::Examination examination = setup::doctor::Examine(scene);
  const bool json = asked.json || context.output.format == Format::kJson;
  const bool colour = context.console.OutIsTerminal() && !context.environment.contains("NO_COLOR");
  context.console.Out(json ? setup::doctor::ToJson(examination) : setup::doctor::ToText(examination, colour));
  return examination.Broken() ? 1 : 0;
}

}  // namespace rexray::cli
