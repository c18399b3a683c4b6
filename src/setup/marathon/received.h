#pragma once

// What an agent gets for an app: variables in the task's environment (Marathon 1.0, 1.1), docker's arguments,
// or sources in Mesos's ContainerInfo (DVDIProvider.scala of the two generations; CSIProvider.scala; Mesos's
// docker/volume isolator and Docker containerizer for the commands).

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "setup/marathon/app.h"

namespace rexray::setup::marathon {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// The suffix that Marathon 1.1 gives to the next volume, after these variables: "", "1", "2" …; nullopt when
/// it throws, because a variable that begins with DVDI_VOLUME_NAME goes on with something that is no number.
std::optional<std::string> NextSuffix(const Variables& environment);

/// "size=1,iops=100" of `volume`: every dvdi/ option but the driver, the prefix taken off, values trimmed,
/// `size` from the volume itself where it has one. Sorted by name (Marathon's order is a hash map's).
Variables OptionsOf(const ExternalVolume& volume);

/// The variables after Marathon 1.1 has added those of every volume of a MESOS app; nullopt when it throws.
std::optional<Variables> EnvironmentOf(const App& app);

/// For one generation; pods and apps without volumes receive nothing.
std::vector<Received> Receives(const App& app, Versions version);

}  // namespace rexray::setup::marathon
