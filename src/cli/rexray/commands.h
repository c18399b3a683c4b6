#pragma once

// What each command does. Every function returns the process's exit code, after saying on the error output
// why it is not 0.

#include <map>
#include <string>

#include "cli/rexray/admin_client.h"
#include "cli/rexray/console.h"
#include "cli/rexray/invocation.h"
#include "cli/rexray/output_format.h"

#include "base/clock.h"
#include "base/http/client.h"

namespace rexray::cli {

struct Context {
  const Invocation& invocation;
  Console& console;
  AdminClient& client;
  Clock& clock;
  const std::map<std::string, std::string>& environment;
  OutputFormat output;
  const std::string& root;  ///< prefix of /proc and /etc, for tests; "" = /
};

int ListVolumes(Context& context);
int InspectVolumes(Context& context);
int MapVolumes(Context& context);
int CreateVolumes(Context& context);
int RemoveVolumes(Context& context);
int AttachVolumes(Context& context);
int DetachVolumes(Context& context);
int MountVolumes(Context& context);
int UnmountVolumes(Context& context);
int ShowPaths(Context& context);
int GrowVolumes(Context& context);
int ModifyVolumes(Context& context);
int AdoptVolumes(Context& context);
int ShowConsumers(Context& context);
int ReleaseConsumer(Context& context);

int ListSnapshots(Context& context);
int CreateSnapshot(Context& context);
int RemoveSnapshots(Context& context);
int CopySnapshot(Context& context);

int ListServices(Context& context);
int ListDrivers(Context& context);
int ListNodes(Context& context);
int ListEvents(Context& context);
int ListDevices(Context& context);

int ShowEnvironment(Context& context);
int ShowConfig(Context& context);
int CheckConfig(Context& context);
int ShowVersion(Context& context);

int CheckMarathonApp(Context& context);
int Doctor(Context& context);
int RunSetup(Context& context);
int UndoSetup(Context& context);
int ShowAwsPolicy(Context& context);
int Install(Context& context);
int Uninstall(Context& context);

}  // namespace rexray::cli
