#pragma once

// What the commands that change volumes share: find the volumes that were asked for, do one thing to each,
// stop at the first failure (or, with --continueOnError, after the last).

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "cli/rexray/commands.h"
#include "cli/rexray/volume_selector.h"

namespace rexray::cli {

struct LoopResult {
  std::vector<VolumeInfo> done;  ///< as `act` left them
  int exit_code = 0;
};

/// `act` may change the volume that it is given (the new state, for printing). Failures are printed as they
/// happen.
LoopResult ForEachVolume(Context& context, MatchRule rule,
                         const std::function<absl::Status(VolumeInfo&)>& act);

/// The volumes that were asked for, in the order of the words, each once. A failure is printed.
LoopResult SelectVolumes(Context& context, MatchRule rule);

/// Says which service it was, where the daemon's own words do not.
absl::Status FailureOf(const ServiceError& error);

/// Prints `text`, or why there is none; the exit code.
int PrintResult(Context& context, const absl::StatusOr<std::string>& text, int exit_code);

}  // namespace rexray::cli
