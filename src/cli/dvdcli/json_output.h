#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dvdi/volume_plugin.h"

namespace rexray::dvdcli {

/// The plugin's object with "Driver" added, in one line.
std::string VolumeAsJson(std::string_view driver, const dvdi::VolumeInfo& volume);

}  // namespace rexray::dvdcli
