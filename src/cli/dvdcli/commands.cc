#include "cli/dvdcli/commands.h"

#include "cli/dvdcli/json_output.h"

#include "base/status.h"

namespace rexray::dvdcli {
namespace {

constexpr Duration kPerCall = std::chrono::seconds(105);
/// For questions whose answer we can do without.
constexpr Duration kShortCall = std::chrono::seconds(10);

}  // namespace

Commands::Commands(const App& app, const Arguments& arguments, Reporter& reporter)
    : app_(app),
      arguments_(arguments),
      reporter_(reporter),
      deadline_(Deadline::After(app.clock, arguments.timeout)),
      patient_(!app.console.ErrIsTerminal()),
      places_(app.places) {
  if (!arguments.docker_root.empty()) places_.docker_root = arguments.docker_root;
}

int Commands::Fail(const absl::Status& status) {
  return reporter_.Failure(MessageOf(status));
}

int Commands::Run() {
  if (arguments_.driver.empty()) return ListAll();
  absl::StatusOr<dvdi::Plugin> found = FindPatiently();
  absl::StatusOr<Connected> connected =
      found.ok() ? Connect(*std::move(found), OptionsWith(kPerCall, patient_)) : found.status();
  absl::Status ready = connected.status();
  if (ready.ok()) {
    connected_ = *std::move(connected);
    plugin_ = connected_.plugin.get();
    reporter_.Debug(fmt::format("plugin {} found: {}", arguments_.driver, plugin_->plugin().found_at));
    ready = plugin_->Activate(deadline_);
  }
  if (!ready.ok()) {
    return reporter_.Failure(
        fmt::format("Error looking up volume plugin {}: {}", arguments_.driver, MessageOf(ready)));
  }
  const std::string& command = arguments_.command;
  if (command == "create") return Create();
  if (command == "remove") return Remove();
  if (command == "mount") return Mount();
  if (command == "unmount") return Unmount();
  if (command == "path") return Path();
  if (command == "get") return Get();
  return List();
}

absl::StatusOr<dvdi::Plugin> Commands::FindPatiently() {
  ASSIGN_OR_RETURN(const std::unique_ptr<http::Transport> engine, app_.transports.For({}));
  dvdi::Discovery discovery(places_, *engine, app_.clock);
  const dvdi::Patience patience = OptionsWith(kPerCall, patient_).patience;
  dvdi::RetrySchedule schedule(app_.clock, patience, deadline_);
  for (;;) {
    absl::StatusOr<dvdi::Plugin> found = discovery.Find(arguments_.driver, deadline_);
    if (found.status().code() != absl::StatusCode::kNotFound ||
        !schedule.WaitBeforeNext("Unable to locate plugin: " + arguments_.driver)) {
      return found;
    }
  }
}

absl::StatusOr<Commands::Connected> Commands::Connect(dvdi::Plugin found,
                                                      dvdi::VolumePlugin::Options options) const {
  Connected connected;
  ASSIGN_OR_RETURN(connected.transport, app_.transports.For(found.endpoint));
  connected.plugin = std::make_unique<dvdi::VolumePlugin>(std::move(found), *connected.transport, app_.clock,
                                                          std::move(options));
  return connected;
}

dvdi::VolumePlugin::Options Commands::OptionsWith(Duration per_call, bool retry) const {
  dvdi::VolumePlugin::Options options;
  options.per_call = per_call;
  options.user_agent = "dvdcli/" + app_.version.version;
  options.patience.retry = retry;
  options.patience.warn = [&reporter = reporter_](const std::string& line) { reporter.Warning(line); };
  return options;
}

int Commands::Create() {
  const absl::Status created = plugin_->Create(arguments_.volume, arguments_.options, deadline_);
  if (!created.ok()) return Fail(created);
  reporter_.Info(arguments_.volume);
  return 0;
}

int Commands::Remove() {
  const absl::StatusOr<dvdi::VolumeInfo> volume = plugin_->Get(arguments_.volume, deadline_);
  if (!volume.ok()) return Fail(volume.status());
  const absl::Status removed = plugin_->Remove(arguments_.volume, deadline_);
  return removed.ok() ? 0 : Fail(removed);
}

/// For mount. Only the plugin's own "no" can mean that there is no such volume; a plugin that could not be
/// asked might hold it, with data.
absl::Status Commands::CreateUnlessThere() {
  const absl::StatusOr<dvdi::VolumeInfo> volume = plugin_->Get(arguments_.volume, deadline_);
  if (volume.ok()) return absl::OkStatus();
  if (!dvdi::PluginSaidNo(volume.status()) || arguments_.explicit_create) return volume.status();
  reporter_.Debug(fmt::format("creating it, for the plugin says: {}", MessageOf(volume.status())));
  const absl::Status created = plugin_->Create(arguments_.volume, arguments_.options, deadline_);
  // Another dvdcli, or our own request before the connection broke, may have been quicker.
  if (dvdi::PluginSaidNo(created) && plugin_->Get(arguments_.volume, deadline_).ok()) return absl::OkStatus();
  return created;
}

int Commands::Mount() {
  const absl::Status there = CreateUnlessThere();
  if (!there.ok()) return Fail(there);
  const absl::StatusOr<std::string> path =
      plugin_->Mount(arguments_.volume, dvdi::DvdcliConsumer(arguments_.volume), deadline_);
  if (!path.ok()) return Fail(path.status());
  reporter_.Info(*path);
  app_.console.Out(*path + "\n");
  return 0;
}

/// Mesos unmounts volumes that it never mounted, and one whose clean-up fails keeps its container for ever.
/// So the answer to Unmount alone decides; Get, which the original asked first, can hold up nothing.
int Commands::Unmount() {
  const absl::StatusOr<Connected> asked = Connect(plugin_->plugin(), OptionsWith(kShortCall, false));
  if (!asked.ok()) return Fail(asked.status());
  const absl::StatusOr<dvdi::VolumeInfo> volume = asked->plugin->Get(arguments_.volume, deadline_);
  if (!volume.ok()) {
    reporter_.Info(fmt::format("Unmount is sent all the same after {}", MessageOf(volume.status())));
  }
  const absl::Status unmounted =
      plugin_->Unmount(arguments_.volume, dvdi::DvdcliConsumer(arguments_.volume), deadline_);
  return unmounted.ok() ? 0 : Fail(unmounted);
}

int Commands::Path() {
  const absl::StatusOr<dvdi::VolumeInfo> volume = plugin_->Get(arguments_.volume, deadline_);
  if (!volume.ok()) return Fail(volume.status());
  std::string path = volume->mountpoint;
  if (path.empty()) {
    absl::StatusOr<std::string> asked = plugin_->Path(arguments_.volume, deadline_);
    // A plugin that refuses Path means "not mounted" by it, which has always been no failure here.
    if (!asked.ok() && !dvdi::PluginSaidNo(asked.status())) return Fail(asked.status());
    if (!asked.ok()) reporter_.Warning(MessageOf(asked.status()));
    path = asked.ok() ? *std::move(asked) : "";
  }
  if (path.empty()) return 0;
  const absl::StatusOr<std::string> checked = dvdi::CheckMountpoint(path);
  if (!checked.ok()) return Fail(checked.status());
  reporter_.Info(*checked);
  app_.console.Out(*checked + "\n");
  return 0;
}

int Commands::Get() {
  const absl::StatusOr<dvdi::VolumeInfo> volume = plugin_->Get(arguments_.volume, deadline_);
  if (!volume.ok()) return Fail(volume.status());
  app_.console.Out((arguments_.json ? VolumeAsJson(arguments_.driver, *volume) : volume->name) + "\n");
  return 0;
}

int Commands::List() {
  const absl::StatusOr<std::vector<dvdi::VolumeInfo>> volumes = plugin_->List(deadline_);
  if (!volumes.ok()) return Fail(volumes.status());
  std::string out;
  for (const dvdi::VolumeInfo& volume : *volumes) {
    out += (arguments_.json ? VolumeAsJson(arguments_.driver, volume) : volume.name) + "\n";
  }
  app_.console.Out(out);
  return 0;
}

/// DRIVER, a tab, VOLUME. One plugin that is down or stuck does not hide the others' volumes, but it is a
/// failure: the list is not whole.
int Commands::ListAll() {
  const absl::StatusOr<std::unique_ptr<http::Transport>> engine = app_.transports.For({});
  if (!engine.ok()) return Fail(engine.status());
  int code = 0;
  for (const std::string& name : dvdi::Discovery(places_, **engine, app_.clock).AllNames(deadline_)) {
    std::string out;
    const absl::Status listed = ListOne(name, out);
    app_.console.Out(out);
    if (!listed.ok() && listed.code() != absl::StatusCode::kUnimplemented) {
      code = reporter_.FailureOf(name, MessageOf(listed));
    }
  }
  return code;
}

absl::Status Commands::ListOne(const std::string& name, std::string& out) {
  ASSIGN_OR_RETURN(const std::unique_ptr<http::Transport> engine, app_.transports.For({}));
  ASSIGN_OR_RETURN(dvdi::Plugin found, dvdi::Discovery(places_, *engine, app_.clock).Find(name, deadline_));
  ASSIGN_OR_RETURN(const Connected connected, Connect(std::move(found), OptionsWith(kShortCall, false)));
  RETURN_IF_ERROR(connected.plugin->Activate(deadline_));
  ASSIGN_OR_RETURN(const std::vector<dvdi::VolumeInfo> volumes, connected.plugin->List(deadline_));
  for (const dvdi::VolumeInfo& volume : volumes) {
    out += (arguments_.json ? VolumeAsJson(name, volume) : name + "\t" + volume.name) + "\n";
  }
  return absl::OkStatus();
}

}  // namespace rexray::dvdcli
