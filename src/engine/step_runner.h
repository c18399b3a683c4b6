#pragma once

// The one way in which an operation does anything: name -> fault point -> intent in the journal -> effect ->
// fact in the journal -> fault point.

#include <functional>
#include <string>

#include "absl/status/status.h"

#include "engine/journal.h"
#include "engine/operation_queue.h"
#include "engine/step_table.h"

namespace rexray::engine {

/// For one run of one operation; not thread-safe.
class StepRunner {
 public:
  using Action = std::function<absl::Status()>;

  StepRunner(Journal& journal, OperationQueue& queue, Clock& clock, VolumeKey key, std::string volume_name,
             std::string operation)
      : journal_(journal),
        queue_(queue),
        clock_(clock),
        key_(std::move(key)),
        name_(std::move(volume_name)),
        operation_(std::move(operation)) {}
  StepRunner(const StepRunner&) = delete;
  StepRunner& operator=(const StepRunner&) = delete;

  /// What recovery must know that the stage row does not say, as JSON; kept in each intent from now on.
  void SetArguments(std::string json) { arguments_ = std::move(json); }

  /// `fact` (may be null) records that the effect took place. When the intent cannot be written the effect
  /// does not happen.
  absl::Status Run(std::string_view step, const Action& effect, const Action& fact = nullptr);

  /// For undoing: an unwritable journal does not keep us from it.
  absl::Status RunAnyway(std::string_view step, const Action& effect, const Action& fact = nullptr);

  /// Nothing is under way any more: the intent goes. A journal that cannot be written keeps it; recovery then
  /// finds that the truth agrees with the rows.
  void Finish();

  const std::string& operation() const { return operation_; }
  const std::string& volume_name() const { return name_; }

 private:
  absl::Status RunStep(std::string_view step, const Action& effect, const Action& fact, bool anyway);

  Journal& journal_;
  OperationQueue& queue_;
  Clock& clock_;
  const VolumeKey key_;
  const std::string name_;
  const std::string operation_;
  std::string arguments_ = "{}";
  bool intent_open_ = false;
};

}  // namespace rexray::engine
