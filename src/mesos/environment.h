#pragma once

// The DVDI_VOLUME_* grammar, as Marathon 1.1 and people write it:
//
//   DVDI_VOLUME_NAME[n]            the volume; a number without a name (or with an empty one) is ignored
//   DVDI_VOLUME_DRIVER[n]          "rexray" if not given
//   DVDI_VOLUME_OPTS[n]            "size=5,iops=150"; a part without "=" belongs to the value before it
//   DVDI_VOLUME_CONTAINERPATH[n]   where the container sees it: relative (to its sandbox) or absolute
//   DVDI_VOLUME_MODE[n]            "rw" or "ro" (ours)
//   DVDI_VOLUME_EXPLICITCREATE[n]  "true": do not create a missing volume
//   DVDI_VOLUME_DVDCLI[n]          ignored with a warning: it let any task run any file as root
//
// [n] is nothing or a decimal number; nothing and 0 are the same. The original knew one digit only and failed
// on anything longer (Marathon writes 10 for the eleventh volume).

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "mesos/volume_request.h"

namespace rexray::mesos {

struct ParsedEnvironment {
  std::vector<VolumeRequest> volumes;  ///< by number; each volume once
  std::vector<std::string> warnings;   ///< for the agent's log
};

/// InvalidArgument names the variable and what is wrong with it.
absl::StatusOr<ParsedEnvironment> ParseEnvironment(const EnvironmentVariables& environment);

}  // namespace rexray::mesos
