#include "cli/daemon/daemon.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_join.h"
#include "cli/daemon/files.h"

#include "base/logging.h"
#include "base/status.h"
#include "server/docker/docker_plugin.h"

namespace rexray::daemon {
namespace {

/// For those that a killed daemon left at work: a mount or an attach takes milliseconds, a mkfs a second or
/// two. A volume that one works on for longer waits alone.
constexpr Duration kFormerHelpers = std::chrono::seconds(3);

}  // namespace

Daemon::Daemon(Clock& clock, host::HelperProgram helper)
    : clock_(clock),
      started_(clock.Now()),
      started_wall_(clock.WallNow()),
      runner_(clock),
      devices_(host::MakeLinuxBlockDevices(clock)),
      mounter_(host::MakeLinuxMounter()),
      file_systems_(host::MakeLinuxFileSystems(runner_, *devices_)),
      helpers_(std::move(helper)),
      remote_(host::MakeHelperHost(helpers_, {devices_.get(), mounter_.get(), file_systems_.get(), &clock})),
      watch_(host::MakeLinuxDeviceWatch(runner_)),
      users_(host::MakeLinuxMountUsers()),
      events_(clock) {}

Daemon::~Daemon() = default;

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const config::LoadRequest& request, Sockets sockets,
                                                      Clock& clock, host::HelperProgram helper) {
  std::unique_ptr<Daemon> daemon(new Daemon(clock, std::move(helper)));
  RETURN_IF_ERROR(daemon->LoadConfig(request));
  RETURN_IF_ERROR(daemon->Prepare());
  RETURN_IF_ERROR(daemon->StartEngine());
  RETURN_IF_ERROR(daemon->Listen(sockets));
  return daemon;
}

absl::Status Daemon::LoadConfig(const config::LoadRequest& request) {
  request_ = request;
  ASSIGN_OR_RETURN(std::unique_ptr<config::Config> loaded, config::Load(request));
  config_ = std::make_unique<RunningConfig>(std::move(loaded));
  SetLogLevel(config_->settings().log_level);
  for (const std::string& warning : config_->warnings()) LogWarn(warning);
  return absl::OkStatus();
}

/// The run directory is ours alone from here on.
absl::Status Daemon::Prepare() {
  const config::Paths& paths = config_->settings().paths;
  RETURN_IF_ERROR(Annotate(MakeDirectories(paths.run), "the run directory"));
  ASSIGN_OR_RETURN(pid_file_, PidFile::Open(paths.pid_file()));
  if (geteuid() != 0) {
    Warn("not running as root: volumes can be listed and created, but block volumes cannot be mounted");
  } else {
    const absl::Status ended =
        helpers_.TakeOver(paths.run + "/helpers.lock", clock_, Deadline::After(clock_, kFormerHelpers));
    if (absl::IsDeadlineExceeded(ended)) {
      Warn(std::string(MessageOf(ended)));
    } else {
      RETURN_IF_ERROR(ended);
    }
    RETURN_IF_ERROR(helpers_.WarmUp());  // its start and ours go on side by side
  }
  const absl::Status reach = host::CheckMountsReachHost(*mounter_, paths.volumes);
  if (!reach.ok()) Warn("every mount is refused: " + std::string(MessageOf(reach)));
  return absl::OkStatus();
}

absl::Status Daemon::StartEngine() {
  const config::Settings& settings = config_->settings();
  ASSIGN_OR_RETURN(const std::string boot_id, engine::ReadBootId());
  ASSIGN_OR_RETURN(journal_, engine::OpenJournal(settings.paths.run, boot_id));
  const host::Host host{remote_.devices.get(), remote_.mounter.get(), remote_.file_systems.get(), &clock_,
                        watch_.get(),          users_.get()};
  drivers_ = OpenDrivers(settings, host);
  std::vector<engine::Service> services;
  for (size_t i = 0; i < drivers_.size(); ++i) {
    services.push_back(ServiceOf(settings.services[i], drivers_[i].second));
  }
  engine::EngineOptions options;
  options.volumes_root = settings.paths.volumes;
  options.default_service = settings.default_service;
  options.can_mount = geteuid() == 0;
  options.former_work = [this] { return helpers_.FormerEnded(); };
  options.mounts_reach_containers = [this, root = options.volumes_root] {
    return host::CheckMountsReachHost(*mounter_, root);
  };
  ASSIGN_OR_RETURN(engine_, engine::VolumeEngine::Create(options, {.host = host,
                                                                   .journal = journal_.get(),
                                                                   .events = &events_,
                                                                   .services = std::move(services)}));
  return Annotate(engine_->Recover(), "what was mounted before cannot be taken up");
}

absl::Status Daemon::Listen(Sockets& sockets) {
  server_ = http::Server::Create({});
  std::vector<server::admin::ServiceStatus> services;
  for (const config::ServiceSettings& service : config_->settings().services) {
    services.push_back({.name = service.name,
                        .driver = service.driver,
                        .docker_socket = service.docker_enabled ? service.docker_host : "",
                        .spec_file = ""});
    if (service.docker_enabled) RETURN_IF_ERROR(ListenForDocker(service, sockets, services.back()));
  }
  RETURN_IF_ERROR(ListenForAdmin(sockets, std::move(services)));
  server_->Start();
  return absl::OkStatus();
}

