#pragma once

// The one way to run another program (mkfs, fsck, resize2fs). argv only: no shell is ever executed.
//
// The child gets LC_ALL=C, a fixed PATH (/usr/sbin:/usr/bin:/sbin:/bin) and nothing else of our environment,
// its standard input from `input`, and no descriptor of ours. It is started with posix_spawn/vfork semantics,
// so that a large daemon never pays for a copy of its page tables.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"

namespace rexray {

struct Command {
  std::vector<std::string> argv;            ///< argv[0]: a path, or a name looked up in the fixed PATH
  std::string input;                        ///< the child's standard input
  std::vector<int> accepted_exit_codes{0};  ///< others are errors (fsck uses 1 for "corrected")
  Deadline deadline = Deadline::Never();    ///< then SIGTERM, 2 s later SIGKILL, and DeadlineExceeded
  size_t output_limit =
      64 * 1024;  ///< of stdout and of stderr each; what is over it is dropped from the middle
};

struct CommandResult {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Thread-safe.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;

  /// An exit code that is not accepted, or a signal, is an Internal error with the command line, the code,
  /// and the last lines of stderr. A program that does not exist is NotFound naming it (and, where known, its
  /// Debian package).
  virtual absl::StatusOr<CommandResult> Run(const Command& command) = 0;
};

/// The real one.
class ProcessRunner final : public CommandRunner {
 public:
  explicit ProcessRunner(Clock& clock) : clock_(clock) {}
  absl::StatusOr<CommandResult> Run(const Command& command) override;

 private:
  Clock& clock_;
};

/// argv as a person would type it: each word quoted where a shell would need it. For messages only.
std::string QuoteForDisplay(const std::vector<std::string>& argv);

}  // namespace rexray
