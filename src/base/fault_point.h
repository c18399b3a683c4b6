#pragma once

// Named places where a test build can fail, delay or die. In release REXRAY_FAULT_POINTS is not defined and
// FaultPoint is an empty inline function.
//
// Names are dotted, room first: "engine.mount.after_attach". Faults are set by tests (SetFault), or for a
// whole program by the environment variable REXRAY_FAULTS, a comma-separated list of NAME=ACTION[@N]: ACTION
// is `exit`
// (_exit(137) at once), `fail` (the step returns an Internal error) or `hang` (waits until ClearFaults, then
// goes on);
// @N means the Nth time that the point is reached (from 1, counted since the fault was set) and only then.
// One fault a name: a later one replaces it. Thread-safe.
//
// A program that runs already gets its faults from the file that REXRAY_FAULTS_FILE names: the same list,
// looked at whenever a point is reached; what it says replaces all faults. REXRAY_FAULTS_TRACE names a file
// to which every point that is reached adds its line, so that a test learns which steps there are from the
// steps themselves.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace rexray {

#ifdef REXRAY_FAULT_POINTS

absl::Status FaultPoint(std::string_view name);

enum class FaultAction { kFail, kExit, kHang };
void SetFault(std::string_view name, FaultAction action, int nth = 0);  ///< nth 0: every time
void ClearFaults();                                                     ///< also lets go what hangs
std::vector<std::string> FaultPointsReached();                          ///< distinct names so far, in order
int FaultPointsHanging();                                               ///< threads that hang in one now
absl::Status
LoadFaultsFromEnvironment();  ///< InvalidArgument, and no fault is set, when an entry is not understood

#else

inline absl::Status FaultPoint(std::string_view) {
  return absl::OkStatus();
}

#endif

}  // namespace rexray
