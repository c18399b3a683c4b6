#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/subprocess.h"

namespace rexray {

/// Plays back a script of commands: each Run must match the next entry's argv exactly and gets its result. A
/// result whose exit code the command does not accept becomes the error that the real runner gives. A command
/// out of order, or an entry that was never used when the runner goes, fails the test. Thread-safe.
class ScriptedRunner final : public CommandRunner {
 public:
  ~ScriptedRunner() override;
  void Expect(std::vector<std::string> argv, absl::StatusOr<CommandResult> result);
  absl::StatusOr<CommandResult> Run(const Command& command) override;

 private:
  struct Entry {
    std::vector<std::string> argv;
    absl::StatusOr<CommandResult> result;
  };
  Mutex mutex_;
  std::deque<Entry> script_ ABSL_GUARDED_BY(mutex_);
};

/// Runs through another runner and keeps every command and result, to be turned into a script.
class RecordingRunner final : public CommandRunner {
 public:
  explicit RecordingRunner(CommandRunner& real) : real_(real) {}
  absl::StatusOr<CommandResult> Run(const Command& command) override;
  std::vector<std::pair<Command, absl::StatusOr<CommandResult>>> Recorded() const;

 private:
  CommandRunner& real_;
  mutable Mutex mutex_;
  std::vector<std::pair<Command, absl::StatusOr<CommandResult>>> recorded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray
