#include "base/fault_point.h"

#ifdef REXRAY_FAULT_POINTS

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "base/mutex.h"
#include "base/status.h"

namespace rexray {
namespace {

constexpr int kKilled = 137;  // what a shell shows for a process that SIGKILL ended

struct Fault {
  std::string name;
  FaultAction action = FaultAction::kFail;
  int nth = 0;
  int hits = 0;
};

struct State {
  Mutex mutex;
  CondVar cleared;
  std::map<std::string, Fault, std::less<>> faults ABSL_GUARDED_BY(mutex);
  std::vector<std::string> reached ABSL_GUARDED_BY(mutex);
  uint64_t generation ABSL_GUARDED_BY(mutex) =
      0;  ///< ClearFaults calls so far: what hangs waits for the next one
  int hanging ABSL_GUARDED_BY(mutex) = 0;
  std::string file_text ABSL_GUARDED_BY(mutex);  ///< of REXRAY_FAULTS_FILE when it was last looked at
};

State& TheState() {
  static State& state = *new State;  // never destroyed: threads may pass fault points while main returns
  return state;
}

absl::Status BadEntry(std::string_view entry, std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument,
               "REXRAY_FAULTS: \"{}\": {}; expected NAME=ACTION[@N] with ACTION exit, fail or hang", entry,
               why);
}

bool IsFaultName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

absl::StatusOr<Fault> ParseFault(std::string_view entry) {
  Fault fault;
  const size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return BadEntry(entry, "there is no '='");
  fault.name = entry.substr(0, equals);
  if (!IsFaultName(fault.name)) {
    return BadEntry(entry, "a name is made of lower-case letters, digits, '.', '_' and '-'");
  }
  std::string_view action = entry.substr(equals + 1);
  if (const size_t at = action.find('@'); at != std::string_view::npos) {
    const std::string_view number = action.substr(at + 1);
    action = action.substr(0, at);
    const auto end = number.data() + number.size();
    const auto parsed = std::from_chars(number.data(), end, fault.nth);
    if (parsed.ec != std::errc() || parsed.ptr != end || fault.nth < 1) {
      return BadEntry(entry, "what follows '@' is not a number from 1");
    }
  }
  if (action == "exit") {
    fault.action = FaultAction::kExit;
  } else if (action == "fail") {
    fault.action = FaultAction::kFail;
  } else if (action == "hang") {
    fault.action = FaultAction::kHang;
  } else {
    return BadEntry(entry, "the action is unknown");
  }
  return fault;
}

absl::StatusOr<std::vector<Fault>> ParseFaults(std::string_view text) {
  std::vector<Fault> faults;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    ASSIGN_OR_RETURN(Fault fault, ParseFault(text.substr(0, comma)));
    faults.push_back(std::move(fault));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return BadEntry("", "there is no '='");
  }
  return faults;
}

/// A test's file is written whole and renamed into place; a bad one ends the program, or the test would test
/// nothing.
void FollowFile(State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
  static const char* const path = std::getenv("REXRAY_FAULTS_FILE");
  if (path == nullptr) return;
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text == state.file_text) return;
  absl::StatusOr<std::vector<Fault>> faults = ParseFaults(text);
  if (!faults.ok()) {
    std::fprintf(stderr, "%s: %s\n", path, std::string(MessageOf(faults.status())).c_str());
    std::abort();
  }
  state.file_text = std::move(text);
  state.faults.clear();
  for (Fault& fault : *faults) {
    std::string name = fault.name;
    state.faults.insert_or_assign(std::move(name), std::move(fault));
  }
}

void Trace(std::string_view name) {
  static const char* const path = std::getenv("REXRAY_FAULTS_TRACE");
  if (path != nullptr) std::ofstream(path, std::ios::app) << name << std::endl;
}

void HangUntilCleared(State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
  const uint64_t generation = state.generation;
  ++state.hanging;
  while (state.generation == generation) state.cleared.Wait(state.mutex);
  --state.hanging;
}

}  // namespace

absl::Status FaultPoint(std::string_view name) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  Trace(name);
  FollowFile(state);
  if (std::find(state.reached.begin(), state.reached.end(), name) == state.reached.end()) {
    state.reached.emplace_back(name);
  }
  const auto found = state.faults.find(name);
  if (found == state.faults.end()) return absl::OkStatus();
  Fault& fault = found->second;
  ++fault.hits;
  if (fault.nth != 0 && fault.hits != fault.nth) return absl::OkStatus();
  switch (fault.action) {
    case FaultAction::kExit:
      ::_exit(kKilled);
    case FaultAction::kHang:
      HangUntilCleared(state);
      return absl::OkStatus();
    case FaultAction::kFail:
      break;
  }
  return Error(absl::StatusCode::kInternal, "fault point {}: failed as a test asked", name);
}

void SetFault(std::string_view name, FaultAction action, int nth) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  state.faults.insert_or_assign(std::string(name), Fault{std::string(name), action, nth, 0});
}

void ClearFaults() {
  State& state = TheState();
  MutexLock lock(state.mutex);
  state.faults.clear();
  ++state.generation;
  state.cleared.NotifyAll();
}

std::vector<std::string> FaultPointsReached() {
  State& state = TheState();
  MutexLock lock(state.mutex);
  return state.reached;
}

int FaultPointsHanging() {
  State& state = TheState();
  MutexLock lock(state.mutex);
  return state.hanging;
}

absl::Status LoadFaultsFromEnvironment() {
  const char* variable = std::getenv("REXRAY_FAULTS");
  if (variable == nullptr || *variable == '\0') return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Fault> faults, ParseFaults(variable));
  for (const Fault& fault : faults) SetFault(fault.name, fault.action, fault.nth);
  return absl::OkStatus();
}

}  // namespace rexray

#endif
