#include "base/testing/scripted_runner.h"

#include "gtest/gtest.h"

#include "base/command_text.h"
#include "base/status.h"

namespace rexray {

ScriptedRunner::~ScriptedRunner() {
  MutexLock lock(mutex_);
  for (const Entry& entry : script_) {
    ADD_FAILURE() << "the script's command was never run: " << QuoteForDisplay(entry.argv);
  }
}

void ScriptedRunner::Expect(std::vector<std::string> argv, absl::StatusOr<CommandResult> result) {
  MutexLock lock(mutex_);
  script_.push_back({std::move(argv), std::move(result)});
}

absl::StatusOr<CommandResult> ScriptedRunner::Run(const Command& command) {
  MutexLock lock(mutex_);
  const std::string line = QuoteForDisplay(command.argv);
  if (script_.empty()) {
    ADD_FAILURE() << "a command after the end of the script: " << line;
    return Error(absl::StatusCode::kInternal, "`{}` is not in the script", line);
  }
  if (script_.front().argv != command.argv) {
    ADD_FAILURE() << "expected " << QuoteForDisplay(script_.front().argv) << "\n     got " << line;
    return Error(absl::StatusCode::kInternal, "`{}` is not what the script says", line);
  }
  absl::StatusOr<CommandResult> result = std::move(script_.front().result);
  script_.pop_front();
  if (!result.ok()) return result;
  return CheckExitCode(command, std::move(result).value());
}

absl::StatusOr<CommandResult> RecordingRunner::Run(const Command& command) {
  absl::StatusOr<CommandResult> result = real_.Run(command);
  MutexLock lock(mutex_);
  recorded_.emplace_back(command, result);
  return result;
}

std::vector<std::pair<Command, absl::StatusOr<CommandResult>>> RecordingRunner::Recorded() const {
  MutexLock lock(mutex_);
  return recorded_;
}

}  // namespace rexray
