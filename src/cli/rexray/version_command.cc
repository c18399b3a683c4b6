// `version`, in the lines of REX-Ray.

#include <limits.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <string>

#include "cli/rexray/build_info.h"
#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"

#include "base/status.h"

namespace rexray::cli {

int ShowVersion(Context& context) {
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  utsname machine{};
  uname(&machine);
  const BuildInfo build = GetBuildInfo();
  context.console.Out(
      fmt::format("REX-Ray\n"
                  "-------\n"
                  "Binary: {}\n"
                  "Flavor: client+agent\n"
                  "SemVer: {}\n"
                  "OsArch: {}-{}\n"
                  "Branch: {}\n"
                  "Commit: {}\n"
                  "Formed: {}\n",
                  TerminalSafe(std::string_view(self, length > 0 ? static_cast<size_t>(length) : 0)),
                  build.version, machine.sysname, machine.machine, build.branch, build.commit, build.formed));
  return 0;
}

}  // namespace rexray::cli
