#pragma once

// Every step of every operation, in one list: the step runner refuses a step that is not here, and crash
// tests walk it.

#include <string>
#include <string_view>
#include <vector>

namespace rexray::engine {

struct Step {
  const char* operation;
  const char* name;
  const char* doing;  ///< what a caller waits for: "still waiting for …"
};

const std::vector<Step>& StepTable();
/// Null when there is none.
const Step* FindStep(std::string_view operation, std::string_view name);

/// "mount.attach", … in the order of the operations' own course.
std::vector<std::string> AllSteps();
/// The names that base/fault_point.h knows: "engine.mount.before_attach", "engine.mount.after_attach", …
std::vector<std::string> AllFaultPoints();

}  // namespace rexray::engine
