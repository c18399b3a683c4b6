#include "engine/step_runner.h"

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/status.h"

namespace rexray::engine {

absl::Status StepRunner::Run(std::string_view step, const Action& effect, const Action& fact) {
  return RunStep(step, effect, fact, /*anyway=*/false);
}

absl::Status StepRunner::RunAnyway(std::string_view step, const Action& effect, const Action& fact) {
  return RunStep(step, effect, fact, /*anyway=*/true);
}

absl::Status StepRunner::RunStep(std::string_view step, const Action& effect, const Action& fact,
                                 bool anyway) {
  const Step* known = FindStep(operation_, step);
  if (known == nullptr) {
    return Error(absl::StatusCode::kInternal, "volume \"{}\": {}.{} is not in the table of steps", name_,
                 operation_, std::string(step));
  }
  queue_.SetStep(key_, known->name, known->doing);
  const std::string prefix = "engine." + operation_ + ".";
  RETURN_IF_ERROR(FaultPoint(prefix + "before_" + known->name));

  const absl::Status written =
      journal_.PutIntent({key_, name_, operation_, known->name, arguments_, clock_.WallNow()});
  if (!written.ok()) {
    if (!anyway) {
      return Annotate(
          written, fmt::format("volume \"{}\": {} was not begun, since the journal cannot be written", name_,
                               known->name));
    }
    LogWarn("the journal cannot be written",
            {{"volume", name_}, {"step", known->name}, {"error", std::string(MessageOf(written))}});
  }
  intent_open_ = intent_open_ || written.ok();
  RETURN_IF_ERROR(effect());
  if (fact != nullptr) {
    const absl::Status recorded = fact();
    if (!recorded.ok() && !anyway) return recorded;
  }
  return FaultPoint(prefix + "after_" + known->name);
}

void StepRunner::Finish() {
  if (!intent_open_) return;
  const absl::Status dropped = journal_.DropIntent(key_);
  if (dropped.ok()) {
    intent_open_ = false;
    return;
  }
  LogWarn("the journal cannot be written", {{"volume", name_}, {"error", std::string(MessageOf(dropped))}});
}

}  // namespace rexray::engine
