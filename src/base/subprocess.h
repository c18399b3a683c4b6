#pragma once

// The one way to run another program (mkfs, fsck, resize2fs). argv only: no shell is ever executed.
//
// The child gets LC_ALL=C, a fixed PATH (/usr/sbin:/usr/bin:/sbin:/bin) and nothing else of our environment,
// its standard input from `input`, and no descriptor of ours. It is started with posix_spawn/vfork semantics,
// so that a large daemon never pays for a copy of its page tables. It leads a process group of its own, and
// signals go to all of the group. What a child leaves running in the background is neither waited for nor
// ended, unless time runs out.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"

namespace rexray {

struct Command {
  std::vector<std::string> argv{};          ///< argv[0]: a path, or a name looked up in the fixed PATH
  std::string input{};                      ///< the child's standard input, a file of its own in memory
  std::vector<int> accepted_exit_codes{0};  ///< others are errors (fsck uses 1 for "corrected")
  Deadline deadline = Deadline::Never();    ///< then SIGTERM, 2 s later SIGKILL, and DeadlineExceeded
  size_t output_limit = 64 * 1024;          ///< of stdout and of stderr each; the middle of more is left out
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

/// The real one. A child that does not even end after SIGKILL (it waits in the kernel for a dead disk) is
/// left to a thread that reaps it some day: Run returns DeadlineExceeded that says so.
class ProcessRunner final : public CommandRunner {
 public:
  /// `grace` is the real time between SIGTERM and SIGKILL, and between SIGKILL and giving up.
  explicit ProcessRunner(Clock& clock, Duration grace = std::chrono::seconds(2))
      : clock_(clock), grace_(grace) {}
  absl::StatusOr<CommandResult> Run(const Command& command) override;

 private:
  Clock& clock_;
  const Duration grace_;
};

/// argv as a person would type it: each word quoted where a shell would need it. For messages only.
std::string QuoteForDisplay(const std::vector<std::string>& argv);

}  // namespace rexray
