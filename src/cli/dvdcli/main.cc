// dvdcli: any Docker volume plugin from the command line, and from Mesos. Wires the real parts together.

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/dvdcli/app.h"
#include "cli/dvdcli/standard_streams.h"
#include "cli/rexray/build_info.h"

#include "base/clock.h"
#include "dvdi/tls/tls_transports.h"

namespace {

std::string Variable(const char* name) {
  const char* const value = getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
  return value == nullptr ? std::string() : std::string(value);
}

rexray::dvdi::PluginPlaces Places() {
  // root looks where the system's Docker looks, whatever is in its environment.
  if (geteuid() == 0) return rexray::dvdi::SystemPlaces();
  return rexray::dvdi::RootlessPlaces({.home = Variable("HOME"),
                                       .runtime_dir = Variable("XDG_RUNTIME_DIR"),
                                       .config_home = Variable("XDG_CONFIG_HOME"),
                                       .data_home = Variable("XDG_DATA_HOME")});
}

std::string OwnPath() {
  std::array<char, 4096> buffer;
  const ssize_t size = readlink("/proc/self/exe", buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : "dvdcli";
}

}  // namespace

int main(int argc, char** argv) {
  rexray::dvdcli::OccupyStandardDescriptors();
  signal(SIGPIPE, SIG_IGN);
  rexray::Clock& clock = rexray::SystemClock::Get();
  rexray::dvdcli::StandardStreams console;
  rexray::dvdi::TlsTransports transports(clock);
  const rexray::cli::BuildInfo build = rexray::cli::GetBuildInfo();
  const rexray::dvdcli::App app{console,
                                transports,
                                clock,
                                Places(),
                                {OwnPath(), build.version, build.branch, build.commit, build.formed}};
  return rexray::dvdcli::Run(app, std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
