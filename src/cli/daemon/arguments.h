#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::daemon {

/// rexrayd [-c|--config FILE] [-l|--log-level LEVEL] [--KEY VALUE …] [--ready-fd N] [--version] [--help]
/// [--diagnose]
///
/// It always runs in the foreground; `rexray start` sends it to the background and waits for --ready-fd.
struct Arguments {
  std::optional<std::string> config_file;
  std::map<std::string, std::string> flags;  ///< canonical configuration key -> value
  int ready_fd = -1;                         ///< "READY" or one line that says why not is written there
  bool diagnose = false;  ///< only the drivers' checks, for `rexray doctor`; see diagnose.h
  bool version = false;
  bool help = false;
};

/// `words` without the program's name. Every configuration key is a flag, under its own name (--docker.size
/// 10) or REX-Ray's (--dockerSize=10). InvalidArgument for anything else.
absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words);

extern const char kUsage[];

}  // namespace rexray::daemon