absl::Status Daemon::ListenForDocker(const config::ServiceSettings& service, Sockets& sockets,
                                     server::admin::ServiceStatus& status) {
  absl::StatusOr<std::unique_ptr<http::Listener>> listener = sockets.OpenDocker(service.docker_host);
  if (!listener.ok()) return Annotate(listener.status(), "the Docker socket of the service " + service.name);
  const std::string url = (*listener)->address().ToString();
  WarnOfStrangers("the Docker plugin of the service " + service.name, (*listener)->address());
  using server::docker::UnknownOptions;
  server_->Serve(*std::move(listener),
                 server::docker::MakePluginHandler(
                     *engine_, clock_,
                     {.service = service.name,
                      .unknown_options =
                          service.unknown_options_warn ? UnknownOptions::kWarn : UnknownOptions::kRefuse}));
  if (service.spec_file.empty()) return absl::OkStatus();
  const absl::Status spec = WriteSpecFile(service.spec_file, url);
  if (!spec.ok()) Warn("no spec file for the service " + service.name + ": " + std::string(MessageOf(spec)));
  status.spec_file = service.spec_file;
  return absl::OkStatus();
}

absl::Status Daemon::ListenForAdmin(Sockets& sockets, std::vector<server::admin::ServiceStatus> services) {
  const config::Settings& settings = config_->settings();
  std::vector<std::string> urls = {settings.paths.admin_socket()};
  if (settings.admin_host) urls.push_back(*settings.admin_host);
  std::vector<std::unique_ptr<http::Listener>> listeners;
  for (const std::string& url : urls) {
    absl::StatusOr<std::unique_ptr<http::Listener>> listener = sockets.OpenAdmin(url);
    if (!listener.ok()) return Annotate(listener.status(), "the admin socket");
    WarnOfStrangers("the admin API", (*listener)->address());
    listeners.push_back(*std::move(listener));
  }
  const http::Handler handler = server::admin::MakeHandler(
      {.engine = engine_.get(), .events = &events_, .config = config_.get(), .clock = &clock_},
      {.version = REXRAY_VERSION,
       .config_file = ConfigFile(),
       .started_wall = started_wall_,
       .started = started_,
       .warnings = warnings_,
       .services = std::move(services),
       .drivers = {drivers_.begin(), drivers_.end()}});
  for (std::unique_ptr<http::Listener>& listener : listeners) server_->Serve(std::move(listener), handler);
  return absl::OkStatus();
}

/// REX-Ray listened wherever it was told to, and so do we: nothing that worked stops working. There is no
/// authentication over TCP, though, and these calls remove volumes.
void Daemon::WarnOfStrangers(const std::string& what, const http::Address& address) {
  if (address.IsLocal()) return;
  Warn(
      what + " listens on " + address.ToString() +
      " without authentication: whoever reaches this port can mount and remove volumes; use a unix socket or "
      "127.0.0.1, or let a firewall guard it");
}

void Daemon::Warn(std::string warning) {
  LogWarn(warning);
  warnings_.push_back(std::move(warning));
}

/// The one that was named, else the first that any value came from: "/etc/rexray/config.yml:12" without its
/// line.
std::string Daemon::ConfigFile() const {
  if (request_.file) return *request_.file;
  for (const config::EffectiveValue& value : config_->Effective()) {
    if (value.origin.kind == config::Origin::Kind::kFile) {
      return value.origin.where.substr(0, value.origin.where.find(':'));
    }
  }
  return "";
}

void Daemon::Reload() {
  const absl::StatusOr<std::unique_ptr<config::Config>> fresh = config::Load(request_);
  if (!fresh.ok()) {
    LogError("the configuration could not be read again; nothing changes",
             {{"reason", std::string(MessageOf(fresh.status()))}});
    return;
  }
  for (const std::string& warning : (*fresh)->warnings()) LogWarn(warning);
  const config::Settings& settings = (*fresh)->settings();
  const RunningConfig::Changes changes = config_->Update(**fresh);
  SetLogLevel(settings.log_level);
  for (const config::ServiceSettings& service : settings.services) {
    const absl::Status adjusted = engine_->Adjust(service.name, AdjustableOf(service));
    // One that is new: its other keys wait for a restart too.
    if (!adjusted.ok()) LogDebug("not adjusted", {{"service", service.name}});
  }
  const std::string none = "nothing";
  LogInfo("the configuration was read again",
          {{"changed", changes.applied.empty() ? none : absl::StrJoin(changes.applied, ", ")}});
  if (!changes.need_restart.empty()) {
    LogWarn("some changed settings need a restart of the daemon",
            {{"keys", absl::StrJoin(changes.need_restart, ", ")}});
  }
}

bool Daemon::Stop(Duration grace) {
  const Deadline deadline = Deadline::After(clock_, grace);
  // Who waits for a driver that is being opened, or for the backend of one, is told so: they would wait long.
  bool finished = true;
  for (const auto& [service, driver] : drivers_) finished = driver->Stop() && finished;
  engine_->EndReads();
  server_->Stop(grace);  // the sockets go; who waits for an operation's answer may get it
  finished = engine_->Shutdown(deadline) && finished;
  pid_file_.reset();
  return finished;
}

}  // namespace rexray::daemon
