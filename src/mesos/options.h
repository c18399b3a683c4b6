#pragma once

// The module's parameters: for the operator alone, in the agent's module JSON. docs/mesos.md lists them.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "mesos/container_path.h"
#include "mesos/ownership.h"

namespace rexray::mesos {

struct IsolatorOptions {
  std::string dvdcli;                    ///< absolute path; empty: plugins are called directly
  std::vector<std::string> plugin_dirs;  ///< of sockets and spec files; empty: Docker's own
  std::string checkpoint_dir = "/var/run/mesos/isolators/mesos-module-dvdi";
  std::vector<std::string> old_checkpoints;  ///< files of the original module, where it may have left one
  PathPolicy paths;
  std::vector<std::string> allow_drivers;  ///< empty: all
  ChownPolicy chown = ChownPolicy::kAuto;
  bool share = true;  ///< several containers may use one volume at a time
  std::string sandbox_in_container = "/mnt/mesos/sandbox";
  Duration timeout = std::chrono::seconds(120);  ///< of one mount or unmount
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct ParsedParameters {
  IsolatorOptions options;
  std::vector<std::string> warnings;
};

/// InvalidArgument names the parameter. Unknown parameters are warnings: an agent starts all the same.
absl::StatusOr<ParsedParameters> ParseParameters(const Parameters& parameters);

/// "120", "90s", "90secs", "2mins", "1hrs", as Mesos writes durations; positive, at most a day.
absl::StatusOr<Duration> ParseTimeout(std::string_view text);

}  // namespace rexray::mesos
