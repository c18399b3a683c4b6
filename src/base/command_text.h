#pragma once

// What people read about a command that failed. For implementations of CommandRunner (the scripted one too,
// so that tests see the very errors that the real one gives).

#include <string>
#include <string_view>

#include "base/subprocess.h"

namespace rexray {

/// The result itself when its exit code is accepted, else Internal with the command line, the code and the
/// last lines that the program printed.
absl::StatusOr<CommandResult> CheckExitCode(const Command& command, CommandResult result);

/// Internal: the command line, the signal's name, the last lines that the program printed.
absl::Status KilledBySignal(const Command& command, int signal, std::string_view out, std::string_view err);

/// "; its last words: …": the last lines of `err`, or of `out` when there are none; "; it printed nothing".
std::string LastOutput(std::string_view out, std::string_view err);

/// NotFound: the program and, where known, the Debian package that holds it.
absl::Status ProgramNotFound(std::string_view program);

}  // namespace rexray
