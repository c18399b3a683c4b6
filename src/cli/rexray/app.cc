#include "cli/rexray/app.h"

#include <variant>

#include "cli/rexray/command_line.h"
#include "cli/rexray/commands.h"
#include "cli/rexray/life.h"

#include "base/status.h"
#include "config/paths.h"

namespace rexray::cli {

namespace {

constexpr int kUsage = 2;

std::string Variable(const App& app, const char* name) {
  const auto found = app.environment.find(name);
  return found == app.environment.end() ? "" : found->second;
}

absl::StatusOr<http::Address> AdminAddress(const App& app, const Invocation& asked,
                                           const config::Paths& paths) {
  const std::string host = asked.host.empty() ? Variable(app, "REXRAY_HOST") : asked.host;
  return http::ParseAddress(host.empty() ? paths.admin_socket() : host);
}

using Handler = int (*)(Context&);

Handler HandlerOf(Verb verb) {
  switch (verb) {
    case Verb::kVolumeList:
      return ListVolumes;
    case Verb::kVolumeInspect:
      return InspectVolumes;
    case Verb::kVolumeMap:
      return MapVolumes;
    case Verb::kVolumeCreate:
      return CreateVolumes;
    case Verb::kVolumeRemove:
      return RemoveVolumes;
    case Verb::kVolumeAttach:
      return AttachVolumes;
    case Verb::kVolumeDetach:
      return DetachVolumes;
    case Verb::kVolumeMount:
      return MountVolumes;
    case Verb::kVolumeUnmount:
      return UnmountVolumes;
    case Verb::kVolumePath:
      return ShowPaths;
    case Verb::kVolumeGrow:
      return GrowVolumes;
    case Verb::kVolumeModify:
      return ModifyVolumes;
    case Verb::kVolumeAdopt:
      return AdoptVolumes;
    case Verb::kSnapshotList:
      return ListSnapshots;
    case Verb::kSnapshotCreate:
      return CreateSnapshot;
    case Verb::kSnapshotRemove:
      return RemoveSnapshots;
    case Verb::kSnapshotCopy:
      return CopySnapshot;
    case Verb::kVolumeConsumers:
      return ShowConsumers;
    case Verb::kVolumeRelease:
      return ReleaseConsumer;
    case Verb::kServiceList:
      return ListServices;
    case Verb::kAdapterTypes:
      return ListDrivers;
    case Verb::kAdapterInstances:
      return ListNodes;
    case Verb::kDeviceList:
      return ListDevices;
    case Verb::kEvents:
      return ListEvents;
    case Verb::kEnvironment:
      return ShowEnvironment;
    case Verb::kConfigShow:
      return ShowConfig;
    case Verb::kConfigCheck:
      return CheckConfig;
    case Verb::kVersion:
      return ShowVersion;
    case Verb::kMarathonCheck:
      return CheckMarathonApp;
    case Verb::kDoctor:
      return Doctor;
    case Verb::kSetup:
      return RunSetup;
    case Verb::kSetupUndo:
      return UndoSetup;
    case Verb::kAwsPolicy:
      return ShowAwsPolicy;
    case Verb::kInstall:
      return Install;
    case Verb::kUninstall:
      return Uninstall;
    default:
      return nullptr;
  }
}

using LifeHandler = int (*)(LifeContext&);

LifeHandler LifeHandlerOf(Verb verb) {
  switch (verb) {
    case Verb::kStart:
      return Start;
    case Verb::kStop:
      return Stop;
    case Verb::kRestart:
      return Restart;
    case Verb::kStatus:
      return Status;
    case Verb::kInitSystem:
      return ShowInitSystem;
    default:
      return nullptr;
  }
}

int RunInvocation(App& app, const Invocation& asked) {
  const absl::StatusOr<config::Paths> paths = config::PathsFrom(app.environment);
  if (!paths.ok()) return Fail(app.console, paths.status());
  const absl::StatusOr<http::Address> address = AdminAddress(app, asked, *paths);
  if (!address.ok()) return Fail(app.console, Annotate(address.status(), "--host"));
  const absl::StatusOr<OutputFormat> output =
      ChooseFormat(asked, Variable(app, "REXRAY_FORMAT"), app.console.OutIsTerminal());
  if (!output.ok()) return Fail(app.console, output.status());
  AdminClient client(app.transport, app.clock, *address, asked.timeout);
  if (const LifeHandler life = LifeHandlerOf(asked.verb); life != nullptr) {
    Surroundings around = LookAround(app.environment, asked, app.program);
    around.root = app.root;
    LifeContext context{asked, app.console, client, app.run, *paths, around, *output};
    return life(context);
  }
  Context context{asked, app.console, client, app.clock, app.environment, *output, app.root};
  return HandlerOf(asked.verb)(context);
}

}  // namespace

int Run(App& app, const std::vector<std::string>& words) {
  const std::variant<Invocation, HelpText, absl::Status> parsed = ParseCommandLine(words);
  int exit_code = 0;
  if (const auto* help = std::get_if<HelpText>(&parsed)) {
    app.console.Out(help->text);
  } else if (const auto* status = std::get_if<absl::Status>(&parsed)) {
    Fail(app.console, *status);
    return kUsage;
  } else {
    exit_code = RunInvocation(app, std::get<Invocation>(parsed));
  }
  const absl::Status written = app.console.Finish();
  if (!written.ok() && exit_code == 0) return Fail(app.console, written);
  return exit_code;
}

}  // namespace rexray::cli
