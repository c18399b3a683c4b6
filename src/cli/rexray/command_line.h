#pragma once

// The grammar of `rexray`: both dialects' commands, aliases and flags (REX-Ray 0.3.3 and 0.11.4) and ours.

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "cli/rexray/invocation.h"

namespace rexray::cli {

/// Text that was asked for instead of a command: --help.
struct HelpText {
  std::string text;
};

/// `words` without the program's name. A usage error is InvalidArgument, one or two lines that say how to go
/// on.
std::variant<Invocation, HelpText, absl::Status> ParseCommandLine(const std::vector<std::string>& words);

}  // namespace rexray::cli
