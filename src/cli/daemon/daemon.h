#pragma once

// The daemon from configuration to sockets. Everything that it is made of lives and ends in here.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/daemon/pid_file.h"
#include "cli/daemon/running_config.h"
#include "cli/daemon/services.h"
#include "cli/daemon/sockets.h"

#include "base/clock.h"
#include "base/http/server.h"
#include "base/subprocess.h"
#include "config/config.h"
#include "engine/event_log.h"
#include "engine/journal.h"
#include "engine/volume_engine.h"
#include "host/helper/helper_host.h"
#include "host/linux_host.h"
#include "server/admin/admin_api.h"

namespace rexray::daemon {

/// Not thread-safe: one thread starts, reloads and stops it.
class Daemon {
 public:
  /// Returns when the sockets answer. An error means that nothing of it is left running; it is one line for
  /// whoever started us. `helper`: what a host helper is started with (host/helper/helper_pool.h).
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const config::LoadRequest& request, Sockets sockets,
                                                       Clock& clock, host::HelperProgram helper);
  ~Daemon();

  /// Reads the configuration again and takes the log level, preemption and the defaults and tags of new
  /// volumes from it; says what else was changed and waits for a restart. A configuration that cannot be read
  /// changes nothing.
  void Reload();

  /// Finishes what is under way until `grace` has passed; mounts stay as they are, sockets and the pid file
  /// go. False when something was still under way: then the process must end without the destructor, which
  /// would wait for it.
  bool Stop(Duration grace);

  const config::Config& config() const { return *config_; }

 private:
  Daemon(Clock& clock, host::HelperProgram helper);

  absl::Status LoadConfig(const config::LoadRequest& request);
  absl::Status Prepare();
  absl::Status StartEngine();
  absl::Status Listen(Sockets& sockets);
  absl::Status ListenForDocker(const config::ServiceSettings& service, Sockets& sockets,
                               server::admin::ServiceStatus& status);
  absl::Status ListenForAdmin(Sockets& sockets, std::vector<server::admin::ServiceStatus> services);
  void WarnOfStrangers(const std::string& what, const http::Address& address);
  void Warn(std::string warning);
  std::string ConfigFile() const;

  Clock& clock_;
  const TimePoint started_;
  const WallTime started_wall_;
  std::vector<std::string> warnings_;
  config::LoadRequest request_;
  std::unique_ptr<RunningConfig> config_;
  std::unique_ptr<PidFile> pid_file_;
  ProcessRunner runner_;
  std::unique_ptr<host::BlockDevices> devices_;
  std::unique_ptr<host::Mounter> mounter_;
  std::unique_ptr<host::FileSystems> file_systems_;
  host::HelperPool helpers_;
  host::HelperHost remote_;  ///< those three, with the calls that can hang in other processes
  std::unique_ptr<host::DeviceWatch> watch_;
  std::unique_ptr<host::MountUsers> users_;
  engine::EventLog events_;
  std::unique_ptr<engine::Journal> journal_;
  Drivers drivers_;
  std::unique_ptr<engine::VolumeEngine> engine_;
  std::unique_ptr<http::Server> server_;  ///< goes first: it calls the engine
};

}  // namespace rexray::daemon
