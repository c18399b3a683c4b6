#include "cli/daemon/diagnose.h"

#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/subprocess.h"
#include "drivers/registry.h"
#include "host/linux_host.h"
#include "server/admin/diagnoses_answer.h"

namespace rexray::daemon {

void TakeEnvironment(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string entry(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
}

absl::StatusOr<std::string> DiagnoseServices(const config::LoadRequest& request, Clock& clock,
                                             Deadline deadline) {
  ASSIGN_OR_RETURN(const std::unique_ptr<config::Config> config, config::Load(request));
  ProcessRunner runner(clock);
  const std::unique_ptr<host::BlockDevices> devices = host::MakeLinuxBlockDevices(clock);
  const std::unique_ptr<host::Mounter> mounter = host::MakeLinuxMounter();
  const std::unique_ptr<host::FileSystems> file_systems = host::MakeLinuxFileSystems(runner, *devices);
  const host::Host host{devices.get(), mounter.get(), file_systems.get(), &clock};
  std::vector<std::pair<std::string, std::vector<Diagnosis>>> all;
  for (const config::ServiceSettings& service : config->settings().services) {
    all.emplace_back(service.name, drivers::Diagnose({.service = service.name,
                                                      .driver_name = service.driver,
                                                      .setting = service.lookup,
                                                      .lib_directory = config->settings().paths.lib},
                                                     host, {.deadline = deadline}));
  }
  return server::admin::DiagnosesText(all);
}

}  // namespace rexray::daemon
