#pragma once

// dvdcli's command line, in the syntax that dvdcli 0.2 took (pflag): --flag=value, --flag value, --bool,
// --bool=true; flags and the command in any order; "--" ends the flags. No abbreviations, no single dashes.

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/dvdcli/log_lines.h"

#include "base/clock.h"

namespace rexray::dvdcli {

struct Arguments {
  std::string command;  ///< "mount", …; "" when none was given; "help"
  bool help = false;    ///< --help or -h
  std::string driver;
  std::string volume;
  std::map<std::string, std::string> options;
  bool explicit_create = false;
  Duration timeout = std::chrono::seconds(110);
  LogLevel log_level = LogLevel::kInfo;
  bool json = false;
  std::string docker_root;
  std::vector<std::string> rest;  ///< words behind the command: help's topic; ignored elsewhere, as ever
  bool any_flag = false;
};

/// InvalidArgument, in the original's words where it has some ("unknown flag: --x"), without "Error: ".
absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words);

/// "90" and "90s", "2m", "1m30s", "500ms". InvalidArgument unless it is above zero and at most a day.
absl::StatusOr<Duration> ParseTimeout(const std::string& text);

bool IsCommand(const std::string& word);

/// The whole page, or one command's.
std::string UsageText(const std::string& command);

}  // namespace rexray::dvdcli
